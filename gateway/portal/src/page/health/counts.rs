//! How the requests went that a coordination unit oversees, in numbers: each a part of a whole, and
//! what it counts said beside it. Nothing here names anybody.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::Role;
use gateway_store::HealthCounts;

use crate::Portal;
use crate::component::{BackLink, Cell, Head, Html as Markup, STACK, Table};
use crate::frame::{Frame, Place};
use crate::stop::Stop;
use crate::visitor::Visitor;

/// Where it is.
pub(crate) const HERE: &str = "/coordination/health";
/// Who reads it.
pub(super) const READ_BY: &[Role] = &[Role::Coordinator, Role::Chair, Role::Auditor];

/// The page above.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: super::HERE,
    text: "Back to health information requests",
};

#[derive(Template)]
#[template(path = "page/health/counts.html")]
struct Page {
    frame: Frame,
    measures: Table<'static>,
    requests: Table<'static>,
}

/// What is counted, its part, and what that means.
type Line = (&'static str, (i64, i64), &'static str);

/// Shows them.
pub(super) async fn show(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let counts = portal.flow.health_counts(&visitor.session.caller).await?;
    let title = "How health information requests went";
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Health, title).await?,
        measures: table("Did health bodies share?", &measures(counts)),
        requests: table("What became of each request", &became(counts)),
    };
    Ok(Html(page.to_string()).into_response())
}

/// The two measures of the report (5.26, 5.38): of people, and of requests.
fn measures(counts: HealthCounts) -> [Line; 2] {
    [
        (
            "People about whom health shared",
            (counts.cases_shared, counts.cases),
            "Of the people about whom a health body was asked: those about whom at least one answered with anything but a refusal. That nothing is held is an answer",
        ),
        (
            "Withheld for confidentiality",
            (counts.withheld, counts.asked),
            "Of the requests: those refused, or answered only in part, because consent was refused, because it is another person’s confidence, because it would do the person serious harm, or for legal privilege. An answer in part counts as shared as well",
        ),
    ]
}

/// Each request is in one of these.
fn became(counts: HealthCounts) -> [Line; 6] {
    let of = |part| (part, counts.asked);
    [
        ("Shared", of(counts.shared), "Answered in full or in part"),
        (
            "Nothing held",
            of(counts.nothing),
            "Answered: nothing is held that bears on the questions, or the service does not know the person",
        ),
        (
            "Withheld, with a reason",
            of(counts.refused),
            "Refused, and the health body said why",
        ),
        (
            "Withheld, without a reason",
            of(counts.unexplained),
            "Refused, and no reason is on record. The service takes no refusal without one",
        ),
        (
            "Overdue",
            of(counts.overdue),
            "Not answered, and past the time by which an answer was due",
        ),
        (
            "Open",
            of(counts.open),
            "Not answered, and still within time",
        ),
    ]
}

fn table(caption: &'static str, lines: &[Line]) -> Table<'static> {
    let text = |text: &str, numeric| Cell {
        html: Markup::text(text),
        numeric,
    };
    let rows = lines.iter().map(|(name, (part, whole), means)| {
        vec![
            text(name, false),
            text(&format!("{part}/{whole}"), true),
            text(&share(*part, *whole), true),
            text(means, false),
        ]
    });
    let head = |text, numeric| Head { text, numeric };
    Table {
        caption,
        caption_classes: "govuk-table__caption--m",
        classes: STACK,
        head: vec![
            head("What", false),
            head("How many", true),
            head("Share", true),
            head("What it counts", false),
        ],
        rows: rows.collect(),
    }
}

/// A part of a whole, in per cent, rounded.
fn share(part: i64, whole: i64) -> String {
    match whole {
        0 => "None asked".to_owned(),
        whole => format!("{}%", (part * 200 + whole) / (whole * 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_and_none_of_nothing() {
        assert_eq!(share(22, 25), "88%");
        assert_eq!(share(1, 3), "33%");
        assert_eq!(share(2, 3), "67%");
        assert_eq!(share(1, 8), "13%");
        assert_eq!(share(0, 4), "0%");
        assert_eq!(share(0, 0), "None asked");
    }

    #[test]
    fn each_count_stands_at_its_name() {
        let counts = HealthCounts {
            asked: 10,
            shared: 1,
            refused: 2,
            unexplained: 9,
            withheld: 3,
            nothing: 4,
            overdue: 5,
            open: 6,
            cases: 8,
            cases_shared: 7,
        };
        let all = became(counts).map(|(name, part, _)| (name, part));
        assert_eq!(
            all,
            [
                ("Shared", (1, 10)),
                ("Nothing held", (4, 10)),
                ("Withheld, with a reason", (2, 10)),
                ("Withheld, without a reason", (9, 10)),
                ("Overdue", (5, 10)),
                ("Open", (6, 10)),
            ]
        );
        assert_eq!(measures(counts).map(|(_, part, _)| part), [(7, 8), (3, 10)]);
    }
}
