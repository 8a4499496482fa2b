//! One's own sessions, and their end.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse as _, Response};

use crate::component::{Button, Tag};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, cookie, words};

/// Ends a session.
pub(crate) const END: Button<'static> = Button {
    text: "End this session",
    href: None,
    classes: "govuk-button--secondary",
    name: "",
    value: "",
    prevent_double_click: false,
};

#[derive(Template)]
#[template(path = "page/sessions.html")]
struct Page {
    frame: Frame,
    sessions: Vec<Line>,
}

struct Line {
    id: String,
    started: String,
    seen: String,
    this: bool,
    tag: Tag<'static>,
}

/// Lists them.
pub(crate) async fn list(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let sessions = portal.flow.sessions(&visitor.session).await?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Elsewhere, "Your sessions").await?,
        sessions: sessions
            .into_iter()
            .map(|session| {
                let (text, classes) = match (session.this, session.locked) {
                    (true, _) => ("This one", ""),
                    (false, true) => ("Locked", "govuk-tag--grey"),
                    (false, false) => ("Signed in", "govuk-tag--green"),
                };
                Line {
                    id: session.id,
                    started: words::time(session.started.as_microsecond()),
                    seen: words::time(session.seen.as_microsecond()),
                    this: session.this,
                    tag: Tag { text, classes },
                }
            })
            .collect(),
    };
    Ok(Html(page.to_string()).into_response())
}

/// Ends one.
pub(crate) async fn end(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    portal.flow.end_session(&visitor.session, &id).await?;
    Ok(see_other("/sessions"))
}

/// Ends the one that asks.
pub(crate) async fn sign_out(
    State(portal): State<Portal>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    portal.flow.sign_out(&visitor.token).await?;
    let mut response = see_other("/sign-in?out=true");
    if let Some(gone) = cookie::clear(cookie::SESSION) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}
