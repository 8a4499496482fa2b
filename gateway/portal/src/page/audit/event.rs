//! One event, with its rules, whether reasons are kept with it, and its proof.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::usage::UsageDetail;

use super::{Names, names};
use crate::component::{BackLink, Html as Markup, Row, SummaryList};
use crate::frame::{Frame, Place};
use crate::happened;
use crate::page::document::file;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

#[derive(Template)]
#[template(path = "page/audit_event.html")]
struct Page {
    frame: Frame,
    detail: UsageDetail,
    names: Names,
    heading: &'static str,
}

#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"/audit?person={{ id }}\">{{ name }}</a>",
    ext = "html"
)]
struct Person<'a> {
    id: &'a str,
    name: &'a str,
}

/// Shows it.
pub(crate) async fn one(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    let detail = portal.flow.usage_event(caller, &id).await?;
    let event = &detail.used.event;
    let heading = happened::label(event.kind, &event.detail);
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Audit, heading).await?,
        names: names(&portal).await?,
        heading,
        detail,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Its proof, to be kept.
pub(crate) async fn proof(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    let proof = portal.flow.usage_proof(caller, &id).await?;
    let name = format!("{id}.tlog-proof");
    Ok(file(proof.into(), "text/plain; charset=utf-8", &name))
}

impl Page {
    fn back() -> BackLink<'static> {
        BackLink {
            text: "Back to all events",
            href: "/audit",
        }
    }

    fn named(&self, id: &str) -> String {
        let known = self.names.get(id);
        known.map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
    }

    fn facts(&self) -> SummaryList<'static> {
        let used = &self.detail.used;
        let event = &used.event;
        let text = |key, value: &str| Row::new(key, Markup::text(value));
        let mut rows = vec![
            text("Time", &words::time(used.at)),
            text("Kind", event.kind.as_str()),
        ];
        let from = event.from.as_ref().map(|from| self.named(from.as_str()));
        rows.extend(from.map(|from| text("Agency that acted", &from)));
        if !event.to.is_empty() {
            let to = event.to.iter().map(|to| self.named(to.as_str()));
            rows.push(text("Reaches", &to.collect::<Vec<_>>().join(", ")));
        }
        if let Some(id) = used.person() {
            let known = self.detail.people.get(id).map_or(id, String::as_str);
            let person = Person { id, name: known };
            rows.push(Row::new("Person", Markup::of(&person)));
        }
        let of = [("Message", &event.exchange), ("Record", &event.nominal)];
        let of = of
            .into_iter()
            .filter_map(|(key, id)| Some((key, id.as_deref()?)));
        rows.extend(of.map(|(key, id)| text(key, id)));
        if let Some(kept) = self.detail.reasons {
            let words = if kept { "Kept, sealed" } else { "None" };
            rows.push(text("Reasons", words));
        }
        let detail = event.detail.iter().filter(|(name, _)| *name != "person");
        let detail: Vec<String> = detail
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        if !detail.is_empty() {
            rows.push(text("Particulars", &detail.join("; ")));
        }
        rows.push(text("Rule set", &event.policy));
        rows.push(text(
            "Place in the log",
            &format!("{}, entry {}", used.log, used.index),
        ));
        SummaryList {
            rows,
            classes: "portal-break",
        }
    }

    fn proof(&self) -> String {
        format!("/audit/events/{}/proof", self.detail.used.event.id)
    }
}
