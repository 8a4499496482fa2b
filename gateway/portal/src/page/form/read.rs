//! A form as its reader has it, and as its own agency sent it: what of it one may see, by
//! sections, and not its parts.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::read::DocumentBody;
use gateway_flow::view::ExchangeView;
use gateway_forms::{Carried, MEDIA_TYPE};

use super::agencies;
use super::ask::names;
use super::show::{Shown, to_read};
use crate::component::{BackLink, Html as Markup, Row, SummaryList, Table};
use crate::frame::{Frame, Place};
use crate::page::message::{about, obligations};
use crate::stop::{Stop, see_other, sentence};
use crate::visitor::Visitor;
use crate::{Portal, words};

#[derive(Template)]
#[template(path = "page/form/read.html")]
struct Page {
    frame: Frame,
    back: String,
    back_text: &'static str,
    heading: String,
    marking: String,
    facts: SummaryList<'static>,
    obligations: Vec<String>,
    sections: Vec<Shown>,
    /// What of it they may not open: by title, and why.
    closed: Vec<(String, String)>,
    complete: Option<Table<'static>>,
    /// It is counted on what its reader has.
    partly: bool,
    /// How a meeting used it: a sentence, and what came of it.
    used: Option<(String, String)>,
    /// Where it is as a file to print.
    pdf: String,
}

impl Page {
    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: self.back_text,
        }
    }
}

/// Answers among other things on a page.
#[derive(Template)]
#[template(path = "page/form/part.html")]
struct Part {
    sections: Vec<Shown>,
}

/// Whether a message is a form.
pub(crate) fn is_form(view: &ExchangeView) -> bool {
    view.items.iter().any(|item| is_part(&item.media_type))
}

/// Whether an item is a part of a form.
pub(crate) fn is_part(media_type: &str) -> bool {
    media_type.starts_with(MEDIA_TYPE)
}

/// A part of a form in words, for whoever decides about it; none where it is none.
pub(crate) async fn part(
    portal: &Portal,
    visitor: &Visitor,
    body: DocumentBody,
) -> Result<Option<Markup>, Stop> {
    let text = crate::page::item::read_text(body).await?;
    let Ok(carried) = Carried::read(text.as_bytes()) else {
        return Ok(None);
    };
    let Some(form) = portal.flow.forms.form(&carried.form) else {
        return Ok(None);
    };
    let agencies = agencies(portal, visitor).await?;
    let sections = to_read(form, &form.join([&carried]), &names(&agencies));
    Ok(Some(Markup::of(&Part { sections })))
}

/// From whom it is, about whom, and when it was sent.
pub(super) async fn said_of(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
) -> Result<Vec<(&'static str, String)>, Stop> {
    let from = portal.flow.agency_row(&view.row.sender).await?.name;
    let about = about(portal, visitor, view.row.nominal.as_deref()).await?;
    let mut said = vec![("From", from)];
    said.extend(about.map(|about| ("About", about)));
    said.push(("Sent", words::time(view.row.received_at)));
    Ok(said)
}

async fn facts(
    portal: &Portal,
    visitor: &Visitor,
    view: &ExchangeView,
) -> Result<SummaryList<'static>, Stop> {
    let said = said_of(portal, visitor, view).await?.into_iter();
    let rows = said.map(|(label, said)| Row::new(label, Markup::text(said)));
    Ok(SummaryList {
        rows: rows.collect(),
        classes: "",
    })
}

/// A form that the visitor's agency received: each part that is opened for it is a reading in the
/// log.
pub(crate) async fn received(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let view = flow.exchange_for(caller, &id).await?;
    let message = format!("/messages/{id}");
    if view.sent || !is_form(&view) {
        return Ok(see_other(&message));
    }
    flow.take(caller, &id).await?;
    let read = flow.read_form(caller, &id).await?.ok_or(Stop::NotFound)?;
    let form = flow.forms.form(&read.form).ok_or(Stop::NotFound)?;
    let agencies = agencies(&portal, &visitor).await?;
    let closed = read.closed.into_iter();
    let closed = closed.map(|(title, why)| (title, sentence(&why)));
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Inbox, &form.title).await?,
        back: message,
        back_text: "Back to the message",
        heading: form.title.clone(),
        marking: form.marking.clone(),
        facts: facts(&portal, &visitor, &view).await?,
        obligations: obligations(&view),
        sections: to_read(form, &read.body, &names(&agencies)),
        closed: closed.collect(),
        complete: complete(&portal, &visitor, &id).await?,
        partly: true,
        used: used(&portal, &visitor, &id).await?,
        pdf: format!("/messages/{id}/form.pdf"),
    };
    Ok(Html(page.to_string()).into_response())
}

/// A form that the visitor's agency sent: who wrote it goes on reading it, and that is logged.
pub(crate) async fn sent(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let view = flow.exchange_for(caller, &id).await?;
    let message = format!("/messages/{id}");
    if !view.sent || !is_form(&view) {
        return Ok(see_other(&message));
    }
    let (own, body) = flow.own_form(caller, &id).await?;
    let form = flow.forms.form(&own.form).ok_or(Stop::NotFound)?;
    let agencies = agencies(&portal, &visitor).await?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Sent, &form.title).await?,
        back: message,
        back_text: "Back to what became of it",
        heading: form.title.clone(),
        marking: form.marking.clone(),
        facts: facts(&portal, &visitor, &view).await?,
        obligations: Vec::new(),
        sections: to_read(form, &body, &names(&agencies)),
        closed: Vec::new(),
        complete: complete(&portal, &visitor, &id).await?,
        partly: false,
        used: used(&portal, &visitor, &id).await?,
        pdf: format!("/sent/{id}/form.pdf"),
    };
    Ok(Html(page.to_string()).into_response())
}

/// How much of it was answered.
async fn complete(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
) -> Result<Option<Table<'static>>, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let Some(measure) = flow.form_measure(caller, id).await? else {
        return Ok(None);
    };
    let form = flow.forms.form(&measure.form);
    Ok(form.and_then(|form| super::complete::table(form, &measure)))
}

/// How a meeting used it.
async fn used(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
) -> Result<Option<(String, String)>, Stop> {
    let used = portal.flow.form_use(&visitor.session.caller, id).await?;
    Ok(used.map(|used| (super::complete::used(&used), used.effect)))
}
