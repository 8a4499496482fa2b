//! One exchange, for whoever has to decide about it: who sent it and why, what is held for whom
//! and by which rules, its content, and the form by which they decide.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body as Sent;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::{Outcome, RuleHit};
use gateway_flow::hold::{QuestionView, ReviewCell, ReviewItem, ReviewView};
use gateway_flow::read::DocumentBody;
use gateway_flow::{Flow, FlowError};
use gateway_http::{attachment, media_type};
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;

use super::form::{Form, Typed, Wrong};
use crate::component::{
    BackLink, Cell, Details, ErrorSummary, Head, Html as Markup, NotificationBanner, Row, STACK,
    SummaryList, Table, Tag, WarningText,
};
use crate::frame::{Frame, Place};
use crate::page::document::{number, set};
use crate::page::form::read::{is_part, part};
use crate::page::inert::plain;
use crate::page::item::{Body, LONGEST, read_text};
use crate::page::message::about;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    done: Option<String>,
}

/// To the list.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: "/holds",
    text: "Back to holds",
};

#[derive(Template)]
#[template(path = "page/hold.html")]
struct Page {
    frame: Frame,
    view: ReviewView,
    heading: String,
    names: BTreeMap<String, String>,
    about: Option<String>,
    items: Vec<Shown>,
    form: Option<Form>,
    done: Option<&'static str>,
}

/// An item on the page.
struct Shown {
    item: ReviewItem,
    facts: Vec<String>,
    body: Body,
    /// Where it is downloaded, with its size.
    download: Option<String>,
    cells: Table<'static>,
}

#[derive(Template)]
#[template(path = "page/because.html")]
struct Because<'a> {
    rules: &'a [RuleHit],
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'_>> {
        self.form.as_ref().and_then(Form::summary)
    }

    fn banner(&self) -> Option<NotificationBanner<'static>> {
        let text = self.done?;
        Some(NotificationBanner {
            text,
            success: true,
        })
    }

    fn emergency(&self) -> Option<WarningText<'_>> {
        let text = self.view.emergency.as_deref()?;
        Some(WarningText { text })
    }

    fn name(&self, agency: &str) -> String {
        self.names
            .get(agency)
            .map_or_else(|| agency.to_owned(), Clone::clone)
    }

    fn cells(&self) -> impl Iterator<Item = &ReviewCell> {
        self.view.items.iter().flat_map(|item| &item.cells)
    }

    /// What keeps this reader from deciding, each once.
    fn hindrances(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self
            .cells()
            .filter_map(|cell| cell.hindrance.as_deref())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Something still waits for somebody.
    fn waits(&self) -> bool {
        self.cells().any(|cell| cell.state == "open")
    }

    fn facts(&self) -> SummaryList<'static> {
        let text = |key, value: &str| Row::new(key, Markup::text(value));
        let from = match &self.view.sent_by {
            Some(person) => format!("{person}, {}", self.name(&self.view.row.sender)),
            None => self.name(&self.view.row.sender),
        };
        let mut to: Vec<String> = self
            .cells()
            .map(|cell| self.name(&cell.recipient))
            .collect();
        to.sort_unstable();
        to.dedup();
        let mut rows = vec![
            text("From", &from),
            text("For", &to.join("; ")),
            text("Received", &words::time(self.view.row.received_at)),
        ];
        rows.extend(self.about.as_deref().map(|about| text("About", about)));
        let purpose = self.view.row.purpose.as_deref().map(words::purpose);
        rows.extend(purpose.map(|purpose| text("Purpose", purpose)));
        let necessity = self.view.necessity.as_deref();
        rows.extend(necessity.map(|words| text("Why it is needed", words)));
        if !self.view.bases.is_empty() {
            rows.push(text("Legal basis", &self.view.bases.join("; ")));
        }
        let open = self.cells().filter(|cell| cell.state == "open");
        let due = open.map(|cell| cell.due).min();
        rows.extend(due.map(|due| text("Decide by", &words::time(due))));
        SummaryList { rows, classes: "" }
    }

    fn by(&self, asked: &QuestionView) -> String {
        format!(
            "{} of {}",
            words::role(&asked.role),
            self.name(&asked.agency)
        )
    }
}

impl Shown {
    /// The rules that hold it, each once.
    fn rules(&self) -> Vec<RuleHit> {
        let mut rules: Vec<RuleHit> = Vec::new();
        for hit in self.item.cells.iter().flat_map(|cell| &cell.rules) {
            if rules.iter().all(|known| known.title != hit.title) {
                rules.push(hit.clone());
            }
        }
        rules
    }

    fn because(&self) -> Details<'static> {
        Details {
            summary: "The rules, by number",
            content: Markup::of(&Because {
                rules: &self.rules(),
            }),
        }
    }
}

/// Shows it. Texts are opened for it, and each opening is a reading in the log.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let done = match asked.done.as_deref() {
        Some("approved") => Some("Your approval is recorded"),
        Some("refused") => Some("Your refusal is recorded"),
        Some("asked") => Some("The sender has been asked"),
        Some(_) | None => None,
    };
    let view = portal.flow.review(&visitor.session.caller, &id).await?;
    let fresh = (Typed::default(), Wrong::default());
    page(&portal, &visitor, view, fresh, done).await
}

/// The page, new or with what was typed and not taken.
pub(crate) async fn page(
    portal: &Portal,
    visitor: &Visitor,
    view: ReviewView,
    (typed, wrong): (Typed, Wrong),
    done: Option<&'static str>,
) -> Result<Response, Stop> {
    let is_wrong = wrong.is_any();
    let names = names(&portal.flow, &view).await?;
    let mut items = Vec::new();
    for item in &view.items {
        items.push(shown(portal, visitor, item, &names).await?);
    }
    let heading = match view.items.as_slice() {
        [] => "Held".to_owned(),
        [one] => one.title.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.title, rest.len()),
    };
    let title = match is_wrong {
        true => format!("Error: {heading}"),
        false => heading.clone(),
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Holds, &title).await?,
        about: about(portal, visitor, view.row.nominal.as_deref()).await?,
        form: Form::of(&view, &names, typed, wrong),
        view,
        heading,
        names,
        items,
        done,
    };
    let status = match is_wrong {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// The names of all agencies on the page.
async fn names(flow: &Flow, view: &ReviewView) -> Result<BTreeMap<String, String>, FlowError> {
    let mut names = BTreeMap::new();
    let cells = view.items.iter().flat_map(|item| &item.cells);
    let ids = cells
        .flat_map(|cell| [&cell.recipient, &cell.agency])
        .chain(view.items.iter().map(|item| &item.owner))
        .chain(view.questions.iter().map(|asked| &asked.agency))
        .chain([&view.row.sender]);
    for id in ids {
        if !names.contains_key(id) {
            names.insert(id.clone(), flow.agency_row(id).await?.name);
        }
    }
    Ok(names)
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    item: &ReviewItem,
    names: &BTreeMap<String, String>,
) -> Result<Shown, Stop> {
    let name = |id: &str| names.get(id).map_or_else(|| id.to_owned(), Clone::clone);
    let open = item.cells.iter().find(|cell| cell.state == "open");
    let is_text = item.media_type.starts_with("text/plain") && item.size <= LONGEST;
    let body = match open {
        None => Body::Not("It has been decided, so it is no longer opened here.".to_owned()),
        Some(cell) if is_text => {
            let document = portal
                .flow
                .hold_document(&visitor.session.caller, &cell.hold)
                .await?;
            Body::Text(plain(&read_text(document.body).await?))
        }
        Some(cell) if is_part(&item.media_type) => {
            let caller = &visitor.session.caller;
            let document = portal.flow.hold_document(caller, &cell.hold).await?;
            let answers = part(portal, visitor, document.body).await?;
            answers.map_or(Body::File, Body::Answers)
        }
        Some(_) => Body::File,
    };
    let mut facts = vec![
        words::category(&item.category).to_owned(),
        words::about(&item.about).to_owned(),
        format!("Owned by {}", name(&item.owner)),
    ];
    match item.nature.as_deref() {
        Some("fact") => facts.push("Fact".to_owned()),
        Some("opinion") => facts.push("Opinion".to_owned()),
        Some(_) | None => {}
    }
    Ok(Shown {
        facts,
        // What is read here need not be taken away.
        download: open
            .filter(|_| !matches!(body, Body::Answers(_)))
            .map(|_| words::size(item.size)),
        body,
        cells: table(&item.cells, name),
        item: item.clone(),
    })
}

fn table(cells: &[ReviewCell], name: impl Fn(&str) -> String) -> Table<'static> {
    let head = |text| Head {
        text,
        numeric: false,
    };
    let cell = |html| Cell {
        html,
        numeric: false,
    };
    let rows = cells.iter().map(|one| {
        let (text, classes) = state(one);
        let decided = match (&one.decided, one.state.as_str()) {
            (Some((who, at)), _) => format!("{who}, {}", words::time(*at)),
            (None, "open") => format!("By {}", words::time(one.due)),
            (None, _) => String::new(),
        };
        vec![
            cell(Markup::text(name(&one.recipient))),
            cell(Markup::text(format!(
                "{} of {}",
                words::role(&one.role),
                name(&one.agency)
            ))),
            cell(Markup::of(&Tag { text, classes })),
            cell(Markup::text(decided)),
        ]
    });
    Table {
        caption: "What is decided",
        caption_classes: "govuk-table__caption--s",
        classes: STACK,
        head: vec![
            head("For"),
            head("Who decides"),
            head("State"),
            head("When"),
        ],
        rows: rows.collect(),
    }
}

/// How far a decision has come, and the colour of its tag.
fn state(cell: &ReviewCell) -> (&'static str, &'static str) {
    match (cell.state.as_str(), cell.outcome) {
        ("open", _) if cell.after => ("Look at it afterwards", "govuk-tag--purple"),
        ("open", _) if cell.escalated => ("Overdue", "govuk-tag--orange"),
        ("open", _) => ("Waits", "govuk-tag--yellow"),
        ("approved", Outcome::Permit) => ("Approved and shared", "govuk-tag--green"),
        ("approved", Outcome::Hold) => ("Approved, waits for another", "govuk-tag--yellow"),
        ("approved", Outcome::Refuse) => ("Approved, but refused", "govuk-tag--red"),
        ("refused", _) => ("Refused", "govuk-tag--red"),
        _ => ("Settled without it", "govuk-tag--grey"),
    }
}

/// A held item, to be kept: never shown by the browser as a page of ours.
pub(crate) async fn download(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((id, n)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let n = number(&n)?;
    let hold = flow.open_hold_of(caller, &id, n).await?;
    let document = flow.hold_document(caller, &hold).await?;
    let DocumentBody::Clear(body) = document.body else {
        return Err(Stop::NotFound);
    };
    let mut response = Sent::from_stream(ReceiverStream::new(body)).into_response();
    set(&mut response, CONTENT_LENGTH, &document.size.to_string());
    set(
        &mut response,
        CONTENT_TYPE,
        media_type(&document.media_type),
    );
    set(
        &mut response,
        CONTENT_DISPOSITION,
        &attachment(&document.title),
    );
    Ok(response)
}
