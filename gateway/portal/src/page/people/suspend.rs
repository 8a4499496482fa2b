//! Suspending a leaver, and ending the suspension.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::Colleague;

use crate::Portal;
use crate::component::{BackLink, Button, WarningText};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Sends the form.
pub(crate) const SEND: Button<'static> = super::submit("Suspend", "govuk-button--warning");
/// What it does at once.
pub(crate) const WARNING: WarningText<'static> = WarningText {
    text: "They are signed out everywhere at once and cannot sign in again until the suspension is ended. Nothing that they sent or read is lost.",
};

#[derive(Template)]
#[template(path = "page/people/suspend.html")]
struct Page {
    frame: Frame,
    one: Colleague,
    back: String,
}

impl Page {
    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: self.one.name.reveal(),
        }
    }
}

/// Asks once more.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let one = portal.flow.colleague(&visitor.session.caller, &id).await?;
    visitor.fresh(&portal, &format!("/agency/people/{id}/suspend"))?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::People, "Suspend a colleague").await?,
        back: format!("/agency/people/{}", one.id),
        one,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Suspends.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    portal.flow.colleague(caller, &id).await?;
    visitor.still_fresh(&portal, &format!("/agency/people/{id}/suspend"))?;
    portal.flow.suspend_colleague(caller, &id).await?;
    Ok(see_other("/agency/people?done=suspended"))
}

/// Ends a suspension.
pub(crate) async fn restore(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    portal.flow.colleague(caller, &id).await?;
    visitor.still_fresh(&portal, &format!("/agency/people/{id}"))?;
    portal.flow.restore_colleague(caller, &id).await?;
    Ok(see_other("/agency/people?done=restored"))
}
