//! Taking back what the visitor's agency sent: what will happen, why, and the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_flow::FlowError;
use gateway_flow::view::ExchangeView;

use crate::Portal;
use crate::component::{BackLink, Button, ErrorItem, ErrorSummary, Textarea};
use crate::frame::{Frame, Place};
use crate::page::hold::decide::said;
use crate::page::message::heading;
use crate::router::Route;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Where it is.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/messages/{id}/withdraw", get(page)),
        ("POST", "/messages/{id}/withdraw", post(withdraw)),
    ]
}

const HEADING: &str = "Withdraw this message";

/// Does it.
pub(crate) const WITHDRAW: Button<'static> = Button {
    text: "Withdraw it",
    href: None,
    classes: "govuk-button--warning",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/withdraw.html")]
struct Page {
    frame: Frame,
    id: String,
    back: String,
    what: String,
    /// Somebody has it, or was sent it.
    out: bool,
    reasons: String,
    wrong: Option<String>,
}

impl Page {
    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: "Back to the message",
        }
    }

    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let text = self.wrong.as_deref()?;
        Some(ErrorSummary {
            title: "There is a problem",
            errors: vec![ErrorItem {
                text,
                href: "#reasons",
            }],
        })
    }

    fn field(&self) -> Textarea<'_> {
        Textarea {
            id: "reasons",
            name: "reasons",
            label: "Why do you withdraw it?",
            label_classes: "govuk-label--s",
            hint: Some("Only your agency can read this. Whoever had the message has to ask you."),
            error: self.wrong.as_deref(),
            value: &self.reasons,
            ..Textarea::default()
        }
    }
}

/// Asks why.
async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let view = own(&portal, &visitor, &id).await?;
    if view.withdrawn.is_some() {
        return Ok(see_other(&format!("/messages/{id}")));
    }
    allowed(&portal, &visitor, &id).await?;
    show(&portal, &visitor, &view, String::new(), None).await
}

/// Takes it back.
async fn withdraw(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let view = own(&portal, &visitor, &id).await?;
    let reasons = fields.one("reasons").to_owned();
    if visitor.returns(&portal).await? {
        return show(&portal, &visitor, &view, reasons, None).await;
    }
    if reasons.trim().is_empty() {
        let wrong = "Enter why you withdraw it".to_owned();
        return show(&portal, &visitor, &view, reasons, Some(wrong)).await;
    }
    let caller = &visitor.session.caller;
    match portal.flow.withdraw_exchange(caller, &id, &reasons).await {
        Ok(_) => Ok(see_other(&format!("/messages/{id}?withdrawn=true"))),
        Err(FlowError::Invalid(faults)) => {
            let wrong = said("The reasons", &faults);
            show(&portal, &visitor, &view, reasons, Some(wrong)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What the visitor's agency sent; what it was sent itself is not there to be taken back.
async fn own(portal: &Portal, visitor: &Visitor, id: &str) -> Result<ExchangeView, Stop> {
    let view = portal
        .flow
        .exchange_for(&visitor.session.caller, id)
        .await?;
    match view.sent {
        true => Ok(view),
        false => Err(Stop::NotFound),
    }
}

async fn allowed(portal: &Portal, visitor: &Visitor, id: &str) -> Result<(), Stop> {
    let caller = &visitor.session.caller;
    match portal.flow.may_withdraw(caller, id).await? {
        true => Ok(()),
        false => Err(Stop::Forbidden(
            "a message is withdrawn by whoever sent it, by a manager of your agency or by its single point of contact"
                .to_owned(),
        )),
    }
}

async fn show(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
    reasons: String,
    wrong: Option<String>,
) -> Result<Response, Stop> {
    let (title, status) = match wrong.is_some() {
        true => (
            format!("Error: {HEADING}"),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        false => (HEADING.to_owned(), StatusCode::OK),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Sent, &title).await?,
        back: format!("/messages/{}", view.row.id),
        what: heading(view),
        out: !view.deliveries.is_empty(),
        id: view.row.id.clone(),
        reasons,
        wrong,
    };
    Ok((status, Html(page.to_string())).into_response())
}
