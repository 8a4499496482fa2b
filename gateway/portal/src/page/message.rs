//! One message: for its reader what it says, for its sender how far it has come.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::{AgencyKind, Obligation, RuleHit};
use gateway_flow::FlowError;
use gateway_flow::view::{DeliveryView, ExchangeView};
use serde::Deserialize;

use crate::component::{
    Action, BackLink, Button, Cell, Details, Head, Html as Markup, NotificationBanner, Row, STACK,
    SummaryList, Table, Tag, WarningText,
};
use crate::frame::{Frame, Place};
use crate::page::form;
use crate::page::form::read::is_form;
use crate::page::health;
use crate::page::hold::question::questions;
use crate::page::item::{Shown, shown};
use crate::page::outcome::{Recipient, by_recipient};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    acknowledged: bool,
    #[serde(default)]
    sent: bool,
    #[serde(default)]
    withdrawn: bool,
}

/// Begins an answer.
pub(crate) fn reply(id: &str) -> String {
    let href = format!("/messages/{id}/reply");
    Button {
        text: "Reply",
        href: Some(&href),
        classes: "govuk-button--secondary",
        ..Button::default()
    }
    .to_string()
}

/// The answer that is given most often.
pub(crate) const NOT_OURS: Button<'static> = Button {
    text: "Not our tenant",
    href: None,
    classes: "govuk-button--secondary",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// Says that the agency has it.
pub(crate) const ACKNOWLEDGE: Button<'static> = Button {
    text: "Acknowledge",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/message.html")]
struct Page {
    frame: Frame,
    view: ExchangeView,
    from: String,
    heading: String,
    marking: &'static str,
    about: Option<String>,
    state: Tag<'static>,
    obligations: Vec<String>,
    /// Who else may see it, as far as its reader may know.
    others: Vec<String>,
    because: Vec<RuleHit>,
    items: Vec<Shown>,
    deliveries: Vec<(String, DeliveryView)>,
    recipients: Vec<Recipient>,
    open: bool,
    houses: bool,
    /// Its items are the parts of a form.
    is_form: bool,
    done: Asked,
    /// What its sender is asked about it.
    questions: Option<Markup>,
    /// Where the visitor takes it back, where they may.
    withdraw: Option<String>,
    /// Where a request is answered that waits for the visitor's agency.
    answer: Option<String>,
    /// Where it is said how the request stands that it makes or answers.
    request: Option<String>,
    /// The hospital flag that it sets or answers.
    flag: Option<String>,
}

#[derive(Template)]
#[template(path = "page/because.html")]
struct Because<'a> {
    rules: &'a [RuleHit],
}

impl Page {
    fn back(&self) -> BackLink<'static> {
        match self.view.sent {
            true => BackLink {
                href: "/sent",
                text: "Back to sent",
            },
            false => BackLink {
                href: "/inbox",
                text: "Back to inbox",
            },
        }
    }

    fn banner(&self) -> Option<NotificationBanner<'static>> {
        if self.done.withdrawn && self.view.withdrawn.is_some() {
            return Some(NotificationBanner {
                text: "The message is withdrawn",
                success: true,
            });
        }
        let text = match (
            self.done.acknowledged,
            self.done.sent,
            self.view.row.state.as_str(),
        ) {
            (true, _, _) => "You have acknowledged this message. The sender can see that",
            (false, true, "released") => "Your message is sent",
            (false, true, "held") => {
                "Your message is recorded. It waits for a decision before anybody gets it"
            }
            (false, true, "incomplete") => {
                "Your message is with the coordination unit, who finds out whom it is about"
            }
            (false, true, "refused") => {
                "Your message is recorded, and the rules do not let anybody have it"
            }
            (false, true, _) => "Your message is recorded",
            (false, false, _) => return None,
        };
        Some(NotificationBanner {
            text,
            success: true,
        })
    }

    fn emergency(&self) -> Option<WarningText<'_>> {
        let text = self.view.emergency.as_deref()?;
        Some(WarningText { text })
    }

    fn facts(&self) -> SummaryList<'static> {
        let text = |key, value: &str| Row::new(key, Markup::text(value));
        let mut rows = vec![
            text("From", &self.from),
            Row::new("State", Markup::of(&self.state)),
            text("Received", &words::time(self.view.row.received_at)),
        ];
        rows.extend(self.about.as_deref().map(|about| {
            let mut row = text("About", about);
            row.actions.extend(self.record());
            row
        }));
        let purpose = self.view.row.purpose.as_deref().map(words::purpose);
        rows.extend(purpose.map(|purpose| text("Purpose", purpose)));
        let necessity = self.view.necessity.as_deref();
        rows.extend(necessity.map(|words| text("Why it is needed", words)));
        if !self.view.bases.is_empty() {
            rows.push(text("Legal basis", &self.view.bases.join("; ")));
        }
        if let Some(missing) = self.missing() {
            rows.push(text("Missing", &missing));
        }
        SummaryList { rows, classes: "" }
    }

    /// What is missing before it goes on; the sender's alone.
    fn missing(&self) -> Option<String> {
        let missing = &self.view.missing;
        let words = missing.iter().map(|one| words::missing(one));
        (!missing.is_empty()).then(|| words.collect::<Vec<_>>().join("; "))
    }

    /// What its sender does about that.
    fn to_do(&self) -> Option<&'static str> {
        match self.view.missing.as_slice() {
            [] => None,
            [one] if one == "/nominal" => {
                Some("Nobody has it yet: the coordination unit finds out whom it is about.")
            }
            _ => Some(
                "Nobody has it yet: send it again with what is missing, and withdraw this one.",
            ),
        }
    }

    /// That it was taken back: by whom and why is the sender's alone to read.
    fn taken_back(&self) -> Option<String> {
        let withdrawn = self.view.withdrawn.as_ref()?;
        let at = words::time(withdrawn.at);
        Some(match &withdrawn.own {
            Some((by, _)) => format!("{by} withdrew this on {at}. No other agency can open it."),
            None => format!(
                "{} withdrew this on {at}. You cannot open it any more. The reasons are not shown here: ask {}.",
                self.from, self.from
            ),
        })
    }

    /// Why, for the sender.
    fn reasons(&self) -> Option<&str> {
        let (_, reasons) = self.view.withdrawn.as_ref()?.own.as_ref()?;
        Some(reasons)
    }

    /// The way to the record of whom it is about, which asks why first.
    fn record(&self) -> Option<Action> {
        let reference = self.view.row.nominal.as_ref()?;
        Some(Action {
            href: format!("/nominals/{reference}"),
            text: "Open the record",
            hidden: String::new(),
        })
    }

    fn rules(&self) -> Details<'static> {
        Details {
            summary: "The rules that allowed it",
            content: Markup::of(&Because {
                rules: &self.because,
            }),
        }
    }

    fn ways(&self) -> Table<'static> {
        let head = |text| Head {
            text,
            numeric: false,
        };
        let cell = |html| Cell {
            html,
            numeric: false,
        };
        let rows = self.deliveries.iter().map(|(name, delivery)| {
            let (text, classes) = words::delivered(&delivery.state);
            let steps = delivery.steps.iter().map(|step| {
                let (state, _) = words::delivered(&step.state);
                format!("{state} {}", words::time(step.at))
            });
            vec![
                cell(Markup::text(name)),
                cell(Markup::of(&Tag { text, classes })),
                cell(Markup::text(steps.collect::<Vec<_>>().join("; "))),
            ]
        });
        Table {
            caption: match self.view.withdrawn.is_some() {
                true => "Who had it",
                false => "Who has it",
            },
            caption_classes: "govuk-table__caption--m",
            classes: STACK,
            head: vec![head("Agency"), head("State"), head("Steps")],
            rows: rows.collect(),
        }
    }

    fn receipt(&self) -> String {
        format!("/messages/{}/receipt", self.view.row.id)
    }
}

/// Shows it. Texts are opened for it, and each opening is a reading in the log.
pub(crate) async fn one(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let mut view = flow.exchange_for(caller, &id).await?;
    if !view.sent {
        flow.take(caller, &id).await?;
    }
    let items = shown(&portal, &visitor, &view).await?;
    if !view.sent {
        // Opened now: how it stands is asked for after the reading.
        view.deliveries = flow.deliveries_to(caller, &id).await?;
    }
    let because = match view.sent || view.withdrawn.is_some() {
        true => Vec::new(),
        false => flow.because(caller, &id).await?,
    };
    let mut deliveries = Vec::new();
    if view.sent {
        for delivery in view.deliveries.clone() {
            deliveries.push((flow.agency_row(&delivery.recipient).await?.name, delivery));
        }
    }
    let from = flow.agency_row(&view.row.sender).await?.name;
    let own = flow.agency_row(caller.agency.as_str()).await?;
    let titles: Vec<String> = view.items.iter().map(|item| item.title.clone()).collect();
    let heading = heading(&view);
    let place = if view.sent { Place::Sent } else { Place::Inbox };
    let frame = Frame::around(&portal, &visitor, place, &heading).await?;
    let questions = match view.sent {
        true => questions(&portal, &visitor, &frame, &id).await?,
        false => None,
    };
    let page = Page {
        frame,
        questions,
        withdraw: withdraw(&portal, &visitor, &view).await?,
        about: about(&portal, &visitor, view.row.nominal.as_deref()).await?,
        marking: marking(&view),
        state: state(&view),
        obligations: obligations(&view),
        others: others(&view, &own.name, &from),
        open: !view.sent && view.deliveries.iter().any(waits),
        recipients: by_recipient(&portal, &view.decisions, &titles).await?,
        is_form: is_form(&view),
        answer: answer(&portal, &visitor, &view, &own.kind).await?,
        request: request(&portal, &visitor, &view).await?,
        flag: flag(&portal, &visitor, &view).await?,
        houses: own.kind == AgencyKind::Housing.as_str(),
        done: asked,
        view,
        from,
        heading,
        because,
        items,
        deliveries,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Where a request is answered that waits for the visitor's agency.
async fn answer(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
    kind: &str,
) -> Result<Option<String>, FlowError> {
    let mut forms = portal.flow.forms.forms();
    let form = forms.find(|form| form::answers(form) && form::writes(form, kind));
    let Some(form) = form.filter(|_| is_form(view) && !view.sent) else {
        return Ok(None);
    };
    let caller = &visitor.session.caller;
    let waits = form::waits_for_answer(portal, caller, &view.row.id).await?;
    Ok(waits.then(|| format!("/forms/{}/new?request={}", form.id, view.row.id)))
}

/// Where it is said how the health information request stands that a message makes or answers.
async fn request(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
) -> Result<Option<String>, FlowError> {
    let ids = [Some(&view.row.id), view.row.in_reply_to.as_ref()];
    for id in ids.into_iter().flatten().filter(|_| is_form(view)) {
        let found = portal.flow.health_request(&visitor.session.caller, id);
        match found.await {
            Ok(found) => return Ok(Some(health::address(&found.id))),
            Err(FlowError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Where the hospital flag is that a form sets or answers.
async fn flag(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
) -> Result<Option<String>, FlowError> {
    let ids = [Some(&view.row.id), view.row.in_reply_to.as_ref()];
    for id in ids.into_iter().flatten().filter(|_| is_form(view)) {
        match portal.flow.hospital_flag(&visitor.session.caller, id).await {
            Ok(flag) => return Ok(Some(format!("/hospital-flags/{}", flag.id))),
            Err(FlowError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Where a message is taken back, by whoever may.
async fn withdraw(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
) -> Result<Option<String>, FlowError> {
    let caller = &visitor.session.caller;
    let may = view.sent && portal.flow.may_withdraw(caller, &view.row.id).await?;
    Ok(may.then(|| format!("/messages/{}/withdraw", view.row.id)))
}

/// The agency says that it has it.
pub(crate) async fn acknowledge(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let view = flow.exchange_for(caller, &id).await?;
    if view.sent {
        return Err(Stop::NotFound);
    }
    for delivery in view.deliveries.iter().filter(|one| waits(one)) {
        flow.acknowledge(caller, &delivery.id).await?;
    }
    Ok(see_other(&format!(
        "/messages/{}?acknowledged=true",
        view.row.id
    )))
}

fn waits(delivery: &DeliveryView) -> bool {
    !matches!(
        delivery.state.as_str(),
        "acknowledged" | "expired" | "recalled"
    )
}

pub(crate) fn heading(view: &ExchangeView) -> String {
    match view.items.as_slice() {
        [] if view.withdrawn.is_some() => "Withdrawn message".to_owned(),
        [] => "Message".to_owned(),
        [one] => one.title.clone(),
        // Its parts are called by the form, and by what is in each.
        [first, ..] if is_form(view) => {
            let (form, _) = first.title.split_once(": ").unwrap_or((&first.title, ""));
            form.to_owned()
        }
        [first, rest @ ..] => format!("{} and {} more", first.title, rest.len()),
    }
}

fn marking(view: &ExchangeView) -> &'static str {
    let markings = view.items.iter().map(|item| item.marking);
    markings
        .max_by_key(|marking| marking.len())
        .unwrap_or("OFFICIAL-SENSITIVE")
}

fn state(view: &ExchangeView) -> Tag<'static> {
    if view.withdrawn.is_some() {
        return words::WITHDRAWN;
    }
    let (text, classes) = match (view.sent, view.deliveries.first()) {
        (false, Some(delivery)) => words::received(&delivery.state),
        (true, _) | (false, None) => words::exchange(&view.row.state),
    };
    Tag { text, classes }
}

/// What the items oblige to, each once.
pub(crate) fn obligations(view: &ExchangeView) -> Vec<String> {
    let all: BTreeSet<Obligation> = view
        .items
        .iter()
        .flat_map(|item| item.obligations.iter().copied())
        .collect();
    all.into_iter().filter_map(words::obligation).collect()
}

/// Who else may see it, in sentences. Who else it was given to is in no reader's receipt and on no
/// reader's page: each has it by a decision of its own.
fn others(view: &ExchangeView, own: &str, from: &str) -> Vec<String> {
    let mut at_home: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &view.items {
        let who = words::readers(&item.obligations);
        at_home.entry(who).or_default().push(&item.title);
    }
    let one = at_home.len() == 1;
    let mut others: Vec<String> = at_home
        .into_iter()
        .map(|(who, titles)| match one {
            true => format!("At {own}: {who}."),
            false => format!("At {own}, {}: {who}.", titles.join("; ")),
        })
        .collect();
    others.push(format!("{from}, who sent it."));
    others.push(
        "Other agencies only where the rules give it to each of them. Which they are is told to the sender and the coordination unit alone."
            .to_owned(),
    );
    others
}

/// Whom it is about, where this agency has a part in the case and so may know.
pub(crate) async fn about(
    portal: &Portal,
    visitor: &Visitor,
    nominal: Option<&str>,
) -> Result<Option<String>, FlowError> {
    let Some(reference) = nominal else {
        return Ok(None);
    };
    let nominal = match portal
        .flow
        .nominal(&visitor.session.caller, reference)
        .await
    {
        Ok(nominal) => nominal,
        Err(FlowError::NotFound | FlowError::Forbidden(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(name) = nominal.name else {
        return Ok(None);
    };
    let born = nominal
        .date_of_birth
        .map(gateway_core::Personal::into_inner);
    let name = name.into_inner();
    Ok(Some(match born {
        Some(born) => format!("{name}, born {}", words::date(&born)),
        None => name,
    }))
}
