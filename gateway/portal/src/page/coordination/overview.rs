//! How much waits in the area, and since when. Nothing here names anybody.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::queue::Overview;
use gateway_store::QueueCount;

use crate::component::{Cell, Head, Html as Markup, Table};
use crate::frame::{Frame, Place};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

#[derive(Template)]
#[template(path = "page/coordination.html")]
struct Page {
    frame: Frame,
    queues: Table<'static>,
    holds: Option<Table<'static>>,
}

#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"{{ href }}\">{{ text }}</a>",
    ext = "html"
)]
struct Link<'a> {
    href: &'a str,
    text: &'a str,
}

/// Shows it.
pub(crate) async fn show(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let overview = portal.flow.overview(&visitor.session.caller).await?;
    let age = |since| words::age(since, portal.flow.clock.now());
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Coordination, "Coordination").await?,
        queues: queues(&overview, age),
        holds: (!overview.holds.is_empty()).then(|| holds(&overview, age)),
    };
    Ok(Html(page.to_string()).into_response())
}

fn queues(overview: &Overview, age: impl Fn(i64) -> String) -> Table<'static> {
    let all = overview.holds.iter().map(|(_, count)| count);
    let held = QueueCount {
        number: all.clone().map(|count| count.number).sum(),
        oldest: all.filter_map(|count| count.oldest).min(),
    };
    let rows = [
        ("/holds", "Holds", held),
        ("/overdue", "Holds past their time", overview.escalated),
        ("/quarantine", "Quarantine", overview.quarantine),
        ("/unmatched", "Unmatched", overview.unmatched),
        ("/incomplete", "Incomplete", overview.incomplete),
        ("/overdue", "Not opened in time", overview.unopened),
        ("/undelivered", "Undelivered", overview.undelivered),
    ];
    let rows = rows
        .into_iter()
        .map(|(href, text, count)| row(href, text, count, &age));
    table(
        "What waits",
        "govuk-visually-hidden",
        "Queue",
        rows.collect(),
    )
}

fn holds(overview: &Overview, age: impl Fn(i64) -> String) -> Table<'static> {
    let rows = overview.holds.iter().map(|(role, count)| {
        let href = format!("/holds?role={role}");
        let name = words::role(role);
        let mut letters = name.chars();
        let first = letters
            .next()
            .map(|letter| letter.to_uppercase().to_string());
        let text = format!("{}{}", first.unwrap_or_default(), letters.as_str());
        row(&href, &text, *count, &age)
    });
    table(
        "Holds by role",
        "govuk-table__caption--m",
        "Role",
        rows.collect(),
    )
}

fn row(href: &str, text: &str, count: QueueCount, age: &impl Fn(i64) -> String) -> Vec<Cell> {
    let oldest = count.oldest.map_or_else(|| "None".to_owned(), age);
    vec![
        Cell {
            html: Markup::of(&Link { href, text }),
            numeric: false,
        },
        Cell {
            html: Markup::text(count.number),
            numeric: true,
        },
        Cell {
            html: Markup::text(oldest),
            numeric: false,
        },
    ]
}

fn table(
    caption: &'static str,
    caption_classes: &'static str,
    first: &'static str,
    rows: Vec<Vec<Cell>>,
) -> Table<'static> {
    let head = |text, numeric| Head { text, numeric };
    Table {
        caption,
        caption_classes,
        classes: "",
        head: vec![
            head(first, false),
            head("How many", true),
            head("The oldest has waited", false),
        ],
        rows,
    }
}
