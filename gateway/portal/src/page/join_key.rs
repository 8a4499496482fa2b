//! Setting up a security key or passkey by a link that is good once, in place of an
//! authenticator app: the password is chosen on the page before.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::JoinError;
use gateway_flow::key::{Ceremony, KeyAnswer};
use serde::Deserialize;

use super::join;
use super::security::name_field;
use crate::Portal;
use crate::component::{Html as Markup, KeyForm};
use crate::frame::Frame;
use crate::stop::{Stop, see_other};

/// What came back.
#[derive(Deserialize)]
pub(crate) struct Answered {
    #[serde(default)]
    ceremony: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    name: String,
}

#[derive(Template)]
#[template(path = "page/join_key.html")]
struct Page {
    frame: Frame,
    action: String,
    back: String,
    ceremony: Ceremony,
}

impl Page {
    fn form(&self) -> KeyForm<'_> {
        KeyForm {
            action: &self.action,
            token: "",
            next: "",
            ceremony: &self.ceremony.id,
            options: &self.ceremony.options,
            fields: Markup::of(&name_field("Security key", None)),
            button: "Set up this key",
            plain: "Go back and set up an authenticator app.",
        }
    }
}

/// The page that asks a key, after the password.
pub(crate) async fn page(portal: &Portal, token: &str, ceremony: Ceremony) -> Response {
    let page = Page {
        frame: Frame::bare(portal, "Set up a security key or passkey").await,
        action: format!("/join/{token}/key"),
        back: format!("/join/{token}"),
        ceremony,
    };
    Html(page.to_string()).into_response()
}

/// Takes the link.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    keys: super::key::Keys,
    Form(answered): Form<Answered>,
) -> Result<Response, Stop> {
    let given = KeyAnswer {
        ceremony: &answered.ceremony,
        answer: &answered.answer,
        name: &answered.name,
    };
    match portal.flow.take_link_with_key(&token, given).await {
        Ok(()) => Ok(see_other("/sign-in?set=key")),
        Err(JoinError::Wrong(_)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            join::begin_again(&portal, &token, keys, status).await
        }
        Err(error) => join::failed(&portal, &token, keys, error).await,
    }
}
