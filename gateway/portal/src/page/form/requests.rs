//! Forms that are asked for: for the coordinator who asks, what waits, what is late and how the
//! meetings used what came; for an agency that is asked, what is due, and where to begin it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::Role;
use gateway_flow::FlowError;
use gateway_flow::form::{FormRequestView, FormUse};
use serde::Deserialize;

use crate::component::{Button, InsetText, NotificationBanner, Tag};
use crate::frame::{Frame, Place};
use crate::page::message::about;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Where they are.
pub(super) const HERE: &str = "/forms/requests";

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "No form is asked for. When one is asked for a meeting, it is listed here with the day on which it is due.",
};

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "page/form/requests.html")]
struct Page {
    frame: Frame,
    coordinates: bool,
    late: Vec<Line>,
    open: Vec<Line>,
    answered: Vec<Line>,
    done: Option<&'static str>,
}

/// A form that is asked for.
pub(crate) struct Line {
    title: String,
    tag: Tag<'static>,
    facts: Vec<String>,
    /// Where it is begun, by whoever is asked.
    start: Option<String>,
    /// Where the one that came is read, or was sent.
    read: Option<String>,
    /// Where it is noted how the meeting used it.
    note: Option<String>,
    used: Option<FormUse>,
}

impl Line {
    fn used(&self) -> Option<(String, &str)> {
        let used = self.used.as_ref()?;
        Some((super::complete::used(used), &used.effect))
    }
}

impl Page {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        let text = self.done?;
        Some(NotificationBanner {
            text,
            success: true,
        })
    }

    fn ask() -> String {
        Button {
            text: "Ask for a form",
            href: Some(super::request::HERE),
            ..Button::default()
        }
        .to_string()
    }
}

/// Lists them.
pub(super) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let all = portal.flow.form_requests(&visitor.session.caller).await?;
    let coordinates = visitor.is_any(&[Role::Coordinator]);
    let mut names = BTreeMap::new();
    let (mut late, mut open, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    // What waits comes first due first; what came, by the meeting that it was for.
    let (mut came, waits): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.answered.is_some());
    for one in waits {
        let to = if one.late { &mut late } else { &mut open };
        to.push(line(&portal, &visitor, one, &mut names).await?);
    }
    came.sort_by(|a, b| b.meeting_on.cmp(&a.meeting_on).then(a.due.cmp(&b.due)));
    for one in came {
        answered.push(line(&portal, &visitor, one, &mut names).await?);
    }
    let place = match coordinates {
        true => Place::Coordination,
        false => Place::Forms,
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, place, "Forms that are asked for").await?,
        coordinates,
        late,
        open,
        answered,
        done: match asked.done.as_deref() {
            Some("asked") => Some("The form is asked for"),
            Some("noted") => Some("How the meeting used it is noted, and its writers are told"),
            Some(_) | None => None,
        },
    };
    Ok(Html(page.to_string()).into_response())
}

/// How many forms wait to be written by the visitor's agency.
pub(super) async fn owed(portal: &Portal, visitor: &Visitor) -> Result<usize, Stop> {
    let caller = &visitor.session.caller;
    let all = portal.flow.form_requests(caller).await?;
    let owed = all
        .iter()
        .filter(|one| one.answered.is_none() && one.agency == caller.agency.as_str());
    Ok(owed.count())
}

async fn line(
    portal: &Portal,
    visitor: &Visitor,
    one: FormRequestView,
    names: &mut BTreeMap<String, Option<String>>,
) -> Result<Line, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    if !names.contains_key(&one.nominal) {
        let found = about(portal, visitor, Some(&one.nominal)).await?;
        names.insert(one.nominal.clone(), found);
    }
    let whom = names.get(&one.nominal).cloned().flatten();
    let form = flow.forms.form(&one.form);
    let name = form.map_or(one.form.as_str(), |form| &form.title);
    let asked_of_us = one.agency == caller.agency.as_str();
    let other = match asked_of_us {
        true => flow.agency_row(&one.unit).await?.name,
        false => flow.agency_row(&one.agency).await?.name,
    };
    let mut facts = vec![
        match asked_of_us {
            true => format!("Asked by {other}"),
            false => format!("Asked of {other}"),
        },
        format!("For the meeting of {}", words::date(&one.meeting_on)),
    ];
    match one.answered {
        Some(at) => facts.push(format!("Came {}", words::time(at))),
        None => facts.push(format!("Due {}", words::time(one.due))),
    }
    let (mut used, mut note, mut read) = (None, None, None);
    if let Some(exchange) = &one.exchange {
        let has = theirs(flow.form_use(caller, exchange).await)?;
        let here = has.is_some();
        used = has.flatten();
        if let Some(measure) = theirs(flow.form_measure(caller, exchange).await)?.flatten() {
            let (answered, asked) = measure.score();
            let of = if asked_of_us {
                ""
            } else {
                " that you can read"
            };
            facts.push(format!("{answered} of {asked} questions{of} answered"));
        }
        read = match (asked_of_us, here) {
            (true, _) => Some(format!("/sent/{exchange}")),
            (false, true) => Some(format!("/messages/{exchange}/form")),
            // It is held, or went to others.
            (false, false) => None,
        };
        let notes = !asked_of_us && used.is_none() && visitor.is_any(&[Role::Coordinator]);
        note = notes.then(|| format!("/forms/used/{exchange}"));
    }
    let open = one.answered.is_none() && asked_of_us;
    Ok(Line {
        title: match whom {
            Some(whom) => format!("{name}: {whom}"),
            None => name.to_owned(),
        },
        tag: tag(&one),
        start: open.then(|| {
            let (form, nominal, on) = (&one.form, &one.nominal, &one.meeting_on);
            format!("/forms/{form}/new?ref={nominal}&meeting={on}")
        }),
        facts,
        read,
        note,
        used,
    })
}

/// None where there is no such thing for whoever asks.
fn theirs<T>(found: Result<T, FlowError>) -> Result<Option<T>, Stop> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(FlowError::NotFound | FlowError::Forbidden(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn tag(one: &FormRequestView) -> Tag<'static> {
    let (text, classes) = match (one.answered.is_some(), one.late) {
        (false, true) => ("Late", "govuk-tag--red"),
        (false, false) => ("Waits", "govuk-tag--yellow"),
        (true, true) => ("Came late", "govuk-tag--orange"),
        (true, false) => ("Came", "govuk-tag--green"),
    };
    Tag { text, classes }
}
