//! What a reviewer asks, as the sender sees it, and the answer.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::hold::QuestionView;

use super::decide::said;
use crate::component::{BackLink, Button, ErrorItem, ErrorSummary, Html as Markup, Textarea};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// The questions of one message, on its page.
#[derive(Template)]
#[template(path = "page/questions.html")]
struct Questions {
    message: String,
    token: String,
    asked: Vec<Line>,
}

struct Line {
    view: QuestionView,
    by: String,
}

#[derive(Template)]
#[template(path = "page/answer.html")]
struct Page {
    frame: Frame,
    message: String,
    question: String,
    id: String,
    answer: String,
    error: Option<String>,
}

impl Line {
    fn waits(&self) -> bool {
        self.view.open && self.view.answer.is_none()
    }

    fn field(&self) -> String {
        field(&format!("answer-{}", self.view.id), "", None).to_string()
    }
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let text = self.error.as_deref()?;
        Some(ErrorSummary {
            title: "There is a problem",
            errors: vec![ErrorItem {
                text,
                href: "#answer",
            }],
        })
    }

    fn field(&self) -> Textarea<'_> {
        field("answer", &self.answer, self.error.as_deref())
    }
}

const fn field<'a>(id: &'a str, value: &'a str, error: Option<&'a str>) -> Textarea<'a> {
    Textarea {
        id,
        name: "answer",
        label: "Your answer",
        label_classes: "",
        hint: Some("Only whoever decides sees it."),
        error,
        value,
        rows: 3,
    }
}

/// To the list.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: "/sent",
    text: "Back to sent",
};

/// Sends it.
pub(crate) const ANSWER: Button<'static> = Button {
    text: "Answer",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// What reviewers ask about a message that the visitor's agency sent, to stand on its page.
pub(crate) async fn questions(
    portal: &Portal,
    visitor: &Visitor,
    frame: &Frame,
    message: &str,
) -> Result<Option<Markup>, FlowError> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let mut asked = Vec::new();
    for view in flow.asked_of(caller, message).await? {
        let agency = flow.agency_row(&view.agency).await?.name;
        let by = format!("{} of {agency}", words::role(&view.role));
        asked.push(Line { view, by });
    }
    if asked.is_empty() {
        return Ok(None);
    }
    Ok(Some(Markup::of(&Questions {
        message: message.to_owned(),
        token: frame.token().to_owned(),
        asked,
    })))
}

/// Somebody at the sending agency answers.
pub(crate) async fn answer(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let asked = flow.asked_of(caller, &id).await?;
    let question = fields.one("question");
    let asked = asked.into_iter().find(|asked| asked.id == question);
    let asked = asked.ok_or(Stop::NotFound)?;
    let answer = fields.one("answer");
    let error = match answer.trim().is_empty() {
        _ if visitor.returns(&portal).await? => None,
        true => Some("Enter your answer".to_owned()),
        false => match flow.answer_back(caller, &id, question, answer).await {
            Ok(()) => return Ok(see_other(&format!("/messages/{id}#questions"))),
            Err(FlowError::Invalid(faults)) => Some(said("The answer", &faults)),
            Err(error) => return Err(error.into()),
        },
    };
    let (title, status) = match error {
        None => ("Answer the reviewer", StatusCode::OK),
        Some(_) => (
            "Error: Answer the reviewer",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Sent, title).await?,
        message: id,
        question: asked.question,
        id: asked.id,
        answer: answer.to_owned(),
        error,
    };
    Ok((status, Html(page.to_string())).into_response())
}
