//! A refusal is looked at: by the Caldicott guardian of the body that refused, then by the chair.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use gateway_flow::FlowError;
use gateway_flow::health::HealthView;

use super::say::{Codes, named};
use super::ways::looks;
use super::{address, reasons, submit, wrong_reasons};
use crate::component::{
    BackLink, Button, ChoiceItem, Choices, Html as Markup, Pick, Row, SummaryList,
};
use crate::frame::{Frame, Place};
use crate::page::few::{self, Faults, of_field};
use crate::page::form::title;
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};
use crate::{Portal, words};

/// Where it is, and is sent.
pub(super) const PATH: &str = "/health-requests/{id}/review";
const HEADING: &str = "Decide about the refusal";

/// Sends the decision.
pub(crate) const SEND: Button<'static> = submit("Send your decision", "");

/// What was typed.
#[derive(Default)]
struct Filled {
    decision: String,
    reasons: String,
}

impl Filled {
    fn of(fields: &Fields) -> Self {
        Self {
            decision: fields.one("decision").to_owned(),
            reasons: fields.one("reasons").trim().to_owned(),
        }
    }

    /// What is missing.
    fn faults(&self) -> Faults {
        let mut faults: Faults = Vec::new();
        if !["stands", "again"].contains(&self.decision.as_str()) {
            faults.push(("decision", "Select whether the refusal stands".to_owned()));
        }
        if self.reasons.is_empty() {
            faults.push(("reasons", "Enter your reasons".to_owned()));
        }
        faults
    }
}

#[derive(Template)]
#[template(path = "page/health/review.html")]
struct Page {
    frame: Frame,
    view: HealthView,
    /// Who asks, and who refused.
    sides: [String; 2],
    /// Why, in the words of the answer's form.
    why: Option<String>,
    filled: Filled,
    faults: Faults,
}

impl Page {
    fn back(&self) -> String {
        BackLink {
            href: &address(&self.view.id),
            text: "Back to the request",
        }
        .to_string()
    }

    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &[])
    }

    fn by_chair(&self) -> bool {
        self.view.stage.as_deref() == Some("chair")
    }

    fn facts(&self) -> SummaryList<'static> {
        let row = |key: &'static str, text: &str| Row::new(key, Markup::text(text));
        let [asks, refused] = &self.sides;
        let mut rows = vec![row("Asked by", asks), row("Refused by", refused)];
        rows.extend(self.why.as_deref().map(|why| row("Why", why)));
        let at = self.view.answered.map(words::time);
        rows.extend(at.map(|at| row("Refused", &at)));
        let due = self.view.stage_due.map(words::time);
        rows.extend(due.map(|due| row("Decide by", &due)));
        SummaryList { rows, classes: "" }
    }

    fn decision(&self) -> Markup {
        let item = |value, text, hint| ChoiceItem {
            value,
            text,
            hint: Some(hint),
            checked: self.filled.decision == value,
        };
        let (stands, again) = match self.by_chair() {
            true => (
                "Nothing more is asked. Both agencies are told",
                "The health body is asked again, with its time anew",
            ),
            false => (
                "It goes on to the chair of the coordination unit",
                "Your agency answers after all, with its time anew",
            ),
        };
        Markup::of(&Choices {
            pick: Pick::One,
            id: "decision",
            name: "decision",
            legend: "Does the refusal stand?",
            legend_classes: "govuk-fieldset__legend--m",
            error: of_field(&self.faults, "decision"),
            items: vec![
                item("stands", "Yes, it stands", stands),
                item("again", "No, the request is to be answered", again),
            ],
            ..Choices::default()
        })
    }

    fn reasons(&self) -> Markup {
        let asked = (
            "Your reasons",
            "The agency that asked, the health body and the coordination unit read them. Do not say what is withheld",
        );
        reasons(&self.faults, asked, &self.filled.reasons)
    }
}

/// A request whose refusal waits for the visitor.
async fn waiting(portal: &Portal, visitor: &Visitor, id: &str) -> Result<HealthView, Stop> {
    let view = portal
        .flow
        .health_request(&visitor.session.caller, id)
        .await?;
    match (view.stage.is_some(), looks(visitor, &view)) {
        (_, true) => Ok(view),
        (false, false) => Err(Stop::Conflict(
            "no refusal of this request waits for a look".to_owned(),
        )),
        (true, false) => Err(Stop::Forbidden(
            "a refusal is looked at by the Caldicott guardian of the body that refused, then by the chair"
                .to_owned(),
        )),
    }
}

/// Asks.
pub(super) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let view = waiting(&portal, &visitor, &id).await?;
    shown(&portal, &visitor, view, Filled::default(), Vec::new()).await
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    view: HealthView,
    filled: Filled,
    faults: Faults,
) -> Result<Response, Stop> {
    let title = title(HEADING, !faults.is_empty());
    let sides = [view.agency.as_str(), view.holder.as_str()];
    let names = portal.flow.agency_names(sides).await?;
    let why = view.reason.as_deref();
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Health, &title).await?,
        sides: sides.map(|id| named(&names, id)),
        why: why.map(|code| Codes::of(portal).reason(code)),
        view,
        filled,
        faults,
    };
    Ok(few::answer(&page, &page.faults))
}

/// Takes the decision.
pub(super) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let view = waiting(&portal, &visitor, &id).await?;
    let filled = Filled::of(&fields);
    if visitor.returns(&portal).await? {
        return shown(&portal, &visitor, view, filled, Vec::new()).await;
    }
    let faults = filled.faults();
    if !faults.is_empty() {
        return shown(&portal, &visitor, view, filled, faults).await;
    }
    let caller = &visitor.session.caller;
    let stands = filled.decision == "stands";
    let done = portal
        .flow
        .review_refusal(caller, &id, stands, &filled.reasons);
    match done.await {
        Ok(_) => Ok(see_other(&format!(
            "{}?done={}",
            address(&id),
            filled.decision
        ))),
        Err(FlowError::Invalid(faults)) => {
            let faults = wrong_reasons(&faults);
            shown(&portal, &visitor, view, filled, faults).await
        }
        Err(error) => Err(error.into()),
    }
}
