//! Resetting how a colleague signs in, after checking who asks.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::{Colleague, Reset};

use super::form::Faults;
use crate::Portal;
use crate::component::{BackLink, Button, ChoiceItem, Choices, Textarea, WarningText};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

const TITLE: &str = "Reset second factor";

/// Sends the form.
pub(crate) const SEND: Button<'static> = super::submit("Reset and send a link", "");
/// What it does at once.
pub(crate) const WARNING: WarningText<'static> = WarningText {
    text: "Their authenticator app and security keys stop working here at once, and they are signed out everywhere. Check first that it is this person who asks: by sight, or by ringing them on a number that you have from elsewhere.",
};

#[derive(Template)]
#[template(path = "page/people/reset.html")]
struct Page {
    frame: Frame,
    one: Colleague,
    back: String,
    checked: String,
    lost: String,
    faults: Faults,
}

impl Page {
    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: self.one.name.reveal(),
        }
    }

    fn lost(&self) -> Choices<'_> {
        let item = |value, text, hint| ChoiceItem {
            value,
            text,
            hint: Some(hint),
            checked: self.lost == value,
        };
        Choices {
            id: "lost",
            name: "lost",
            legend: "What is lost?",
            legend_classes: "govuk-fieldset__legend--s",
            error: self.faults.at("/lost"),
            items: vec![
                item(
                    "factor",
                    "The authenticator app or security key",
                    "A lost or new phone or key. They need their password to go on",
                ),
                item(
                    "both",
                    "That and the password",
                    "They choose a new password too",
                ),
            ],
            ..Choices::default()
        }
    }

    fn checked(&self) -> Textarea<'_> {
        Textarea {
            id: "checked",
            name: "checked",
            label: "How did you check that it is this person?",
            label_classes: "govuk-label--s",
            hint: Some("In your own words. It is kept with the record of this reset"),
            error: self.faults.at("/checked"),
            value: &self.checked,
            rows: 4,
        }
    }
}

/// The form.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let one = portal.flow.colleague(&visitor.session.caller, &id).await?;
    visitor.fresh(&portal, &here(&id))?;
    let page = page(&portal, &visitor, one, ["", ""], Faults::default()).await?;
    Ok(Html(page.to_string()).into_response())
}

/// Resets.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    let one = portal.flow.colleague(caller, &id).await?;
    visitor
        .still_fresh_with(&portal, &here(&id), &fields)
        .await?;
    let (checked, lost) = (fields.one("checked"), fields.one("lost"));
    let mut faults = Faults::default();
    if visitor.returns(&portal).await? {
        let page = page(&portal, &visitor, one, [checked, lost], faults).await?;
        return Ok(Html(page.to_string()).into_response());
    }
    if lost == "factor" || lost == "both" {
        let reset = Reset {
            checked: checked.to_owned(),
            password_too: lost == "both",
        };
        match portal.flow.reset_factor(caller, &id, reset).await {
            Ok(()) => return Ok(see_other("/agency/people?done=reset")),
            Err(error) => faults = Faults::of(error)?,
        }
    } else {
        faults.add("/lost", "Choose what is lost");
    }
    let page = page(&portal, &visitor, one, [checked, lost], faults).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok((status, Html(page.to_string())).into_response())
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    one: Colleague,
    [checked, lost]: [&str; 2],
    faults: Faults,
) -> Result<Page, Stop> {
    Ok(Page {
        frame: Frame::around(portal, visitor, Place::People, &faults.title(TITLE)).await?,
        back: format!("/agency/people/{}", one.id),
        one,
        checked: checked.to_owned(),
        lost: lost.to_owned(),
        faults,
    })
}

fn here(id: &str) -> String {
    format!("/agency/people/{id}/reset")
}
