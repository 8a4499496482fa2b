//! Removing a security key or passkey of one's own.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::key::OwnKey;

use crate::Portal;
use crate::component::{Button, WarningText};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Sends the form.
pub(crate) const SEND: Button<'static> = Button {
    text: "Remove this key",
    href: None,
    classes: "govuk-button--warning",
    name: "",
    value: "",
    prevent_double_click: true,
};
/// What it does at once.
pub(crate) const WARNING: WarningText<'static> = WarningText {
    text: "The key is good no longer at once, and your other sessions end. It can be set up again like a new one.",
};

#[derive(Template)]
#[template(path = "page/security/remove.html")]
struct Page {
    frame: Frame,
    key: OwnKey,
}

/// Asks once more.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let key = own(&portal, &visitor, &id).await?;
    visitor.fresh(&portal, &here(&id))?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Elsewhere, "Remove a key").await?,
        key,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Removes it.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    own(&portal, &visitor, &id).await?;
    visitor.still_fresh(&portal, &here(&id))?;
    portal.flow.remove_key(&visitor.session, &id).await?;
    Ok(see_other("/security?done=removed"))
}

async fn own(portal: &Portal, visitor: &Visitor, id: &str) -> Result<OwnKey, Stop> {
    let factors = portal.flow.factors(&visitor.session).await?;
    let mut keys = factors.keys.into_iter();
    keys.find(|key| key.id == id).ok_or(Stop::NotFound)
}

fn here(id: &str) -> String {
    format!("/security/keys/{id}/remove")
}
