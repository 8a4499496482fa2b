//! The auditor's pages: everything about how the service was used, and nothing of what was said.

mod counts;
mod event;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use gateway_flow::FlowError;
use gateway_flow::usage::{Usage, UsageEvent, UsageQuery};

pub(crate) use self::counts::COUNT;
use crate::component::{
    Cell, ErrorSummary, Filter, Head, Html as Markup, InsetText, Pagination, STACK, Table,
};
use crate::frame::{Frame, Place};
use crate::happened::{self, OF_LOG};
use crate::page::ON_A_PAGE;
use crate::page::asked::Asked;
use crate::page::document::file;
use crate::router::Route;
use crate::stop::Stop;
use crate::visitor::{Fields, Visitor};
use crate::{Portal, words};

/// How the service was used.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", PATH, get(list)),
        ("GET", "/audit/events.csv", get(list_file)),
        ("GET", "/audit/events/{id}", get(event::one)),
        ("GET", "/audit/events/{id}/proof", get(event::proof)),
        ("GET", "/audit/counts", get(counts::counts)),
        ("GET", "/audit/counts.csv", get(counts::counts_file)),
    ]
}

const PATH: &str = "/audit";

/// The agencies' names, by id.
type Names = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "page/audit.html")]
struct Page {
    frame: Frame,
    usage: Usage,
    asked: Asked,
    names: Names,
}

#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"/audit/events/{{ id }}\">{{ text }}</a>",
    ext = "html"
)]
struct Link<'a> {
    id: &'a str,
    text: &'a str,
}

fn query(asked: &Asked) -> UsageQuery {
    UsageQuery {
        kinds: asked.kinds(),
        agency: asked.agency.clone(),
        person: asked.person.clone(),
        from: asked.from(),
        until: asked.until(),
        before: asked.before.clone(),
    }
}

/// What every agency is called.
async fn names(portal: &Portal) -> Result<Names, FlowError> {
    let all = portal.flow.active_agencies().await?.into_iter();
    Ok(all.map(|agency| (agency.id, agency.name)).collect())
}

/// The events of the area, the newest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Stop> {
    let asked = Asked::of(&Fields::from(pairs), &OF_LOG);
    let caller = &visitor.session.caller;
    let usage = portal.flow.usage(caller, &query(&asked), ON_A_PAGE).await?;
    let title = match asked.summary() {
        Some(_) => "Error: How the service was used",
        None => "How the service was used",
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Audit, title).await?,
        names: names(&portal).await?,
        usage,
        asked,
    };
    Ok(Html(page.to_string()).into_response())
}

/// The same as a file for a spreadsheet.
pub(crate) async fn list_file(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Stop> {
    let asked = Asked::of(&Fields::from(pairs), &OF_LOG);
    let caller = &visitor.session.caller;
    let usage = portal.flow.usage_export(caller, &query(&asked)).await?;
    let mut rows = vec![
        vec![
            "time",
            "event",
            "kind",
            "agency",
            "reaches",
            "person",
            "exchange",
            "nominal",
            "rules",
            "particulars",
            "log",
            "index",
            "id",
        ]
        .into_iter()
        .map(str::to_owned)
        .collect(),
    ];
    rows.extend(usage.events.iter().map(|used| line(used, &usage.people)));
    Ok(csv(&rows, "events.csv"))
}

fn line(used: &UsageEvent, people: &Names) -> Vec<String> {
    let event = &used.event;
    let person = used.person().unwrap_or_default();
    let detail = event.detail.iter().filter(|(name, _)| *name != "person");
    let detail: Vec<String> = detail
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let to: Vec<&str> = event
        .to
        .iter()
        .map(gateway_core::AgencyId::as_str)
        .collect();
    vec![
        event.at.clone(),
        happened::label(event.kind, &event.detail).to_owned(),
        event.kind.to_string(),
        event
            .from
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        to.join(" "),
        people.get(person).map_or(person, String::as_str).to_owned(),
        event.exchange.clone().unwrap_or_default(),
        event.nominal.clone().unwrap_or_default(),
        event.rules.join(" "),
        detail.join(" "),
        used.log.clone(),
        used.index.to_string(),
        event.id.clone(),
    ]
}

/// A file of values apart by commas (RFC 4180).
fn csv(rows: &[Vec<String>], name: &str) -> Response {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    file(text.into(), "text/csv; charset=utf-8", name)
}

/// A value in quotes; what a spreadsheet would take for a formula is kept from being one.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let kept = if formula { "'" } else { "" };
    format!("\"{kept}{}\"", cell.replace('"', "\"\""))
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'static>> {
        self.asked.summary()
    }

    fn filter(&self) -> Filter<'static> {
        let agencies: Vec<(String, String)> = self.names.clone().into_iter().collect();
        let person = self.asked.person.as_ref();
        let person = person.and_then(|id| self.usage.people.get(id));
        self.asked
            .filter(PATH, &OF_LOG, &agencies, person.map(String::as_str))
    }

    fn table(&self) -> Table<'static> {
        let row = |used: &UsageEvent| {
            let event = &used.event;
            let label = happened::label(event.kind, &event.detail);
            let agency = event.from.as_ref().map_or("", |from| from.as_str());
            let agency = self.names.get(agency).map_or(agency, String::as_str);
            let person = used.person().and_then(|id| self.usage.people.get(id));
            [
                Markup::text(words::time(used.at)),
                Markup::of(&Link {
                    id: &event.id,
                    text: label,
                }),
                Markup::text(agency),
                Markup::text(person.map_or("", String::as_str)),
            ]
            .map(|html| Cell {
                html,
                numeric: false,
            })
            .into()
        };
        Table {
            caption: "Events, the newest first",
            caption_classes: "govuk-visually-hidden",
            classes: STACK,
            head: ["Time", "What happened", "Agency", "Person"]
                .map(|text| Head {
                    text,
                    numeric: false,
                })
                .into(),
            rows: self.usage.events.iter().map(row).collect(),
        }
    }

    fn empty() -> InsetText<'static> {
        InsetText {
            text: "Nothing happened that you asked for. Clear or change the filters.",
        }
    }

    fn file(&self) -> String {
        self.asked.address("/audit/events.csv")
    }

    fn pages(&self) -> Option<Pagination> {
        let last = self.usage.events.last().filter(|_| self.usage.older);
        let next = last.map(|last| self.asked.older(PATH, &last.event.id));
        let previous = self.asked.before.as_ref();
        let previous = previous.map(|_| self.asked.address(PATH));
        (previous.is_some() || next.is_some()).then_some(Pagination { previous, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_takes_no_value_for_a_formula() {
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("@x"), "\"'@x\"");
    }
}
