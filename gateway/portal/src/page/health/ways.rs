//! What whoever looks at a request may do about it.

use gateway_core::Role;
use gateway_flow::health::{HealthState, HealthTaskView, HealthView};

use super::{GATHERS, SPEAKS, address};
use crate::Portal;
use crate::page::form::{answers, writes};
use crate::visitor::Visitor;

/// What whoever looks may do now.
pub(super) struct Ways {
    /// Agree to answer.
    pub(super) accept: bool,
    /// Where the request is answered.
    pub(super) answer: Option<String>,
    /// Other acts: where, and what they are called.
    pub(super) links: Vec<(String, &'static str)>,
}

/// What whoever looks may do about a request now.
pub(super) fn ways(
    portal: &Portal,
    visitor: &Visitor,
    view: &HealthView,
    given: &[HealthTaskView],
    kind: &str,
) -> Ways {
    let own = visitor.session.caller.agency.as_str();
    let here = address(&view.id);
    let (speaks, gathers) = (visitor.is_any(SPEAKS), visitor.is_any(GATHERS));
    let mut links: Vec<(String, &'static str)> = Vec::new();
    let mut forms = portal.flow.forms.forms();
    let form = forms.find(|form| answers(form) && writes(form, kind));
    let begin = form.map(|form| format!("/forms/{}/new?request={}", form.id, view.id));
    let begin = begin.filter(|_| speaks && view.holder == own);
    let waits = view.waits_for(own);
    let answered =
        view.holder == own && view.answer.is_some() && view.state != HealthState::Cancelled;
    if waits && gathers {
        if given.iter().any(|one| one.signed.is_some()) {
            links.push((format!("{here}/signed"), "Read what colleagues signed"));
        }
        links.push((
            format!("{here}/questions"),
            "Give a question to a colleague",
        ));
    }
    if let Some(begin) = &begin {
        match (waits, answered) {
            (true, _) => links.push((
                format!("{begin}&interim=yes"),
                "Answer what is known now, with more to come",
            )),
            (false, true) => links.push((format!("{begin}&correct=yes"), "Correct the answer")),
            (false, false) => {}
        }
    }
    if answered && gathers {
        links.push((
            format!("{here}/wrong-patient"),
            "Call the answer back: it is about the wrong patient",
        ));
    }
    if looks(visitor, view) {
        links.push((format!("{here}/review"), "Decide about the refusal"));
    }
    Ways {
        accept: waits && speaks && view.accepted.is_none(),
        answer: begin.filter(|_| waits),
        links,
    }
}

/// Whether a refusal waits for the visitor's look.
pub(super) fn looks(visitor: &Visitor, view: &HealthView) -> bool {
    let own = visitor.session.caller.agency.as_str();
    match view.stage.as_deref() {
        Some("caldicott") => view.holder == own && visitor.is_any(&[Role::Caldicott]),
        Some(_) => view.unit == own && visitor.is_any(&[Role::Chair]),
        None => false,
    }
}
