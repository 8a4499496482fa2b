//! A new security key or passkey of one's own.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::key::{Ceremony, KeyAnswer};

use super::name_field;
use crate::Portal;
use crate::component::{BackLink, Html as Markup, KeyForm};
use crate::frame::{Frame, Place};
use crate::page::people::form::Faults;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

const HERE: &str = "/security/keys/new";
const TITLE: &str = "Add a security key or passkey";
/// Back to the list.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: "/security",
    text: "How you sign in",
};

#[derive(Template)]
#[template(path = "page/security/add.html")]
struct Page {
    frame: Frame,
    name: String,
    ceremony: Ceremony,
    faults: Faults,
}

impl Page {
    fn form(&self) -> KeyForm<'_> {
        KeyForm {
            action: HERE,
            token: self.frame.token(),
            next: "",
            ceremony: &self.ceremony.id,
            options: &self.ceremony.options,
            fields: Markup::of(&name_field(&self.name, self.faults.at("/name"))),
            button: "Set up this key",
            plain: "Keep using your authenticator app, or open this page in a browser that runs scripts.",
        }
    }
}

/// The form.
pub(crate) async fn form(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    visitor.fresh(&portal, HERE)?;
    page(&portal, &visitor, "", Faults::default()).await
}

/// Adds it.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    visitor.still_fresh(&portal, HERE)?;
    let given = KeyAnswer {
        ceremony: fields.one("ceremony"),
        answer: fields.one("answer"),
        name: fields.one("name"),
    };
    let (flow, token) = (&portal.flow, &visitor.token);
    match flow.add_key(&visitor.session, token, given).await {
        Ok(()) => Ok(see_other("/security?done=added")),
        Err(error) => {
            let faults = Faults::of(error)?;
            let page = page(&portal, &visitor, given.name, faults).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    name: &str,
    faults: Faults,
) -> Result<Response, Stop> {
    let ceremony = portal
        .flow
        .begin_key(&visitor.session, &visitor.token)
        .await?;
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Elsewhere, &faults.title(TITLE)).await?,
        name: name.to_owned(),
        ceremony,
        faults,
    };
    Ok(Html(page.to_string()).into_response())
}
