//! What somebody is told after signing in: that a session of theirs was used from elsewhere, and
//! ended.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::sign_in::{Differs, MovedSession, Session};
use serde::Deserialize;

use crate::component::Button;
use crate::frame::{Frame, Place};
use crate::stop::{Stop, leading_on, see_other};
use crate::visitor::{Posted, Visitor, own_way};
use crate::{Portal, words};

const HERE: &str = "/sign-in/moved";

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
}

/// Goes on, having read it.
pub(crate) const CONTINUE: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/moved.html")]
struct Page {
    frame: Frame,
    next: String,
    moved: Vec<String>,
}

/// Whether there is something of which somebody has not been told.
pub(crate) async fn untold(portal: &Portal, session: &Session) -> Result<bool, FlowError> {
    Ok(!portal.flow.moved_sessions(session).await?.is_empty())
}

/// The page, and after it another.
pub(crate) fn before(next: &str) -> String {
    leading_on(HERE, next)
}

/// Tells it.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let next = own_way(&asked.next).unwrap_or("/inbox");
    let moved = portal.flow.moved_sessions(&visitor.session).await?;
    if moved.is_empty() {
        return Ok(see_other(next));
    }
    let title = "We ended your session";
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Elsewhere, title).await?,
        next: next.to_owned(),
        moved: moved.iter().map(sentence).collect(),
    };
    Ok(Html(page.to_string()).into_response())
}

fn sentence(moved: &MovedSession) -> String {
    let elsewhere = match moved.differs {
        Differs::Browser => "another browser",
        Differs::Network => "another network",
        Differs::Both => "another browser on another network",
    };
    let at = words::time(moved.at.as_microsecond());
    format!("Your session was used from {elsewhere} on {at}. We ended it.")
}

/// It has been read.
pub(crate) async fn read(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    portal.flow.moved_sessions_read(&visitor.session).await?;
    let next = own_way(fields.one("next")).unwrap_or("/inbox");
    Ok(see_other(next))
}
