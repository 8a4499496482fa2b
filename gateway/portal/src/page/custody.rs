//! Who holds a person: what a prison claims and answers and owes, who is with it; and for the
//! coordination unit what waits in its area.

pub(crate) mod claim;
pub(crate) mod one;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_core::Personal;
use gateway_flow::FlowError;
use gateway_flow::custody::{ClaimView, CustodyDesk, HandOverView, HeldView, WaitsFor};
use serde::Deserialize;

use crate::component::{Button, Cell, Head, Html as Markup, InsetText, NotificationBanner, STACK};
use crate::component::{Table, Tag};
use crate::frame::{Frame, Place};
use crate::router::Route;
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;
use crate::{Portal, words};

/// The page that the others lead back to.
pub(crate) const CUSTODY: &str = "/custody";

/// Begins a claim.
pub(crate) const CLAIM: Button<'static> = Button {
    text: "Say that a person is with you",
    href: Some("/custody/claim"),
    classes: "",
    name: "",
    value: "",
    prevent_double_click: false,
};
/// In place of a list with nothing in it.
pub(crate) const NO_CLAIMS: InsetText<'static> = InsetText {
    text: "No claim waits.",
};
/// In place of a list with nothing in it.
pub(crate) const NOTHING_OWED: InsetText<'static> = InsetText {
    text: "No first form is owed.",
};
/// In place of a list with nothing in it.
pub(crate) const NOBODY_HELD: InsetText<'static> = InsetText {
    text: "Nobody whom this service knows is on record as being with you.",
};

/// The routes of these pages.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/custody", get(desk)),
        ("GET", "/custody/claim", get(claim::form)),
        ("POST", claim::HERE, post(claim::send)),
        ("GET", "/custody/claims/{id}", get(one::show)),
        ("POST", one::HERE, post(one::send)),
    ]
}

/// What was done just before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "page/custody/desk.html")]
struct Page {
    frame: Frame,
    prison: bool,
    done: Option<&'static str>,
    claims: Vec<Line>,
    closed: Vec<Line>,
    owed: Vec<Owed>,
    held: Option<Table<'static>>,
}

/// A claim in a list.
struct Line {
    href: String,
    title: String,
    tag: Markup,
    facts: Vec<String>,
}

/// A hand-over in a list.
struct Owed {
    title: String,
    href: String,
    text: &'static str,
    tag: Option<Markup>,
    facts: Vec<String>,
}

impl Page {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.done.map(|text| NotificationBanner {
            text,
            success: true,
        })
    }
}

/// Shows what there is; those who neither hold anybody nor coordinate are led to what is theirs.
async fn desk(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let desk = match portal.flow.custody_desk(&visitor.session.caller).await {
        Err(FlowError::NotFound | FlowError::Forbidden(_)) => return Ok(see_other("/inbox")),
        other => other?,
    };
    let names = names(&portal, &desk).await?;
    let (waiting, closed): (Vec<_>, Vec<_>) =
        desk.claims.iter().partition(|claim| claim.closed.is_none());
    let line = |claim: &&ClaimView| line(claim, visitor.session.caller.agency.as_str(), &names);
    let owed = desk.hand_overs.iter().filter(|one| one.ended.is_none());
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Custody, "Custody").await?,
        prison: desk.prison,
        done: done(&asked.done),
        claims: waiting.iter().map(line).collect(),
        closed: closed.iter().map(line).collect(),
        owed: owed
            .map(|one| owed_line(&portal, one, &desk, &names))
            .collect(),
        held: (!desk.held.is_empty()).then(|| held(&desk.held)),
    };
    Ok(Html(page.to_string()).into_response())
}

fn done(what: &str) -> Option<&'static str> {
    match what {
        "claimed" => Some("Your claim is made. The prison on record is told, or the coordinator"),
        "confirm" => {
            Some("You confirmed it. What you wrote yourself you can read for five working days")
        }
        "dispute" => Some("You disputed it. The coordination unit settles it"),
        "settle" => Some("You settled it. Both prisons are told"),
        "withdraw" => Some("You took your claim back"),
        _ => None,
    }
}

/// What the agencies of these are called.
async fn names(portal: &Portal, desk: &CustodyDesk) -> Result<BTreeMap<String, String>, Stop> {
    let of_claim = |claim: &ClaimView| {
        let both = [Some(claim.agency.clone()), claim.holder.clone()];
        both.into_iter().flatten()
    };
    let claims = desk.claims.iter().flat_map(of_claim);
    let ids = claims.chain(desk.hand_overs.iter().map(|one| one.agency.clone()));
    let mut names = BTreeMap::new();
    for id in ids {
        if let Entry::Vacant(place) = names.entry(id) {
            let name = portal.flow.agency_row(place.key()).await?.name;
            place.insert(name);
        }
    }
    Ok(names)
}

/// What a prison is called; nobody where there is none.
fn named<'n>(names: &'n BTreeMap<String, String>, id: Option<&String>) -> &'n str {
    id.and_then(|id| names.get(id))
        .map_or("nobody", String::as_str)
}

fn line(claim: &ClaimView, own: &str, names: &BTreeMap<String, String>) -> Line {
    let mut facts = vec![
        format!("With {}", named(names, Some(&claim.agency))),
        format!(
            "On record until then: {}",
            named(names, claim.holder.as_ref())
        ),
    ];
    match (claim.closed, claim.waits_for) {
        (Some(at), _) => facts.push(format!("Closed {}", words::time(at))),
        (None, WaitsFor::Holder) => facts.push(format!("To answer by {}", words::time(claim.due))),
        (None, WaitsFor::Unit | WaitsFor::Nobody) => {
            facts.push("The coordination unit settles it".to_owned());
        }
    }
    let theirs = match claim.waits_for {
        WaitsFor::Holder => claim.holder.as_deref() == Some(own),
        WaitsFor::Unit => claim.unit == own,
        WaitsFor::Nobody => false,
    };
    Line {
        href: format!("/custody/claims/{}", claim.id),
        title: format!(
            "{}, since {}",
            claim.named.reveal(),
            words::date(&claim.since)
        ),
        tag: tag(claim, theirs),
        facts,
    }
}

/// How far a claim has come.
fn tag(claim: &ClaimView, theirs: bool) -> Markup {
    let (text, classes) = match claim.state.as_str() {
        "confirmed" => ("Confirmed", "govuk-tag--green"),
        "refused" => ("Not confirmed", "govuk-tag--grey"),
        "withdrawn" => ("Taken back", "govuk-tag--grey"),
        "disputed" => ("Disputed", "govuk-tag--orange"),
        _ if claim.overdue => ("Overdue", "govuk-tag--red"),
        _ if theirs => ("Answer it", "govuk-tag--blue"),
        _ => ("Waits", "govuk-tag--yellow"),
    };
    Markup::of(&Tag { text, classes })
}

fn owed_line(
    portal: &Portal,
    one: &HandOverView,
    desk: &CustodyDesk,
    names: &BTreeMap<String, String>,
) -> Owed {
    let mut held = desk.held.iter().filter(|held| held.nominal == one.nominal);
    let name = held.next().and_then(|held| held.name.as_ref());
    let title = match name {
        Some(name) => name.reveal().clone(),
        None => format!("A person at {}", named(names, Some(&one.agency))),
    };
    let mut forms = portal.flow.forms.forms();
    let form = forms.find(|form| super::form::writes(form, "prison"));
    let (href, text) = match (desk.prison, form) {
        (true, Some(form)) => (
            format!("/forms/{}/new?ref={}", form.id, one.nominal),
            "Start the form",
        ),
        (true, None) => ("/forms".to_owned(), "See the forms"),
        (false, _) => (format!("/nominals/{}", one.nominal), "See the record"),
    };
    Owed {
        title,
        href,
        text,
        tag: one.late.then(|| {
            Markup::of(&Tag {
                text: "Late",
                classes: "govuk-tag--red",
            })
        }),
        facts: vec![
            format!("Due {}", words::time(one.due)),
            format!("Since {}", words::day(one.opened)),
        ],
    }
}

fn held(people: &[HeldView]) -> Table<'static> {
    let text = |text: &str| Cell {
        html: Markup::text(text),
        numeric: false,
    };
    let rows = people.iter().map(|one| {
        vec![
            Cell {
                html: Markup::of(&Person {
                    href: format!("/nominals/{}", one.nominal),
                    name: said(one.name.as_ref()),
                }),
                numeric: false,
            },
            text(said(one.prison_number.as_ref())),
            text(&words::day(one.since)),
        ]
    });
    Table {
        caption: "Who is with you",
        caption_classes: "govuk-table__caption--m",
        classes: STACK,
        head: ["Name", "Prison number", "Since"]
            .map(|text| Head {
                text,
                numeric: false,
            })
            .into(),
        rows: rows.collect(),
    }
}

/// What is known, in a cell.
fn said(value: Option<&Personal<String>>) -> &str {
    value.map_or("Not known", |value| value.reveal())
}

#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"{{ href }}\">{{ name }}</a>",
    ext = "html"
)]
struct Person<'a> {
    href: String,
    name: &'a str,
}
