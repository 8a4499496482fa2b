//! One flag: what became of it, and what the visitor may do.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use gateway_core::Role;
use gateway_flow::FlowError;
use gateway_flow::flag::{FlagState, FlagStepView, FlagView};

use super::{Asked, answering, known, named, setting, tag};
use crate::component::{Button, Html as Markup, NotificationBanner, Row, SummaryList, Textarea};
use crate::frame::{Frame, Place};
use crate::page::few::{self, Faults, of_field};
use crate::page::form::{capital, title};
use crate::page::message::about;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// Where it is.
pub(super) const HERE: &str = "/hospital-flags/{id}";

/// Ends it.
pub(crate) const END: Button<'static> = Button {
    text: "End the flag",
    href: None,
    classes: "govuk-button--warning",
    name: "do",
    value: "end",
    prevent_double_click: true,
};
/// Says that it is cleared.
pub(crate) const CLEARED: Button<'static> = Button {
    text: "It is cleared from our systems",
    href: None,
    classes: "",
    name: "do",
    value: "cleared",
    prevent_double_click: true,
};

/// A step, as it is shown.
struct Step {
    at: String,
    text: String,
    /// Where there is more of it, and what the link says.
    more: Option<(String, &'static str)>,
    reasons: Option<String>,
}

/// What the visitor may do: an address each, or whether.
#[derive(Default)]
struct May {
    attend: Option<String>,
    renew: Option<String>,
    read: Option<String>,
    end: bool,
    clear: bool,
}

#[derive(Template)]
#[template(path = "page/flag/one.html")]
struct Page {
    frame: Frame,
    banner: Option<NotificationBanner<'static>>,
    view: FlagView,
    person: Option<String>,
    /// What the agency that set it, the trust and the coordination unit are called.
    names: [String; 3],
    steps: Vec<Step>,
    may: May,
    reasons: String,
    faults: Faults,
}

impl Page {
    fn summary(&self) -> Option<String> {
        few::summary(&self.faults, &[])
    }

    fn facts(&self) -> SummaryList<'static> {
        let row = |key: &'static str, text: &str| Row::new(key, Markup::text(text));
        let (view, [agency, holder, unit]) = (&self.view, &self.names);
        let mut rows = Vec::new();
        rows.extend(self.person.as_ref().map(|person| row("Person", person)));
        rows.push(Row::new("State", tag(view.state)));
        rows.push(row("Hospital", holder));
        let known = known(view);
        rows.extend(known.map(|known| row("Known there", &known)));
        rows.push(row("Set by", agency));
        rows.push(row("Set", &words::time(view.set)));
        rows.push(row(
            "Meeting that decided it",
            &words::date(&view.decided_on),
        ));
        rows.push(row("Review", &words::date(&view.review_on)));
        rows.push(row("Overseen by", unit));
        let over = view.ended.map(words::time);
        rows.extend(over.map(|at| row("Over since", &at)));
        let why = view.why.as_deref().map(because);
        rows.extend(why.map(|why| row("Why it is over", why)));
        let due = view.clear_due.filter(|_| view.cleared.is_none());
        rows.extend(due.map(|due| row("To be cleared by", &words::time(due))));
        let cleared = view.cleared.map(words::time);
        rows.extend(cleared.map(|at| row("Cleared", &at)));
        SummaryList { rows, classes: "" }
    }

    fn attend(href: &str) -> Button<'_> {
        Button {
            text: "Say that the person came",
            href: Some(href),
            ..Button::default()
        }
    }

    fn renew(href: &str) -> Button<'_> {
        Button {
            text: "Renew the flag",
            href: Some(href),
            classes: "govuk-button--secondary",
            ..Button::default()
        }
    }

    fn field(&self) -> Textarea<'_> {
        Textarea {
            id: "reasons",
            name: "reasons",
            label: "Why do you end it?",
            label_classes: "govuk-label--s",
            hint: Some("The hospital is told that it is over, and not why"),
            error: of_field(&self.faults, "reasons"),
            value: &self.reasons,
            rows: 3,
        }
    }
}

/// Why a flag is over.
fn because(why: &str) -> &'static str {
    match why {
        "lapsed" => "Its review passed",
        "unopened" => "Nobody at the hospital opened it in the time that there was",
        "renewed" => "Another flag goes on from it",
        "level" => "The person is not managed at level 2 or 3 any more",
        "withdrawn" => "It was withdrawn",
        _ => "It was ended",
    }
}

/// Shows it.
pub(super) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let view = portal
        .flow
        .hospital_flag(&visitor.session.caller, &id)
        .await?;
    let page = shown(&portal, &visitor, view, String::new(), Vec::new()).await?;
    let page = Page {
        banner: asked.banner(),
        ..page
    };
    Ok(few::answer(&page, &page.faults))
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    view: FlagView,
    reasons: String,
    faults: Faults,
) -> Result<Page, Stop> {
    let title = title("A hospital flag", !faults.is_empty());
    let mut names = BTreeMap::new();
    let mut steps = Vec::new();
    for step in &view.steps {
        let by = match &step.agency {
            Some(agency) => Some(named(portal, agency, &mut names).await?),
            None => None,
        };
        steps.push(told(step, by, &view, visitor));
    }
    Ok(Page {
        frame: Frame::around(portal, visitor, Place::Forms, &title).await?,
        banner: None,
        person: about(portal, visitor, Some(&view.nominal)).await?,
        names: [
            named(portal, &view.agency, &mut names).await?,
            named(portal, &view.holder, &mut names).await?,
            named(portal, &view.unit, &mut names).await?,
        ],
        may: may(portal, visitor, &view).await?,
        steps,
        view,
        reasons,
        faults,
    })
}

/// A step in words; that the person came is read in the message that says so.
fn told(step: &FlagStepView, by: Option<String>, view: &FlagView, visitor: &Visitor) -> Step {
    let by = by.unwrap_or_else(|| "this service".to_owned());
    let text = match step.kind.as_str() {
        "attended" => format!("{by} said that the person came"),
        "cleared" => format!("{by} said that the flag is cleared"),
        "lapsed" => "Its review passed, and the flag was over".to_owned(),
        "unopened" => {
            "Nobody at the hospital had opened it in time, and the flag was over".to_owned()
        }
        "level" => "The level fell, and the flag was over".to_owned(),
        "renewed" => format!("{by} renewed it"),
        "withdrawn" => format!("{by} withdrew it"),
        _ => format!("{by} ended it"),
    };
    let trust = visitor.session.caller.agency.as_str() == view.holder;
    let more = step.other.as_ref().map(|other| match step.kind.as_str() {
        "attended" if trust => (format!("/sent/{other}"), "Read what you said"),
        "attended" => (format!("/messages/{other}"), "Read what the hospital said"),
        _ => (
            format!("/hospital-flags/{other}"),
            "See the flag that goes on from it",
        ),
    });
    Step {
        at: words::time(step.at),
        text,
        more,
        reasons: step.words.clone(),
    }
}

async fn may(portal: &Portal, visitor: &Visitor, view: &FlagView) -> Result<May, Stop> {
    let own = visitor.session.caller.agency.as_str();
    let kind = portal.flow.agency_row(own).await?.kind;
    let stands = matches!(view.state, FlagState::Set | FlagState::Waiting);
    if own == view.holder {
        let attend = answering(portal, &kind).filter(|_| view.state == FlagState::Set);
        return Ok(May {
            attend: attend.map(|form| format!("/forms/{}/new?request={}", form.id, view.id)),
            read: (view.state == FlagState::Set).then(|| format!("/messages/{}/form", view.id)),
            clear: view.state == FlagState::ToClear,
            ..May::default()
        });
    }
    let coordinates = own == view.unit && visitor.is_any(&[Role::Coordinator]);
    if own != view.agency {
        return Ok(May {
            end: stands && coordinates,
            ..May::default()
        });
    }
    let speaks = visitor.is_any(&[
        Role::Practitioner,
        Role::Manager,
        Role::Spoc,
        Role::DeputySpoc,
        Role::Coordinator,
    ]);
    let renew = setting(portal, &kind).filter(|_| stands);
    Ok(May {
        renew: renew.map(|form| format!("/forms/{}/new?from={}", form.id, view.id)),
        read: Some(format!("/sent/{}", view.id)),
        end: stands && speaks,
        ..May::default()
    })
}

/// Ends it, or says that it is cleared.
pub(super) async fn send(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    let view = portal.flow.hospital_flag(caller, &id).await?;
    let reasons = fields.one("reasons").trim().to_owned();
    if visitor.returns(&portal).await? {
        let page = shown(&portal, &visitor, view, reasons, Vec::new()).await?;
        return Ok(few::answer(&page, &page.faults));
    }
    let done = if fields.one("do") == "cleared" {
        let cleared = portal.flow.clear_hospital_flag(caller, &id).await;
        cleared.map(|_| "cleared")
    } else {
        let ended = portal.flow.end_hospital_flag(caller, &id, &reasons).await;
        ended.map(|_| "ended")
    };
    let faults = match done {
        Ok(done) => return Ok(see_other(&format!("/hospital-flags/{id}?done={done}"))),
        Err(FlowError::Invalid(_)) => vec![("reasons", "Enter why you end it".to_owned())],
        Err(FlowError::Conflict(why)) => vec![("reasons", capital(&why))],
        Err(error) => return Err(error.into()),
    };
    let page = shown(&portal, &visitor, view, reasons, faults).await?;
    Ok(few::answer(&page, &page.faults))
}
