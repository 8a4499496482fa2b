//! What is overdue, and what could not be delivered: whom to ring about it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::queue::LateView;

use super::incomplete::{Asked, limit, pages};
use super::reason::given;
use crate::component::{InsetText, Pagination, Tag};
use crate::frame::{Frame, Place};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// In place of a list with nothing in it.
pub(crate) const ALL_OPENED: InsetText<'static> = InsetText {
    text: "Everything that was delivered in your area has been opened in time.",
};

/// The same of what could not be delivered.
pub(crate) const ALL_DELIVERED: InsetText<'static> = InsetText {
    text: "Everything that was sent in your area has been delivered, or waits to be collected.",
};

#[derive(Template)]
#[template(path = "page/overdue.html")]
struct Overdue {
    frame: Frame,
    escalated: i64,
    lines: Vec<Line>,
    pages: Option<Pagination>,
}

#[derive(Template)]
#[template(path = "page/undelivered.html")]
struct Undelivered {
    frame: Frame,
    lines: Vec<Line>,
    pages: Option<Pagination>,
}

struct Line {
    from: String,
    to: String,
    ring: Option<String>,
    channel: String,
    sent: String,
    age: String,
    emergency: bool,
    tag: Tag<'static>,
}

/// Holds past their time, and deliveries that nobody has opened in time.
pub(crate) async fn overdue(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let given = match given(&portal, &visitor, "/overdue").await? {
        Ok(given) => given,
        Err(page) => return Ok(page),
    };
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let views = flow
        .unopened_in_area(caller, &given, asked.after.as_deref(), limit())
        .await?;
    let page = Overdue {
        frame: Frame::around(&portal, &visitor, Place::Coordination, "Overdue").await?,
        escalated: flow.overview(caller).await?.escalated.number,
        pages: pages(
            "/overdue",
            &asked,
            views.last().map(|one| &*one.id),
            views.len(),
        ),
        lines: lines(&portal, views, |view| view.created).await?,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Deliveries that could not be made.
pub(crate) async fn undelivered(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let given = match given(&portal, &visitor, "/undelivered").await? {
        Ok(given) => given,
        Err(page) => return Ok(page),
    };
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let views = flow
        .undelivered_in_area(caller, &given, asked.after.as_deref(), limit())
        .await?;
    let page = Undelivered {
        frame: Frame::around(&portal, &visitor, Place::Coordination, "Undelivered").await?,
        pages: pages(
            "/undelivered",
            &asked,
            views.last().map(|one| &*one.id),
            views.len(),
        ),
        lines: lines(&portal, views, |view| view.at).await?,
    };
    Ok(Html(page.to_string()).into_response())
}

async fn lines(
    portal: &Portal,
    views: Vec<LateView>,
    since: impl Fn(&LateView) -> i64,
) -> Result<Vec<Line>, FlowError> {
    let flow = &portal.flow;
    let mut lines = Vec::new();
    for view in views {
        let (text, classes) = words::delivered(&view.state);
        lines.push(Line {
            from: flow.agency_row(&view.from).await?.name,
            to: flow.agency_row(&view.recipient).await?.name,
            channel: words::channel(&view.channel).to_owned(),
            sent: words::time(view.created),
            age: words::age(since(&view), flow.clock.now()),
            emergency: view.emergency,
            tag: Tag { text, classes },
            ring: view.spoc,
        });
    }
    Ok(lines)
}
