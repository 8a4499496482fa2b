//! How one signs in: the authenticator app, and security keys and passkeys.

mod add;
mod app;
mod remove;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_flow::key::OwnKey;
use jiff::Timestamp;
use serde::Deserialize;

use super::key::Keys;
use crate::component::{Button, Input, NotificationBanner, Tag};
use crate::frame::{Frame, Place};
use crate::router::Route;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// The routes of these pages.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/security", get(list)),
        ("GET", "/security/app/new", get(app::form)),
        ("POST", "/security/app/new", post(app::send)),
        ("GET", "/security/keys/new", get(add::form)),
        ("POST", "/security/keys/new", post(add::send)),
        ("GET", "/security/keys/{id}/remove", get(remove::form)),
        ("POST", "/security/keys/{id}/remove", post(remove::send)),
    ]
}

/// What was done just before.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    App,
    Added,
    Removed,
}

/// What has just happened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    done: Option<Done>,
}

/// Leads to the form that adds a key.
pub(crate) const ADD: Button<'static> = Button {
    text: "Add a security key or passkey",
    href: Some("/security/keys/new"),
    classes: "",
    name: "",
    value: "",
    prevent_double_click: false,
};
/// Leads to the form that adds an app.
pub(crate) const ADD_APP: Button<'static> = Button {
    text: "Set up an authenticator app",
    href: Some("/security/app/new"),
    classes: "govuk-button--secondary",
    name: "",
    value: "",
    prevent_double_click: false,
};
/// What is set up.
pub(crate) const SET_UP: Tag<'static> = Tag {
    text: "Set up",
    classes: "govuk-tag--green",
};

#[derive(Template)]
#[template(path = "page/security.html")]
struct Page {
    frame: Frame,
    app: bool,
    /// One of them can go.
    spare: bool,
    own: Vec<Line>,
    keys: Keys,
    done: Option<Done>,
}

/// A key in the list.
struct Line {
    id: String,
    name: String,
    added: String,
    used: Option<String>,
}

impl Line {
    fn of(key: OwnKey) -> Self {
        let time = |at: Timestamp| words::time(at.as_microsecond());
        Self {
            id: key.id,
            name: key.name.into_inner(),
            added: time(key.added),
            used: key.used.map(time),
        }
    }
}

impl Page {
    fn banner(&self) -> Option<NotificationBanner<'_>> {
        let text = match self.done? {
            Done::App => "The authenticator app is set up. The coordination unit has been told",
            Done::Added => "The key is set up. The coordination unit has been told",
            Done::Removed => {
                "The key is removed, and your other sessions have ended. The coordination unit has been told"
            }
        };
        Some(NotificationBanner {
            text,
            success: true,
        })
    }

    fn elsewhere(&self) -> Option<&str> {
        match &self.keys {
            Keys::At(origin) => Some(origin),
            Keys::Here | Keys::Nowhere => None,
        }
    }
}

/// Lists them.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    keys: Keys,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let factors = portal.flow.factors(&visitor.session).await?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Elsewhere, "How you sign in").await?,
        app: factors.app,
        spare: factors.can_lose_one(),
        own: factors.keys.into_iter().map(Line::of).collect(),
        keys,
        done: asked.done,
    };
    Ok(Html(page.to_string()).into_response())
}

/// The field for the name of a key.
pub(super) fn name_field<'a>(value: &'a str, error: Option<&'a str>) -> Input<'a> {
    Input {
        id: "name",
        name: "name",
        kind: "text",
        label: "Name of this key",
        hint: Some("So that you know it from others, such as: blue key on my badge"),
        value: (!value.is_empty()).then_some(value),
        error,
        ..Input::default()
    }
}
