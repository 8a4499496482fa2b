//! What waits.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::view::InboxEntry;
use jiff::SignedDuration;
use serde::Deserialize;

use crate::component::{ErrorItem, ErrorSummary, InsetText, Pagination, Tag};
use crate::frame::{Frame, Place};
use crate::page::ON_A_PAGE;
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;
use crate::{Portal, words};

/// What can be read for no longer than this is named first.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is said to whoever selects nothing.
pub(crate) const NONE: &str = "Select the messages that you want to download";

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
    /// Nothing was selected that could be downloaded.
    #[serde(default)]
    none: bool,
}

#[derive(Template)]
#[template(path = "page/inbox.html")]
struct Page {
    frame: Frame,
    /// Of the first page only: what can be read for a few days only.
    due: Vec<Line>,
    waiting: Vec<Line>,
    first: bool,
    pages: Option<Pagination>,
    /// Nothing was selected.
    none: bool,
}

/// One that waits.
struct Line {
    id: String,
    from: String,
    titles: String,
    categories: String,
    marking: &'static str,
    received: String,
    until: Option<String>,
    obligations: Vec<String>,
    emergency: bool,
    tag: Tag<'static>,
    /// Its place in the list from which it can be selected.
    select: Option<usize>,
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'static>> {
        let errors = vec![ErrorItem {
            text: NONE,
            href: "#message-1",
        }];
        self.none.then_some(ErrorSummary {
            title: "There is a problem",
            errors,
        })
    }

    fn empty(&self) -> InsetText<'static> {
        InsetText {
            text: match self.first {
                true => {
                    "Nothing waits for your agency. When something is shared with it, it is listed here."
                }
                false => "There is nothing older.",
            },
        }
    }
}

/// Where one begins.
pub(crate) async fn start(_: Visitor) -> Response {
    see_other("/inbox")
}

/// What waits, what runs out soon first and then the newest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let before = asked.before.as_deref();
    let due = match before {
        None => flow.inbox_due(caller, SOON).await?,
        Some(_) => Vec::new(),
    };
    let limit = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX);
    let waiting = flow.inbox_newest(caller, before, limit).await?;
    let older = waiting.last().filter(|_| waiting.len() == ON_A_PAGE);
    let next = older.map(|last| format!("/inbox?before={}", last.id));
    let pages = (before.is_some() || next.is_some()).then(|| Pagination {
        previous: before.map(|_| "/inbox".to_owned()),
        next,
    });
    let mut names = BTreeMap::new();
    let none = asked.none && !waiting.is_empty();
    let (title, status) = match none {
        true => ("Error: Inbox", StatusCode::UNPROCESSABLE_ENTITY),
        false => ("Inbox", StatusCode::OK),
    };
    let mut page = Page {
        frame: Frame::around(&portal, &visitor, Place::Inbox, title).await?,
        due: lines(&portal, due, &mut names).await?,
        waiting: lines(&portal, waiting, &mut names).await?,
        first: before.is_none(),
        pages,
        none,
    };
    for (n, line) in (1..).zip(&mut page.waiting) {
        line.select = Some(n);
    }
    Ok((status, Html(page.to_string())).into_response())
}

async fn lines(
    portal: &Portal,
    entries: Vec<InboxEntry>,
    names: &mut BTreeMap<String, String>,
) -> Result<Vec<Line>, FlowError> {
    let mut lines = Vec::new();
    for entry in entries {
        if !names.contains_key(&entry.from) {
            let name = portal.flow.agency_row(&entry.from).await?.name;
            names.insert(entry.from.clone(), name);
        }
        let from = names.get(&entry.from).cloned().unwrap_or_default();
        lines.push(line(entry, from));
    }
    Ok(lines)
}

fn line(entry: InboxEntry, from: String) -> Line {
    let mut categories: Vec<&str> = Vec::new();
    for item in &entry.items {
        let words = words::category(&item.category);
        if !categories.contains(&words) {
            categories.push(words);
        }
    }
    let sensitive = entry.items.iter().map(|item| item.marking);
    let titles: Vec<&str> = entry.items.iter().map(|item| item.title.as_str()).collect();
    let (text, classes) = words::received(&entry.state);
    let until = entry.items.iter().filter_map(|item| item.expires_at).min();
    Line {
        marking: sensitive
            .max_by_key(|marking| marking.len())
            .unwrap_or("OFFICIAL"),
        titles: titles.join("; "),
        categories: categories.join(", "),
        obligations: entry
            .obligations
            .iter()
            .filter(|one| !matches!(one, gateway_core::Obligation::Mark))
            .filter_map(|one| words::obligation(*one))
            .collect(),
        id: entry.exchange,
        from,
        received: words::time(entry.received),
        until: until.map(words::time),
        emergency: entry.emergency.is_some(),
        tag: Tag { text, classes },
        select: None,
    }
}
