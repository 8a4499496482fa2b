//! Questions that were given to somebody: the list of those that wait, and one, which they answer
//! and sign as an act of their own.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::health::OwnQuestion;
use serde::Deserialize;

use super::say::{self, Codes, named};
use super::submit;
use crate::component::{
    BackLink, Button, ChoiceItem, Choices, Html as Markup, InsetText, NotificationBanner, Pick,
    Row, SummaryList, Textarea,
};
use crate::frame::{Frame, Place};
use crate::page::few::{self, Faults, of_field};
use crate::page::form::title;
use crate::page::hold::decide::said;
use crate::page::message::about;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// Where the list is.
pub(crate) const LIST: &str = "/health-questions";
/// Where one is, and is signed.
pub(super) const PATH: &str = "/health-questions/{id}";

/// The page above.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: LIST,
    text: "Back to your questions",
};
/// Signs it.
pub(crate) const SIGN: Button<'static> = submit("Sign the answer", "");
/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "No question waits for you. When your single point of contact gives you one of a health information request, it is listed here.",
};
/// Where one is not asked any more.
pub(crate) const OVER: InsetText<'static> = InsetText {
    text: "This question need not be answered any more: the request has been answered, was withdrawn, or is asked of another body.",
};

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

struct Line {
    href: String,
    title: String,
    facts: Vec<String>,
}

#[derive(Template)]
#[template(path = "page/health/questions.html")]
struct List {
    frame: Frame,
    signed: bool,
    lines: Vec<Line>,
}

impl List {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.signed.then_some(NotificationBanner {
            text: "You signed the answer. Your single point of contact can read it",
            success: true,
        })
    }
}

#[derive(Template)]
#[template(path = "page/health/question.html")]
struct Page {
    frame: Frame,
    question: String,
    own: OwnQuestion,
    asks: String,
    due: String,
    about: Option<String>,
    answer: String,
    faults: Faults,
}

impl Page {
    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &[])
    }

    fn facts(&self) -> SummaryList<'static> {
        let row = |key: &'static str, text: &str| Row::new(key, Markup::text(text));
        let mut rows = Vec::new();
        rows.extend(self.about.as_deref().map(|about| row("About", about)));
        rows.push(row("Asked by", &self.asks));
        if self.own.open {
            rows.push(row("Answer", &self.due));
        }
        rows.push(row("Given to you", &words::time(self.own.task.given)));
        let signed = self.own.task.signed.map(words::time);
        rows.extend(signed.map(|at| row("Signed by you", &at)));
        SummaryList { rows, classes: "" }
    }

    fn field(&self) -> Textarea<'_> {
        Textarea {
            id: "answer",
            name: "answer",
            label: "Your answer",
            label_classes: "govuk-label--s",
            hint: Some(
                "Only what bears on the risk. Say what is fact and what is your opinion. Your single point of contact reads it, and can send it in your name",
            ),
            error: of_field(&self.faults, "answer"),
            value: &self.answer,
            rows: 8,
        }
    }

    fn sign(&self) -> Choices<'_> {
        Choices {
            pick: Pick::Any,
            id: "sign",
            name: "sign",
            legend: "Your signature",
            legend_classes: "govuk-fieldset__legend--s",
            hint: Some("What you have signed cannot be changed here"),
            error: of_field(&self.faults, "sign"),
            items: vec![ChoiceItem {
                value: "yes",
                text: "I sign this: it is my answer, and it is right as far as I know",
                ..ChoiceItem::default()
            }],
            ..Choices::default()
        }
    }
}

/// Those that wait for the visitor.
pub(super) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let all = flow.questions_waiting(caller).await?;
    let asks = all.iter().map(|one| one.request.agency.as_str());
    let names = flow.agency_names(asks).await?;
    let codes = Codes::of(&portal);
    let lines = all.iter().map(|one| Line {
        href: format!("{LIST}/{}", one.task.id),
        title: codes.question(&one.task.question),
        facts: vec![
            format!("Asked by {}", named(&names, &one.request.agency)),
            say::due(one.request.due, flow.clock.now()),
            format!("Given to you {}", words::time(one.task.given)),
        ],
    });
    let page = List {
        frame: Frame::around(&portal, &visitor, Place::Questions, "Questions for you").await?,
        signed: asked.done == "signed",
        lines: lines.collect(),
    };
    Ok(Html(page.to_string()).into_response())
}

/// Shows one.
pub(super) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let own = portal
        .flow
        .own_question(&visitor.session.caller, &id)
        .await?;
    shown(&portal, &visitor, own, String::new(), Vec::new()).await
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    own: OwnQuestion,
    answer: String,
    faults: Faults,
) -> Result<Response, Stop> {
    let question = Codes::of(portal).question(&own.task.question);
    let title = title(&question, !faults.is_empty());
    let names = portal
        .flow
        .agency_names([own.request.agency.as_str()])
        .await?;
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Questions, &title).await?,
        asks: named(&names, &own.request.agency),
        due: say::due(own.request.due, portal.flow.clock.now()),
        about: about(portal, visitor, Some(&own.request.nominal)).await?,
        question,
        own,
        answer,
        faults,
    };
    Ok(few::answer(&page, &page.faults))
}

/// Signs it.
pub(super) async fn sign(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let own = flow.own_question(caller, &id).await?;
    let answer = fields.one("answer").replace("\r\n", "\n").trim().to_owned();
    if visitor.returns(&portal).await? {
        return shown(&portal, &visitor, own, answer, Vec::new()).await;
    }
    let mut faults: Faults = Vec::new();
    if answer.is_empty() {
        faults.push(("answer", "Enter your answer".to_owned()));
    }
    if !fields.has("sign") {
        faults.push(("sign", "Confirm that you sign it".to_owned()));
    }
    if !faults.is_empty() {
        return shown(&portal, &visitor, own, answer, faults).await;
    }
    match flow.sign_answer(caller, &id, &answer).await {
        Ok(_) => Ok(see_other(&format!("{LIST}?done=signed"))),
        Err(FlowError::Invalid(faults)) => {
            let faults = vec![("answer", said("The answer", &faults))];
            shown(&portal, &visitor, own, answer, faults).await
        }
        Err(error) => Err(error.into()),
    }
}
