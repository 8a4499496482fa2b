//! What is kept apart: the list, and one of them, its content as text and nothing else.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::quarantine::QuarantineView;
use gateway_flow::reason::{Given, ReadingOf};

use super::incomplete::{Asked, limit, pages};
use super::reason::{Gate, given, wrong};
use crate::component::{BackLink, Html as Markup, InsetText, Pagination, Row, SummaryList};
use crate::frame::{Frame, Place};
use crate::page::inert::{Inert, READ, inert};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "Nothing is kept apart in your area.",
};

#[derive(Template)]
#[template(path = "page/quarantine.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
    pages: Option<Pagination>,
}

struct Line {
    id: String,
    reason: String,
    facts: Vec<String>,
}

#[derive(Template)]
#[template(path = "page/kept_apart.html")]
struct One {
    frame: Frame,
    heading: String,
    facts: SummaryList<'static>,
    gate: Option<Gate>,
    content: Option<Inert>,
}

/// To the list.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: "/quarantine",
    text: "Back to quarantine",
};

/// The list, the oldest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let given = match given(&portal, &visitor, "/quarantine").await? {
        Ok(given) => given,
        Err(page) => return Ok(page),
    };
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let views = flow
        .quarantine(caller, Some(&given), asked.after.as_deref(), limit())
        .await?;
    let pages = pages(
        "/quarantine",
        &asked,
        views.last().map(|one| &*one.id),
        views.len(),
    );
    let lines = views.into_iter().map(|view| Line {
        reason: words::kept_apart(&view.reason).to_owned(),
        facts: vec![
            format!("Says that it is from {}", claimed(&view)),
            words::channel(&view.channel).to_owned(),
            words::size(view.size),
            format!("Has waited {}", words::age(view.at, flow.clock.now())),
        ],
        id: view.id,
    });
    let page = List {
        lines: lines.collect(),
        frame: Frame::around(&portal, &visitor, Place::Coordination, "Quarantine").await?,
        pages,
    };
    Ok(Html(page.to_string()).into_response())
}

fn claimed(view: &QuarantineView) -> &str {
    match view.claimed.reveal().as_str() {
        "" => "nobody",
        claimed => claimed,
    }
}

/// One: what is known of it, and what is in it once she has said why she opens it.
pub(crate) async fn one(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let since = visitor.session.started;
    flow.may_see_queues(caller).await?;
    let opens = ReadingOf::Quarantined(&id);
    if let Some(given) = flow.reason_given(caller, opens, since).await? {
        let view = flow.quarantined(caller, &given, &id).await?;
        let bytes = flow.open_kept_apart(caller, &given, &id, READ).await?;
        let content = inert(&bytes, view.size);
        return shown(&portal, &visitor, &view, Ok(content)).await;
    }
    let Some(given) = sitting(&portal, &visitor).await? else {
        return Ok(see_other("/quarantine"));
    };
    let view = flow.quarantined(caller, &given, &id).await?;
    shown(&portal, &visitor, &view, Err(Gate::to_open(&id))).await
}

async fn sitting(portal: &Portal, visitor: &Visitor) -> Result<Option<Given>, FlowError> {
    let (caller, since) = (&visitor.session.caller, visitor.session.started);
    portal
        .flow
        .reason_given(caller, ReadingOf::Queues, since)
        .await
}

/// Keeps the reason why she opens it, and shows it.
pub(crate) async fn open(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let reason = fields.one("reason");
    let opens = ReadingOf::Quarantined(&id);
    flow.may_see_queues(caller).await?;
    match flow.read_with_reason(caller, opens, reason).await {
        Ok(_) => Ok(see_other(&format!("/quarantine/{id}"))),
        Err(FlowError::Invalid(faults)) => {
            let Some(given) = sitting(&portal, &visitor).await? else {
                return Ok(see_other("/quarantine"));
            };
            let view = flow.quarantined(caller, &given, &id).await?;
            let gate = Gate::to_open(&id).wrong(wrong(&faults, reason), reason);
            let mut page = shown(&portal, &visitor, &view, Err(gate)).await?;
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    view: &QuarantineView,
    content: Result<Inert, Gate>,
) -> Result<Response, Stop> {
    let heading = words::kept_apart(&view.reason).to_owned();
    let title = match &content {
        Err(gate) if gate.is_wrong() => format!("Error: {heading}"),
        Ok(_) | Err(_) => heading.clone(),
    };
    let (content, gate) = match content {
        Ok(content) => (Some(content), None),
        Err(gate) => (None, Some(gate)),
    };
    let page = One {
        frame: Frame::around(portal, visitor, Place::Coordination, &title).await?,
        facts: facts(portal, view).await?,
        heading,
        gate,
        content,
    };
    Ok(Html(page.to_string()).into_response())
}

async fn facts(portal: &Portal, view: &QuarantineView) -> Result<SummaryList<'static>, FlowError> {
    let text = |key, value: &str| Row::new(key, Markup::text(value));
    let mut addressed = Vec::new();
    for id in &view.addressed {
        addressed.push(portal.flow.agency_row(id).await?.name);
    }
    let mut rows = vec![text("Says that it is from", claimed(view))];
    if let Some(agency) = &view.agency {
        let name = portal.flow.agency_row(agency).await?.name;
        rows.push(text("That address belongs to", &name));
    }
    if !addressed.is_empty() {
        rows.push(text("For", &addressed.join("; ")));
    }
    rows.extend([
        text("Came by", words::channel(&view.channel)),
        text("Received", &words::time(view.at)),
        text("Size", &words::size(view.size)),
    ]);
    Ok(SummaryList { rows, classes: "" })
}
