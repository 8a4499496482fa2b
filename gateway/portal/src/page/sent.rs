//! What the agency has sent.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::view::SentEntry;
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
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let limit = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let rows = flow.sent(caller, asked.before.as_deref(), limit).await?;
    let asked_of = flow.unanswered(caller).await?;
    let older = rows.last().filter(|_| rows.len() == ON_A_PAGE);
    let next = older.map(|last| format!("/sent?before={}", last.id));
    let pages = (asked.before.is_some() || next.is_some()).then(|| Pagination {
        previous: asked.before.map(|_| "/sent".to_owned()),
        next,
    });
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Sent, "Sent").await?,
        sent: rows.into_iter().map(|row| line(row, &asked_of)).collect(),
        pages,
    };
    Ok(Html(page.to_string()).into_response())
}

fn line(entry: SentEntry, asked_of: &[String]) -> Line {
    let (text, classes) = words::exchange(&entry.state);
    let tag = match entry.withdrawn {
        true => words::WITHDRAWN,
        false => Tag { text, classes },
    };
    Line {
        asked: asked_of.contains(&entry.id),
        id: entry.id,
        titles: entry.titles.join("; "),
        to: entry.recipients.join(", "),
        at: words::time(entry.received),
        tag,
    }
}
