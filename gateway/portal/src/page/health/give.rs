//! A question of a request is given to a colleague, who answers and signs it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use gateway_flow::FlowError;
use gateway_flow::health::{HealthTaskView, HealthView, ToGive};

use super::say::Codes;
use super::{GATHERS, address, submit};
use crate::Portal;
use crate::component::{BackLink, Button, ChoiceItem, Html as Markup, InsetText, Select};
use crate::frame::{Frame, Place};
use crate::page::few::{self, Faults, of_field};
use crate::page::form::{capital, title};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Where it is, and is sent.
pub(super) const PATH: &str = "/health-requests/{id}/questions";

/// Gives it.
pub(crate) const SEND: Button<'static> = submit("Give the question", "");
/// Where there is nothing to give.
pub(crate) const NOTHING: InsetText<'static> = InsetText {
    text: "Nothing of this request can be given to a colleague: it does not wait for an answer, has not reached your agency yet, or each of its questions is signed.",
};

/// What was chosen.
#[derive(Default)]
struct Filled {
    question: String,
    colleague: String,
}

#[derive(Template)]
#[template(path = "page/health/give.html")]
struct Page {
    frame: Frame,
    id: String,
    /// The questions that can be given: their codes, and what they are called.
    questions: Vec<(String, String)>,
    /// The colleagues: their addresses, and what they are called.
    colleagues: Vec<(String, String)>,
    filled: Filled,
    faults: Faults,
}

impl Page {
    fn back(&self) -> String {
        BackLink {
            href: &address(&self.id),
            text: "Back to the request",
        }
        .to_string()
    }

    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &[])
    }

    fn select(
        &self,
        (id, label, hint): (&'static str, &str, &str),
        all: &[(String, String)],
        chosen: &str,
    ) -> Markup {
        let choose = ChoiceItem {
            text: "Choose",
            checked: chosen.is_empty(),
            ..ChoiceItem::default()
        };
        let items = all.iter().map(|(value, text)| ChoiceItem {
            value,
            text,
            checked: value == chosen,
            ..ChoiceItem::default()
        });
        Markup::of(&Select {
            id,
            name: id,
            label,
            hint: Some(hint),
            error: of_field(&self.faults, id),
            items: std::iter::once(choose).chain(items).collect(),
        })
    }

    fn question(&self) -> Markup {
        let asked = (
            "question",
            "Question",
            "Those that the request asks, and that nobody has signed yet",
        );
        self.select(asked, &self.questions, &self.filled.question)
    }

    fn colleague(&self) -> Markup {
        let asked = (
            "colleague",
            "Colleague",
            "Whoever knows the answer: they find the question when they sign in",
        );
        self.select(asked, &self.colleagues, &self.filled.colleague)
    }
}

/// A request that the visitor's agency is asked, seen to by the visitor.
pub(super) async fn seen_to(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
) -> Result<HealthView, Stop> {
    let caller = &visitor.session.caller;
    let view = portal.flow.health_request(caller, id).await?;
    match view.holder == caller.agency.as_str() && visitor.is_any(GATHERS) {
        true => Ok(view),
        false => Err(Stop::Forbidden(
            "the single point of contact of the body that is asked sees to this, or the deputy"
                .to_owned(),
        )),
    }
}

/// Asks which, and to whom.
pub(super) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let view = seen_to(&portal, &visitor, &id).await?;
    shown(&portal, &visitor, &view, Filled::default(), Vec::new()).await
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    view: &HealthView,
    filled: Filled,
    faults: Faults,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let to_give = flow.questions_to_give(caller, &view.id).await?;
    let given = flow.given_questions(caller, &view.id).await?;
    let waits = view.waits_for(caller.agency.as_str());
    let heading = title("Give a question to a colleague", !faults.is_empty());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Health, &heading).await?,
        id: view.id.clone(),
        questions: match waits {
            true => questions(Codes::of(portal), &to_give, &given),
            false => Vec::new(),
        },
        colleagues: to_give
            .colleagues
            .iter()
            .map(|one| {
                let (name, address) = (one.name.reveal(), one.address.reveal());
                (address.clone(), format!("{name} ({address})"))
            })
            .collect(),
        filled,
        faults,
    };
    Ok(few::answer(&page, &page.faults))
}

/// What can be given, and whom it was given to already.
fn questions(
    codes: Codes<'_>,
    to_give: &ToGive,
    given: &[HealthTaskView],
) -> Vec<(String, String)> {
    let all = to_give.questions.iter().filter_map(|code| {
        let words = codes.question(code);
        let text = match given.iter().find(|one| one.question == *code) {
            Some(one) if one.signed.is_some() => return None,
            Some(one) => {
                let whom = one.person.as_deref().unwrap_or_default();
                format!("{words} (given to {whom})")
            }
            None => words,
        };
        Some((code.clone(), text))
    });
    all.collect()
}

/// Gives it.
pub(super) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let view = seen_to(&portal, &visitor, &id).await?;
    let filled = Filled {
        question: fields.one("question").to_owned(),
        colleague: fields.one("colleague").to_owned(),
    };
    let mut faults: Faults = Vec::new();
    if filled.question.is_empty() {
        faults.push(("question", "Select a question".to_owned()));
    }
    if filled.colleague.is_empty() {
        faults.push(("colleague", "Select a colleague".to_owned()));
    }
    if !faults.is_empty() {
        return shown(&portal, &visitor, &view, filled, faults).await;
    }
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let given = flow.give_question(caller, &id, &filled.question, &filled.colleague);
    let faults = match given.await {
        Ok(_) => return Ok(see_other(&format!("{}?done=given", address(&id)))),
        Err(FlowError::Invalid(faults)) => faults
            .into_iter()
            .map(|one| match one.pointer.as_str() {
                "/person" => ("colleague", format!("This {}", one.detail)),
                _ => ("question", format!("This {}", one.detail)),
            })
            .collect(),
        Err(FlowError::Conflict(why)) => vec![("question", capital(&why))],
        Err(error) => return Err(error.into()),
    };
    shown(&portal, &visitor, &view, filled, faults).await
}
