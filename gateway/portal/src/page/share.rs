//! "May I share this?": what would happen, and why, with nothing sent. That it was asked is
//! recorded, and nothing else of it is kept.

mod question;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_core::{Obligation, Outcome};
use gateway_flow::{Answer, DecisionView, FlowError};

use self::question::Question;
use crate::component::{
    Button, Details, ErrorSummary, Html as Markup, InsetText, NotificationBanner, Tag,
};
use crate::frame::{Frame, Place};
use crate::router::Route;
use crate::stop::Stop;
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// The question and its answer.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/may-i-share", get(form)),
        ("POST", "/may-i-share", post(ask)),
    ]
}

const TITLE: &str = "May I share this?";

/// Asks.
pub(crate) const ASK: Button<'static> = Button {
    text: "Ask",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/share.html")]
struct Page {
    frame: Frame,
    question: Question,
    answer: Option<Told>,
}

/// The answer in words.
struct Told {
    /// Whom the question could be decided about.
    known: bool,
    recipients: Vec<Recipient>,
    warnings: Vec<String>,
}

/// What one agency would get.
struct Recipient {
    name: String,
    tag: Tag<'static>,
    says: String,
    obligations: Vec<String>,
    because: Details<'static>,
}

#[derive(Template)]
#[template(path = "page/because.html")]
struct Because<'a> {
    rules: &'a [gateway_core::RuleHit],
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'_>> {
        self.question.summary()
    }

    fn fields(&self) -> Markup {
        self.question.fields()
    }

    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.answer.as_ref().map(|_| NotificationBanner {
            text: "Nothing was sent. That you asked is recorded",
            success: false,
        })
    }

    fn unknown() -> InsetText<'static> {
        InsetText {
            text: "Nothing could be decided, because what you gave does not tell for certain who the person is. Give the reference of the record, or two identifiers. You can also send it as it is: the coordination unit finds out who the person is, and then it is decided.",
        }
    }
}

/// The form.
pub(crate) async fn form(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let question = Question::new(&portal, &visitor).await?;
    show(&portal, &visitor, question, None, StatusCode::OK).await
}

/// The answer, above the form as it was filled in.
pub(crate) async fn ask(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let mut question = Question::new(&portal, &visitor).await?;
    question.fill(&fields);
    visitor.returns(&portal).await?;
    let today = gateway_core::calendar::local_date(portal.flow.clock.now());
    let Some(particulars) = question.check(today) else {
        return wrong(&portal, &visitor, question).await;
    };
    let submission = gateway_flow::Submission {
        caller: visitor.session.caller.clone(),
        // The question is about the kind of thing: there is no content yet.
        bodies: vec![portal.flow.take_text("?")?],
        particulars,
        idempotency: None,
        answer_to: None,
    };
    match portal.flow.preview(submission).await {
        Ok(answer) => {
            let told = told(&portal, answer).await?;
            show(&portal, &visitor, question, Some(told), StatusCode::OK).await
        }
        Err(FlowError::Invalid(faults)) => {
            question.take(faults);
            wrong(&portal, &visitor, question).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn wrong(portal: &Portal, visitor: &Visitor, question: Question) -> Result<Response, Stop> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(portal, visitor, question, None, status).await
}

async fn show(
    portal: &Portal,
    visitor: &Visitor,
    question: Question,
    answer: Option<Told>,
    status: StatusCode,
) -> Result<Response, Stop> {
    let title = match question.faults.is_empty() {
        true => TITLE.to_owned(),
        false => format!("Error: {TITLE}"),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Share, &title).await?,
        question,
        answer,
    };
    Ok((status, Html(page.to_string())).into_response())
}

async fn told(portal: &Portal, answer: Answer) -> Result<Told, FlowError> {
    let mut recipients = Vec::new();
    for decision in &answer.matrix {
        recipients.push(recipient(portal, decision).await?);
    }
    Ok(Told {
        known: !answer.missing.iter().any(|missing| missing == "/nominal"),
        recipients,
        warnings: answer.warnings,
    })
}

async fn recipient(portal: &Portal, decision: &DecisionView) -> Result<Recipient, FlowError> {
    let name = portal
        .flow
        .agency_row(decision.recipient.as_str())
        .await?
        .name;
    let (text, classes, says) = match decision.outcome {
        Outcome::Permit => (
            "May be shared",
            "govuk-tag--green",
            "They would get it at once.".to_owned(),
        ),
        Outcome::Hold => (
            "Needs a decision first",
            "govuk-tag--yellow",
            asked(portal, decision).await?,
        ),
        Outcome::Refuse => (
            "May not be shared",
            "govuk-tag--red",
            "They would not get it, and would not learn that it was sent to others.".to_owned(),
        ),
    };
    Ok(Recipient {
        name,
        tag: Tag { text, classes },
        says,
        obligations: obligations(decision),
        because: Details {
            summary: "Why",
            content: Markup::of(&Because {
                rules: &decision.rules,
            }),
        },
    })
}

/// Who would be asked.
async fn asked(portal: &Portal, decision: &DecisionView) -> Result<String, FlowError> {
    let mut who = Vec::new();
    for approver in &decision.reviewers {
        let at = portal.flow.agency_row(approver.agency.as_str()).await?.name;
        who.push(format!(
            "the {} at {at}",
            words::role(approver.role.as_str())
        ));
    }
    Ok(match who.is_empty() {
        true => "They would get it after somebody decides about it.".to_owned(),
        false => format!(
            "They would get it only after a yes from {}.",
            who.join(" and ")
        ),
    })
}

/// What they would have to do with it.
fn obligations(decision: &DecisionView) -> Vec<String> {
    let asks = decision.obligations.iter();
    asks.filter(|one| !matches!(one, Obligation::Mark))
        .filter_map(|one| words::obligation(*one))
        .collect()
}
