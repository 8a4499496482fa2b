//! How often each kind of event happened, by agency.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::calendar::local_date;
use gateway_core::event::EventKind;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{Names, csv, names};
use crate::component::{
    BackLink, Button, Cell, DateInput, ErrorSummary, Head, Html as Markup, Table,
};
use crate::frame::{Frame, Place};
use crate::happened::{self, OF_LOG};
use crate::page::asked::Asked;
use crate::stop::Stop;
use crate::visitor::{Fields, Visitor};
use crate::{Portal, words};

/// The days that are counted where nobody says.
const DAYS: i64 = 30;

/// Counts by agency, and all together.
type Counted = BTreeMap<(&'static str, String), i64>;

#[derive(Template)]
#[template(path = "page/audit_counts.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    from: Date,
    until: Date,
    kinds: Vec<(String, i64)>,
    agencies: Vec<(String, i64)>,
}

/// Counts again.
pub(crate) const COUNT: Button<'static> = Button {
    text: "Count",
    href: None,
    classes: "govuk-button--secondary",
    name: "",
    value: "",
    prevent_double_click: false,
};

struct Counts {
    asked: Asked,
    from: Date,
    until: Date,
    counted: Counted,
    names: Names,
}

async fn counted(
    portal: &Portal,
    visitor: &Visitor,
    pairs: Vec<(String, String)>,
) -> Result<Counts, Stop> {
    let asked = Asked::of(&Fields::from(pairs), &OF_LOG);
    let today = local_date(portal.flow.clock.now());
    let until = asked.until().unwrap_or(today);
    let month = until.checked_sub(DAYS.days()).unwrap_or(until);
    let from = asked.from().unwrap_or(month);
    let caller = &visitor.session.caller;
    let mut counted = Counted::new();
    for count in portal.flow.usage_counts(caller, from, until).await? {
        let kind = EventKind::ALL
            .iter()
            .find(|kind| kind.as_str() == count.kind);
        let label = kind.map_or("Something else", |kind| {
            happened::label(*kind, &BTreeMap::new())
        });
        let agency = count.from.unwrap_or_default();
        *counted.entry((label, agency)).or_default() += count.count;
    }
    Ok(Counts {
        names: names(portal).await?,
        asked,
        from,
        until,
        counted,
    })
}

impl Counts {
    fn named(&self, id: &str) -> String {
        match id {
            "" => "The service itself".to_owned(),
            id => self.names.get(id).cloned().unwrap_or_else(|| id.to_owned()),
        }
    }

    /// Sums by what a key has in it, the greatest first.
    fn by(&self, of: impl Fn(&(&'static str, String)) -> String) -> Vec<(String, i64)> {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (key, count) in &self.counted {
            *sums.entry(of(key)).or_default() += count;
        }
        let mut sums: Vec<(String, i64)> = sums.into_iter().collect();
        sums.sort_by_key(|(_, count)| -count);
        sums
    }
}

/// By kind and by agency, between two days.
pub(crate) async fn counts(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Stop> {
    let counts = counted(&portal, &visitor, pairs).await?;
    let title = match counts.asked.summary() {
        Some(_) => "Error: Counts",
        None => "Counts",
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Audit, title).await?,
        kinds: counts.by(|(kind, _)| (*kind).to_owned()),
        agencies: counts.by(|(_, agency)| counts.named(agency)),
        from: counts.from,
        until: counts.until,
        asked: counts.asked,
    };
    Ok(Html(page.to_string()).into_response())
}

/// The same, each kind by each agency, as a file for a spreadsheet.
pub(crate) async fn counts_file(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Stop> {
    let counts = counted(&portal, &visitor, pairs).await?;
    let head = ["event", "agency", "count"].map(str::to_owned).to_vec();
    let rows = counts.counted.iter().map(|((kind, agency), count)| {
        vec![(*kind).to_owned(), counts.named(agency), count.to_string()]
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    Ok(csv(&rows, "counts.csv"))
}

impl Page {
    fn back() -> BackLink<'static> {
        BackLink {
            text: "Back to all events",
            href: "/audit",
        }
    }

    fn summary(&self) -> Option<ErrorSummary<'static>> {
        self.asked.summary()
    }

    fn days(&self) -> [DateInput<'_>; 2] {
        self.asked.days()
    }

    fn period(&self) -> String {
        let day = |day: Date| words::date(&day.to_string());
        format!("From {} to {}", day(self.from), day(self.until))
    }

    fn table(caption: &'static str, head: &'static str, rows: &[(String, i64)]) -> Table<'static> {
        Table {
            caption,
            caption_classes: "govuk-table__caption--m",
            classes: "",
            head: vec![
                Head {
                    text: head,
                    numeric: false,
                },
                Head {
                    text: "Count",
                    numeric: true,
                },
            ],
            rows: rows
                .iter()
                .map(|(name, count)| {
                    vec![
                        Cell {
                            html: Markup::text(name),
                            numeric: false,
                        },
                        Cell {
                            html: Markup::text(count),
                            numeric: true,
                        },
                    ]
                })
                .collect(),
        }
    }

    fn by_kind(&self) -> Table<'static> {
        Self::table("By what happened", "What happened", &self.kinds)
    }

    fn by_agency(&self) -> Table<'static> {
        Self::table("By agency", "Agency", &self.agencies)
    }

    fn file(&self) -> String {
        self.asked.address("/audit/counts.csv")
    }
}
