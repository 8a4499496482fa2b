//! Hospital flags: those that the visitor's agency set, was given or oversees; and one of them.

pub(crate) mod one;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_flow::flag::{FlagState, FlagView};
use gateway_forms::Definition;
use serde::Deserialize;

use crate::component::{Button, Html as Markup, InsetText, NotificationBanner, Tag};
use crate::frame::{Frame, Place};
use crate::page::form::{self, list::whom};
use crate::router::Route;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// In place of a list with nothing in it.
pub(crate) const NONE: InsetText<'static> = InsetText {
    text: "There is no hospital flag that your agency set, was given or oversees.",
};

/// The routes of these pages.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/hospital-flags", get(list)),
        ("GET", one::HERE, get(one::show)),
        ("POST", one::HERE, post(one::send)),
    ]
}

/// The form that sets flags, where the visitor's agency writes one.
fn setting<'p>(portal: &'p Portal, kind: &str) -> Option<&'p Definition> {
    let mut forms = portal.flow.forms.forms();
    forms.find(|form| form.says.review_on.is_some() && form::writes(form, kind))
}

/// The form that says that a person came, where the visitor's agency writes one.
fn answering<'p>(portal: &'p Portal, kind: &str) -> Option<&'p Definition> {
    let mut forms = portal.flow.forms.forms();
    forms.find(|form| form::answers_flag(form) && form::writes(form, kind))
}

/// Whether agencies of a kind set flags, or are given them.
pub(crate) fn has_to_do_with(portal: &Portal, kind: &str) -> bool {
    setting(portal, kind).is_some() || answering(portal, kind).is_some()
}

/// What was done just before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

impl Asked {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        let text = match self.done.as_str() {
            "ended" => "The flag is over. The hospital is asked to clear it from its own systems",
            "cleared" => "You said that the flag is cleared from your own systems",
            _ => return None,
        };
        Some(NotificationBanner {
            text,
            success: true,
        })
    }
}

#[derive(Template)]
#[template(path = "page/flag/list.html")]
struct Page {
    frame: Frame,
    /// Where one is set.
    set: Option<String>,
    flags: Vec<Line>,
    over: Vec<Line>,
}

/// A flag in a list.
struct Line {
    href: String,
    title: String,
    tag: Markup,
    facts: Vec<String>,
}

impl Page {
    fn set(href: &str) -> Button<'_> {
        Button {
            text: "Set a hospital flag",
            href: Some(href),
            ..Button::default()
        }
    }
}

/// Lists them.
async fn list(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    let kind = portal.flow.agency_row(caller.agency.as_str()).await?.kind;
    let (mut names, mut people) = (BTreeMap::new(), BTreeMap::new());
    let (mut flags, mut over) = (Vec::new(), Vec::new());
    for view in portal.flow.hospital_flags(caller).await? {
        let person = whom(&portal, &visitor, Some(&view.nominal), &mut people).await?;
        let line = line(&portal, &view, person, &mut names).await?;
        match view.state {
            FlagState::Waiting | FlagState::Set | FlagState::ToClear => flags.push(line),
            FlagState::Refused | FlagState::Renewed | FlagState::Cleared | FlagState::Ended => {
                over.push(line);
            }
        }
    }
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Forms, "Hospital flags").await?,
        set: setting(&portal, &kind).map(|form| format!("/forms/{}/new", form.id)),
        flags,
        over,
    };
    Ok(Html(page.to_string()).into_response())
}

async fn line(
    portal: &Portal,
    view: &FlagView,
    person: Option<String>,
    names: &mut BTreeMap<String, String>,
) -> Result<Line, Stop> {
    let mut facts = vec![
        format!("At {}", named(portal, &view.holder, names).await?),
        format!("Set by {}", named(portal, &view.agency, names).await?),
        when(view),
    ];
    facts.extend(known(view));
    Ok(Line {
        href: format!("/hospital-flags/{}", view.id),
        title: person.unwrap_or_else(|| format!("Flag of {}", words::time(view.set))),
        tag: tag(view.state),
        facts,
    })
}

/// The day that counts now.
fn when(view: &FlagView) -> String {
    match (view.ended, view.clear_due, view.cleared) {
        (None, ..) => format!("Review: {}", words::date(&view.review_on)),
        (Some(_), Some(due), None) => format!("To be cleared by {}", words::time(due)),
        (Some(at), ..) => format!("Over since {}", words::time(at)),
    }
}

/// What of a flag that is set is known at the hospital, and until when it can be opened there.
fn known(view: &FlagView) -> Option<String> {
    if view.state != FlagState::Set {
        return None;
    }
    Some(match (view.opened, view.opens_until) {
        (None, None) => "Nobody at the hospital has opened it yet".to_owned(),
        (None, Some(until)) => format!(
            "Nobody at the hospital has opened it yet: it is over if nobody does by {}",
            words::time(until)
        ),
        (Some(at), None) => format!("Opened at the hospital on {}", words::time(at)),
        (Some(at), Some(until)) => format!(
            "Opened at the hospital on {}; it can be opened there until {}",
            words::time(at),
            words::time(until)
        ),
    })
}

/// What an agency is called.
async fn named(
    portal: &Portal,
    id: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<String, Stop> {
    Ok(match names.entry(id.to_owned()) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(new) => new.insert(portal.flow.agency_row(id).await?.name).clone(),
    })
}

/// Where a flag stands.
fn tag(state: FlagState) -> Markup {
    let (text, classes) = match state {
        FlagState::Waiting => ("Waits for a decision", "govuk-tag--yellow"),
        FlagState::Refused => ("Refused", "govuk-tag--grey"),
        FlagState::Set => ("Set", "govuk-tag--green"),
        FlagState::Renewed => ("Renewed by another", "govuk-tag--grey"),
        FlagState::ToClear => ("To be cleared", "govuk-tag--orange"),
        FlagState::Cleared => ("Cleared", "govuk-tag--grey"),
        FlagState::Ended => ("Over", "govuk-tag--grey"),
    };
    Markup::of(&Tag { text, classes })
}
