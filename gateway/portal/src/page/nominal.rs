//! A person's record and timeline, for those who have a live part in it and say why they read.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_core::IdentifierKind;
use gateway_flow::dossier::{Contact, Dossier, Happening, Look};
use gateway_flow::reason::ReadingOf;
use gateway_flow::timeline::PartView;

use crate::component::{
    BackLink, Cell, ErrorSummary, Filter, Head, Html as Markup, InsetText, NotificationBanner,
    Pagination, Row, STACK, SummaryList, Table, Timeline, TimelineItem,
};
use crate::frame::{Frame, Place};
use crate::happened::{self, OF_NOMINAL};
use crate::page::asked::Asked;
use crate::page::document::file;
use crate::page::{ON_A_PAGE, act, nominals, why};
use crate::router::Route;
use crate::stop::{Stop, see_other};
use crate::visitor::{Fields, Posted, Visitor};
use crate::{Portal, words};

const WHY: &str = "Why are you reading this record?";

#[derive(Template)]
#[template(path = "page/nominal.html")]
struct Page {
    frame: Frame,
    name: String,
    dossier: Dossier,
    asked: Asked,
    path: String,
    /// What has just been done.
    done: bool,
}

#[derive(Template)]
#[template(path = "page/happening.html")]
struct Said<'a> {
    event: &'a Happening,
    to: Vec<String>,
    more: Vec<String>,
    path: &'a str,
    /// Whether it can be moved to another record.
    movable: bool,
}

/// Records, and what is done to them.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/nominals", get(nominals::find)),
        ("GET", "/nominals/list", get(nominals::list)),
        ("POST", "/nominals/list", post(nominals::reason)),
        ("GET", "/nominals/{ref}", get(one)),
        ("POST", "/nominals/{ref}", post(reason)),
        ("GET", "/nominals/{ref}/events/{event}/proof", get(proof)),
        ("GET", "/nominals/{ref}/change/{what}", get(act::form)),
        ("POST", "/nominals/{ref}/change/{what}", post(act::send)),
        (
            "GET",
            "/nominals/{ref}/messages/{id}/move",
            get(act::move_form),
        ),
        (
            "POST",
            "/nominals/{ref}/messages/{id}/move",
            post(act::send_move),
        ),
    ]
}

/// The path of a record's page.
pub(crate) fn path(reference: &str) -> String {
    format!("/nominals/{reference}")
}

/// The record with a page of its timeline; before it, why it is read.
pub(crate) async fn one(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Stop> {
    let fields = Fields::from(pairs);
    let asked = Asked::of(&fields, &OF_NOMINAL);
    let look = Look {
        kinds: asked.kinds(),
        agency: asked.agency.clone(),
        from: asked.from(),
        until: asked.until(),
        before: asked.before.clone(),
        limit: ON_A_PAGE,
    };
    let (flow, session) = (&portal.flow, &visitor.session);
    let dossier = flow
        .dossier(&session.caller, &reference, &look, session.started)
        .await?;
    let Some(dossier) = dossier else {
        return why::ask(&portal, &visitor, path(&reference), WHY).await;
    };
    let name = dossier.record.name.clone();
    let name = name.map_or_else(
        || "Name not known".to_owned(),
        gateway_core::Personal::into_inner,
    );
    let title = match asked.summary() {
        Some(_) => format!("Error: {name}"),
        None => name.clone(),
    };
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Records, &title).await?,
        name,
        path: path(&dossier.record.reference),
        dossier,
        asked,
        done: fields.has("done"),
    };
    Ok(Html(page.to_string()).into_response())
}

/// Why it is read; then the record.
pub(crate) async fn reason(
    State(portal): State<Portal>,
    Path(reference): Path<String>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let (flow, session) = (&portal.flow, &visitor.session);
    // Of what is not theirs nobody is asked why.
    let canonical = flow.readable_nominal(&session.caller, &reference).await?;
    let given = why::Why::of(&fields);
    match why::answered(&portal, &visitor, path(&reference), WHY, given).await? {
        Err(once_more) => Ok(once_more),
        Ok(reason) => {
            let of = ReadingOf::Nominal(&canonical);
            flow.read_with_reason(&session.caller, of, &reason).await?;
            Ok(see_other(&path(&canonical)))
        }
    }
}

/// The proof of one event, to be kept.
pub(crate) async fn proof(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((reference, event)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let session = &visitor.session;
    let proof = portal
        .flow
        .event_proof(&session.caller, &reference, &event, session.started)
        .await?;
    let name = format!("{event}.tlog-proof");
    Ok(file(proof.into(), "text/plain; charset=utf-8", &name))
}

impl Page {
    fn back() -> BackLink<'static> {
        BackLink {
            text: "Back",
            href: "/nominals",
        }
    }

    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.done.then_some(NotificationBanner {
            text: "Done. It is on the timeline, with your reasons kept",
            success: true,
        })
    }

    fn summary(&self) -> Option<ErrorSummary<'static>> {
        self.asked.summary()
    }

    fn agency(&self, id: &str) -> &str {
        let contact = self.dossier.agencies.get(id);
        contact.map_or("", |contact| contact.name.as_str())
    }

    /// A row that the coordinator can change.
    fn row(&self, key: &'static str, value: Markup, change: &str) -> Row {
        let row = Row::new(key, value);
        match self.dossier.coordinator {
            true => row.changed_at(format!("{}/change/{change}", self.path)),
            false => row,
        }
    }

    fn facts(&self) -> SummaryList<'static> {
        let record = &self.dossier.record;
        let text = |key, value: &str| Row::new(key, Markup::text(value));
        let mut rows = Vec::new();
        let born = record.date_of_birth.as_ref();
        rows.extend(born.map(|born| text("Date of birth", &words::date(born.reveal()))));
        let mut named = false;
        for (kind, value) in &record.identifiers {
            match kind {
                IdentifierKind::Dob | IdentifierKind::Ref => {}
                IdentifierKind::Name if !named => named = true,
                IdentifierKind::Name => rows.push(text("Also known as", value.reveal())),
                kind @ (IdentifierKind::Pnc
                | IdentifierKind::Cro
                | IdentifierKind::Nhs
                | IdentifierKind::Prison
                | IdentifierKind::Crn
                | IdentifierKind::Visor) => {
                    rows.push(text(words::identifier(*kind), value.reveal()));
                }
            }
        }
        rows.push(self.row("Level", Markup::text(words::level(record.level)), "level"));
        let category = words::nominal_category(record.category);
        rows.push(self.row("Category", Markup::text(category), "category"));
        let lead = match &record.lead_agency {
            Some(lead) => with_spoc(self.agency(lead), self.dossier.agencies.get(lead)),
            None => "Not recorded".to_owned(),
        };
        rows.push(self.row("Lead agency", Markup::text(lead), "lead"));
        if let Some(trust) = &record.trust {
            let trust = with_spoc(self.agency(trust), self.dossier.agencies.get(trust));
            rows.push(text("Mental health trust", &trust));
        }
        let custody = match &record.custody {
            Some(prison) => with_spoc(self.agency(prison), self.dossier.agencies.get(prison)),
            None => "Not in custody".to_owned(),
        };
        rows.push(self.row("Custody", Markup::text(custody), "custody"));
        rows.push(text("Reference", &record.reference));
        SummaryList { rows, classes: "" }
    }

    fn partners(&self) -> Option<Table<'static>> {
        let parts = &self.dossier.record.partners;
        (!parts.is_empty()).then(|| Table {
            caption: "Partners",
            caption_classes: "govuk-table__caption--m",
            classes: STACK,
            head: ["Agency", "When", "Single point of contact"]
                .map(|text| Head {
                    text,
                    numeric: false,
                })
                .into(),
            rows: parts.iter().map(|part| self.part(part)).collect(),
        })
    }

    fn part(&self, part: &PartView) -> Vec<Cell> {
        let kind = match part.kind.as_str() {
            "associate" => " (Associate)",
            _ => "",
        };
        let spoc = self.dossier.agencies.get(&part.agency);
        let spoc = spoc.and_then(|contact| contact.spoc.clone());
        let cells = [
            format!("{}{kind}", self.agency(&part.agency)),
            match part.until {
                Some(until) => format!("{} to {}", words::day(part.from), words::day(until)),
                None => format!("Since {}", words::day(part.from)),
            },
            spoc.unwrap_or_else(|| "Nobody in post".to_owned()),
        ];
        cells
            .into_iter()
            .map(|text| Cell {
                html: Markup::text(text),
                numeric: false,
            })
            .collect()
    }

    fn custodies(&self) -> Option<Table<'static>> {
        let parts = &self.dossier.custodies;
        (!parts.is_empty()).then(|| Table {
            caption: "Custody",
            caption_classes: "govuk-table__caption--m",
            classes: STACK,
            head: ["Prison", "When", "Single point of contact"]
                .map(|text| Head {
                    text,
                    numeric: false,
                })
                .into(),
            rows: parts.iter().map(|part| self.part(part)).collect(),
        })
    }

    fn filter(&self) -> Filter<'static> {
        let agencies: Vec<(String, String)> = self
            .dossier
            .agencies
            .iter()
            .map(|(id, contact)| (id.clone(), contact.name.clone()))
            .collect();
        self.asked.filter(&self.path, &OF_NOMINAL, &agencies, None)
    }

    fn timeline(&self) -> Timeline<'static> {
        let item = |event: &Happening| TimelineItem {
            label: happened::label(event.kind, &event.detail).to_owned(),
            byline: event.from.as_ref().map(|from| self.named(from.as_str())),
            timestamp: words::timestamp(event.at),
            time: words::time(event.at),
            html: Markup::of(&Said {
                to: event.to.iter().map(|to| self.named(to.as_str())).collect(),
                more: happened::more(&event.detail, &event.rules),
                path: &self.path,
                movable: self.dossier.coordinator && happened::is_exchange(event.kind),
                event,
            }),
        };
        Timeline {
            items: self.dossier.events.iter().map(item).collect(),
            heading_level: 3,
            classes: "",
        }
    }

    /// An agency's name; one with no part in the record by its id.
    fn named(&self, id: &str) -> String {
        match self.agency(id) {
            "" => id.to_owned(),
            name => name.to_owned(),
        }
    }

    fn empty() -> InsetText<'static> {
        InsetText {
            text: "Nothing happened that you asked for. Clear or change the filters.",
        }
    }

    fn pages(&self) -> Option<Pagination> {
        let last = self.dossier.events.last().filter(|_| self.dossier.older);
        let next = last.map(|last| self.asked.older(&self.path, &last.id));
        let previous = self.asked.before.as_ref();
        let previous = previous.map(|_| self.asked.address(&self.path));
        (previous.is_some() || next.is_some()).then_some(Pagination { previous, next })
    }
}

fn with_spoc(name: &str, contact: Option<&Contact>) -> String {
    match contact.and_then(|contact| contact.spoc.as_deref()) {
        Some(spoc) => format!("{name} (single point of contact: {spoc})"),
        None => name.to_owned(),
    }
}
