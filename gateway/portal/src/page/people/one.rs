//! One colleague, and what can be done about them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::Colleague;

use super::{at, roles, state};
use crate::Portal;
use crate::component::{BackLink, Button, Row, SummaryList, Tag};
use crate::frame::{Frame, Place};
use crate::stop::Stop;
use crate::visitor::Visitor;

/// Leads back.
pub(crate) const BACK: BackLink<'static> = super::invite::BACK;
/// Ends a suspension.
pub(crate) const RESTORE: Button<'static> = super::submit("End the suspension", "");

#[derive(Template)]
#[template(path = "page/people/one.html")]
struct Page {
    frame: Frame,
    one: Colleague,
    reset: String,
    suspend: String,
}

impl Page {
    fn facts(&self) -> SummaryList<'static> {
        use crate::component::Html;
        let (text, classes) = state(&self.one);
        let signed_in = match self.one.signed_in {
            Some(since) => format!("Since {}", at(since)),
            None => "Not now".to_owned(),
        };
        SummaryList {
            rows: vec![
                Row::new("Email", Html::text(self.one.email.reveal())),
                Row::new("Role", Html::text(roles(&self.one))),
                Row::new("Account", Html::of(&Tag { text, classes })),
                Row::new("Signed in", Html::text(signed_in)),
            ],
            classes: "",
        }
    }

    fn reset(&self) -> Button<'_> {
        Button {
            text: "Reset second factor",
            href: Some(&self.reset),
            classes: "govuk-button--secondary",
            ..Button::default()
        }
    }

    fn suspend(&self) -> Button<'_> {
        Button {
            text: "Suspend",
            href: Some(&self.suspend),
            classes: "govuk-button--warning",
            ..Button::default()
        }
    }
}

/// Shows them.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let one = portal.flow.colleague(&visitor.session.caller, &id).await?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::People, one.name.reveal()).await?,
        reset: format!("/agency/people/{}/reset", one.id),
        suspend: format!("/agency/people/{}/suspend", one.id),
        one,
    };
    Ok(Html(page.to_string()).into_response())
}
