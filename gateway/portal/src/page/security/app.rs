//! An authenticator app for whoever has a key and no app yet.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::component::{Button, Html as Markup, Input};
use crate::frame::{Frame, Place};
use crate::page::join::{address, grouped};
use crate::page::people::form::Faults;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, qr};

const HERE: &str = "/security/app/new";
const LIST: &str = "/security";
const TITLE: &str = "Set up an authenticator app";

/// Sends the form.
pub(crate) const SEND: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/security/app.html")]
struct Page {
    frame: Frame,
    /// The key in groups of four letters.
    key: String,
    picture: Markup,
    faults: Faults,
}

impl Page {
    fn code(&self) -> Input<'_> {
        Input {
            id: "code",
            name: "code",
            kind: "text",
            label: "One-time code",
            hint: Some("The 6-digit code that the app shows now for this key"),
            classes: "govuk-input--width-10 govuk-input--extra-letter-spacing",
            error: self.faults.at("/code"),
            autocomplete: Some("one-time-code"),
            inputmode: Some("numeric"),
            ..Input::default()
        }
    }
}

/// The form; whoever has an app sees that it is set up.
pub(crate) async fn form(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    if portal.flow.factors(&visitor.session).await?.app {
        return Ok(see_other(LIST));
    }
    visitor.fresh(&portal, HERE)?;
    page(&portal, &visitor, Faults::default()).await
}

/// Adds it, once it has shown a code that is right.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    if portal.flow.factors(&visitor.session).await?.app {
        return Ok(see_other(LIST));
    }
    visitor.still_fresh(&portal, HERE)?;
    let added = portal.flow.add_app(&visitor.session, fields.one("code"));
    match added.await {
        Ok(()) => Ok(see_other("/security?done=app")),
        Err(error) => {
            let page = page(&portal, &visitor, Faults::of(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn page(portal: &Portal, visitor: &Visitor, faults: Faults) -> Result<Response, Stop> {
    let flow = &portal.flow;
    let secret = flow.new_app(&visitor.session).await?;
    let agency = flow.agency_row(&visitor.session.person.agency).await?.name;
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Elsewhere, &faults.title(TITLE)).await?,
        key: grouped(&secret),
        picture: qr::picture(&address(&agency, &secret)).map_err(|error| Stop::fault(&error))?,
        faults,
    };
    Ok(Html(page.to_string()).into_response())
}
