//! Why the coordinator looks: asked once while she is signed in, kept sealed, and named by every
//! reading that follows.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::reason::{Given, ReadingOf};

use crate::Portal;
use crate::component::{Button, ErrorItem, ErrorSummary, Html as Markup, Input};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// The lists that a reason leads to.
const LISTS: [&str; 6] = [
    "/holds",
    "/quarantine",
    "/unmatched",
    "/incomplete",
    "/overdue",
    "/undelivered",
];

/// Goes on with it.
pub(crate) const CONTINUE: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// The question that stands before what may be seen with a reason only.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Where the reason is sent.
    action: String,
    /// The page to go on with.
    next: String,
    /// What is said before the question.
    words: &'static str,
    error: Option<String>,
    value: String,
}

#[derive(Template)]
#[template(path = "page/gate.html")]
struct Form<'a> {
    gate: &'a Gate,
    token: &'a str,
}

impl Form<'_> {
    fn field(&self) -> Input<'_> {
        Input {
            id: "reason",
            name: "reason",
            kind: "text",
            label: "Why are you looking?",
            label_classes: "govuk-label--s",
            hint: Some("For example: the morning round, or a call from an agency."),
            error: self.gate.error.as_deref(),
            value: Some(&self.gate.value),
            ..Input::default()
        }
    }
}

impl Gate {
    /// Before one of the lists.
    pub(crate) fn to(list: &str) -> Self {
        Self {
            action: "/coordination/reason".to_owned(),
            next: list.to_owned(),
            words: "These lists name people and agencies. Say why you look at them: you are asked once until you sign out, and your reason is recorded with every list that you open.",
            error: None,
            value: String::new(),
        }
    }

    /// Before something that is kept apart.
    pub(crate) fn to_open(id: &str) -> Self {
        Self {
            action: format!("/quarantine/{id}"),
            next: String::new(),
            words: "Nobody vouches for what is in it. You see its text only: nothing in it is run, loaded or followed. Say why you open it: your reason is recorded.",
            error: None,
            value: String::new(),
        }
    }

    /// The same, with what was wrong and what was typed.
    pub(crate) fn wrong(mut self, error: String, typed: &str) -> Self {
        self.error = Some(error);
        typed.clone_into(&mut self.value);
        self
    }

    /// The form.
    pub(crate) fn form(&self, frame: &Frame) -> Markup {
        Markup::of(&Form {
            gate: self,
            token: frame.token(),
        })
    }

    /// Something was wrong with the reason.
    pub(crate) const fn is_wrong(&self) -> bool {
        self.error.is_some()
    }

    /// What was.
    pub(crate) fn summary(&self) -> Option<ErrorSummary<'_>> {
        let text = self.error.as_deref()?;
        Some(ErrorSummary {
            title: "There is a problem",
            errors: vec![ErrorItem {
                text,
                href: "#reason",
            }],
        })
    }
}

#[derive(Template)]
#[template(path = "page/gated.html")]
struct Page {
    frame: Frame,
    heading: &'static str,
    gate: Gate,
}

/// The reason that this coordinator has given since she signed in, or the page that asks her.
pub(crate) async fn given(
    portal: &Portal,
    visitor: &Visitor,
    list: &'static str,
) -> Result<Result<Given, Response>, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    flow.may_see_queues(caller).await?;
    let since = visitor.session.started;
    match flow.reason_given(caller, ReadingOf::Queues, since).await? {
        Some(given) => Ok(Ok(given)),
        None => Ok(Err(asked(portal, visitor, Gate::to(list), list).await?)),
    }
}

async fn asked(
    portal: &Portal,
    visitor: &Visitor,
    gate: Gate,
    list: &str,
) -> Result<Response, Stop> {
    let heading = heading(list);
    let (title, status) = match gate.error {
        Some(_) => (
            format!("Error: {heading}"),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        None => (heading.to_owned(), StatusCode::OK),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Coordination, &title).await?,
        heading,
        gate,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// The heading of a list's page.
pub(crate) fn heading(list: &str) -> &'static str {
    match list {
        "/quarantine" => "Quarantine",
        "/unmatched" => "Unmatched",
        "/incomplete" => "Incomplete",
        "/overdue" => "Overdue",
        "/undelivered" => "Undelivered",
        _ => "Holds",
    }
}

/// Keeps a reason, and goes on to the list.
pub(crate) async fn give(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let next = LISTS.into_iter().find(|list| *list == fields.one("next"));
    let next = next.unwrap_or("/holds");
    let reason = fields.one("reason");
    match flow
        .read_with_reason(caller, ReadingOf::Queues, reason)
        .await
    {
        Ok(_) => Ok(see_other(next)),
        Err(FlowError::Invalid(faults)) => {
            let gate = Gate::to(next).wrong(wrong(&faults, reason), reason);
            asked(&portal, &visitor, gate, next).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What is wrong with a reason, in words.
pub(crate) fn wrong(faults: &[gateway_flow::FieldFault], typed: &str) -> String {
    match (typed.trim().is_empty(), faults.first()) {
        (false, Some(fault)) => format!("The reason {}", fault.detail),
        (true, _) | (false, None) => "Enter why you are looking".to_owned(),
    }
}
