//! What came in incomplete, and what is missing of it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use serde::Deserialize;

use super::reason::given;
use crate::component::{InsetText, Pagination};
use crate::frame::{Frame, Place};
use crate::page::ON_A_PAGE;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    pub(super) after: Option<String>,
}

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "Nothing is incomplete in your area.",
};

#[derive(Template)]
#[template(path = "page/incomplete.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    pages: Option<Pagination>,
}

struct Line {
    from: String,
    received: String,
    age: String,
    channel: String,
    missing: Vec<String>,
    unmatched: bool,
    set_aside: Option<String>,
}

/// The list, the oldest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let given = match given(&portal, &visitor, "/incomplete").await? {
        Ok(given) => given,
        Err(page) => return Ok(page),
    };
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let views = flow
        .incomplete_in_area(caller, &given, asked.after.as_deref(), limit())
        .await?;
    let pages = pages(
        "/incomplete",
        &asked,
        views.last().map(|one| &*one.exchange),
        views.len(),
    );
    let mut lines = Vec::new();
    for view in views {
        lines.push(Line {
            from: flow.agency_row(&view.from).await?.name,
            received: words::time(view.received),
            age: words::age(view.received, flow.clock.now()),
            channel: words::channel(&view.channel).to_owned(),
            unmatched: view.missing.iter().any(|pointer| pointer == "/nominal"),
            missing: view
                .missing
                .iter()
                .map(|one| words::missing(one).to_owned())
                .collect(),
            set_aside: view.set_aside,
        });
    }
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Coordination, "Incomplete").await?,
        lines,
        pages,
    };
    Ok(Html(page.to_string()).into_response())
}

/// How many are on a page.
pub(super) fn limit() -> i64 {
    i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX)
}

/// The pages before and after, of a list that goes on after its last entry.
pub(super) fn pages(
    path: &str,
    asked: &Asked,
    last: Option<&str>,
    count: usize,
) -> Option<Pagination> {
    let last = last.filter(|_| count == ON_A_PAGE);
    let next = last.map(|last| format!("{path}?after={last}"));
    (asked.after.is_some() || next.is_some()).then(|| Pagination {
        previous: asked.after.as_ref().map(|_| path.to_owned()),
        next,
    })
}
