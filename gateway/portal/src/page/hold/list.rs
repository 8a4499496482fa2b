//! What waits for a decision: the reader's own, and for the coordinator all of her area.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::Role;
use gateway_flow::FlowError;
use gateway_flow::hold::{Asked as Question, WaitKind, WaitingView};
use gateway_flow::reason::ReadingOf;
use gateway_store::Waiting;
use serde::Deserialize;

use crate::component::{InsetText, Pagination, Tag};
use crate::frame::{Frame, Place};
use crate::page::ON_A_PAGE;
use crate::page::coordination::reason::Gate;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Which page of which list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Of the reader's own.
    after: Option<String>,
    /// Of the area's.
    area: Option<String>,
    /// Only this role's, of the area's.
    role: Option<String>,
}

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "Nothing waits for your decision. When something is held for a role of yours, it is listed here.",
};

/// The same of an area.
pub(crate) const NONE_IN_AREA: InsetText<'static> = InsetText {
    text: "Nothing is held in your area.",
};

#[derive(Template)]
#[template(path = "page/holds.html")]
struct Page {
    frame: Frame,
    own: List,
    /// Of the reader's own those that they may not decide: they or their agency sent them.
    others: Vec<Line>,
    area: Option<Area>,
    /// Forms wait for a role of the reader's.
    queue: bool,
}

struct List {
    lines: Vec<Line>,
    pages: Option<Pagination>,
}

/// What the coordinator sees of her area: the list, once she has said why she looks.
enum Area {
    Gate(Box<Gate>),
    List(List, Option<String>),
}

struct Line {
    /// Where it is decided; none of what is for others.
    href: Option<String>,
    title: String,
    tags: Vec<Tag<'static>>,
    from: String,
    roles: Vec<String>,
    due: String,
    age: String,
    holds: usize,
    decidable: bool,
}

/// The lists.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let after = asked.after.as_deref().and_then(place);
    let own = flow.waiting(caller, after.as_ref(), limit()).await?;
    let mut names = BTreeMap::new();
    let mut own = lines(&portal, own, "after", "", &mut names).await?;
    let (decidable, others) = own.lines.into_iter().partition(|line| line.decidable);
    own.lines = decidable;
    let area = match flow.coordinates(caller).await? {
        Some(_) => Some(in_area(&portal, &visitor, &asked, &mut names).await?),
        None => None,
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Holds, "Holds").await?,
        own,
        others,
        area,
        queue: visitor.is_any(&[Role::Manager, Role::Security]),
    };
    Ok(Html(page.to_string()).into_response())
}

async fn in_area(
    portal: &Portal,
    visitor: &Visitor,
    asked: &Asked,
    names: &mut BTreeMap<String, String>,
) -> Result<Area, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let since = visitor.session.started;
    let given = flow.reason_given(caller, ReadingOf::Queues, since).await?;
    let Some(given) = given else {
        return Ok(Area::Gate(Box::new(Gate::to("/holds"))));
    };
    let role: Option<Role> = asked.role.as_deref().and_then(|role| role.parse().ok());
    let after = asked.area.as_deref().and_then(place);
    let all = flow
        .holds_in_area(caller, &given, role, after.as_ref(), limit())
        .await?;
    let only = role.map_or_else(String::new, |role| format!("role={}&", role.as_str()));
    let list = lines(portal, all, "area", &only, names).await?;
    Ok(Area::List(
        list,
        role.map(|role| words::role(role.as_str()).to_owned()),
    ))
}

fn limit() -> i64 {
    i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX)
}

/// Where a page goes on: when the last of the page before is due, and which one it is.
fn place(words: &str) -> Option<Waiting> {
    let (due, exchange) = words.split_once('.')?;
    Some(Waiting {
        due: due.parse().ok()?,
        exchange: exchange.to_owned(),
    })
}

async fn lines(
    portal: &Portal,
    views: Vec<WaitingView>,
    name: &str,
    only: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<List, FlowError> {
    let last = views.last().filter(|_| views.len() == ON_A_PAGE);
    let next = last.map(|last| {
        let place = &last.place;
        format!("/holds?{only}{name}={}.{}", place.due, place.exchange)
    });
    let pages = next.map(|next| Pagination {
        previous: None,
        next: Some(next),
    });
    let mut lines = Vec::new();
    for view in views {
        lines.push(line(portal, view, names).await?);
    }
    Ok(List { lines, pages })
}

async fn line(
    portal: &Portal,
    view: WaitingView,
    names: &mut BTreeMap<String, String>,
) -> Result<Line, FlowError> {
    let mut roles = Vec::new();
    for (role, agency) in &view.roles {
        let agency = name(portal, agency, names).await?;
        roles.push(format!("{} of {agency}", words::role(role)));
    }
    Ok(Line {
        href: view
            .yours
            .then(|| format!("/holds/{}", view.place.exchange)),
        title: match view.titles.is_empty() {
            true => "Something is held".to_owned(),
            false => view.titles.join("; "),
        },
        tags: tags(&view),
        from: name(portal, &view.from, names).await?,
        roles,
        due: words::time(view.place.due),
        age: words::age(view.since, portal.flow.clock.now()),
        holds: view.holds,
        decidable: view.decidable,
    })
}

fn tags(view: &WaitingView) -> Vec<Tag<'static>> {
    let kind = match view.kind {
        WaitKind::Routine => None,
        WaitKind::Emergency => Some(("Emergency", "govuk-tag--red")),
        WaitKind::After => Some(("Look at it afterwards", "govuk-tag--purple")),
    };
    let escalated = view.escalated.then_some(("Overdue", "govuk-tag--orange"));
    let asked = match view.asked {
        Question::Nothing => None,
        Question::Waits => Some(("Waits for an answer", "govuk-tag--yellow")),
        Question::Answered => Some(("Answered", "govuk-tag--turquoise")),
    };
    let all = kind.into_iter().chain(escalated).chain(asked);
    all.map(|(text, classes)| Tag { text, classes }).collect()
}

/// An agency's name, looked up once.
async fn name(
    portal: &Portal,
    agency: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<String, FlowError> {
    if let Some(name) = names.get(agency) {
        return Ok(name.clone());
    }
    let name = portal.flow.agency_row(agency).await?.name;
    names.insert(agency.to_owned(), name.clone());
    Ok(name)
}
