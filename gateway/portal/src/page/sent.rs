//! What the agency has sent.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_store::ExchangeFilter;
use serde::Deserialize;

use crate::component::{InsetText, Pagination, Tag};
use crate::frame::{Frame, Place};
use crate::page::ON_A_PAGE;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
}

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "Your agency has sent nothing here.",
};

#[derive(Template)]
#[template(path = "page/sent.html")]
struct Page {
    frame: Frame,
    sent: Vec<Line>,
    pages: Option<Pagination>,
}

struct Line {
    id: String,
    titles: String,
    to: String,
    at: String,
    tag: Tag<'static>,
    /// A reviewer waits for an answer.
    asked: bool,
}

/// What was sent, the newest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let filter = ExchangeFilter {
        agency: visitor.session.caller.agency.to_string(),
        sent: Some(true),
        before: asked.before.clone(),
        ..ExchangeFilter::default()
    };
    let limit = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let rows = portal.flow.exchanges(&filter, limit).await?;
    let asked_of = portal.flow.unanswered(&visitor.session.caller).await?;
    let mut sent = Vec::new();
    for row in &rows {
        let asked = asked_of.contains(&row.id);
        sent.push(line(&portal, &visitor, &row.id, asked).await?);
    }
    let older = rows.last().filter(|_| rows.len() == ON_A_PAGE);
    let next = older.map(|last| format!("/sent?before={}", last.id));
    let pages = (asked.before.is_some() || next.is_some()).then(|| Pagination {
        previous: asked.before.map(|_| "/sent".to_owned()),
        next,
    });
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Sent, "Sent").await?,
        sent,
        pages,
    };
    Ok(Html(page.to_string()).into_response())
}

async fn line(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    asked: bool,
) -> Result<Line, FlowError> {
    let view = portal
        .flow
        .exchange_for(&visitor.session.caller, id)
        .await?;
    let mut to = Vec::new();
    for delivery in &view.deliveries {
        to.push(portal.flow.agency_row(&delivery.recipient).await?.name);
    }
    let titles: Vec<&str> = view.items.iter().map(|item| item.title.as_str()).collect();
    let (text, classes) = words::exchange(&view.row.state);
    let tag = match view.withdrawn.is_some() {
        true => words::WITHDRAWN,
        false => Tag { text, classes },
    };
    Ok(Line {
        id: id.to_owned(),
        titles: titles.join("; "),
        to: to.join(", "),
        at: words::time(view.row.received_at),
        tag,
        asked,
    })
}
