//! A form as a PDF: as its reader has it, as its own agency sent it, and as it is before it is
//! sent. What is read for it is logged as for its page.

use axum::extract::{Path, State};
use axum::response::Response;
use gateway_annex_f::Cover;
use gateway_forms::{Body, Definition};

use super::ask::names;
use super::read::{is_form, said_of};
use super::{agencies, paper};
use crate::page::document::file;
use crate::page::message::obligations;
use crate::stop::{Stop, see_other, sentence};
use crate::visitor::Visitor;
use crate::{Portal, words};

const PDF: &str = "application/pdf";

/// What the visitor's agency received of a form and may take away.
pub(crate) async fn received(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let mut view = flow.exchange_for(caller, &id).await?;
    if view.sent || !is_form(&view) {
        return Ok(see_other(&format!("/messages/{id}")));
    }
    flow.take(caller, &id).await?;
    let read = flow
        .form_to_keep(caller, &id)
        .await?
        .ok_or(Stop::NotFound)?;
    let form = flow.forms.form(&read.form).ok_or(Stop::NotFound)?;
    view.items.retain(|item| read.items.contains(&item.n));
    let withheld = read.closed.iter();
    let withheld =
        withheld.map(|(title, why)| format!("“{title}” is not in this file. {}", sentence(why)));
    let cover = Cover {
        facts: facts(
            said_of(&portal, &visitor, &view).await?,
            view.row.nominal.as_deref(),
        ),
        duties: obligations(&view),
        withheld: withheld.collect(),
    };
    printed(&portal, &visitor, form, &read.body, cover).await
}

/// A form that the visitor's agency sent.
pub(crate) async fn sent(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let view = flow.exchange_for(caller, &id).await?;
    if !view.sent || !is_form(&view) {
        return Ok(see_other(&format!("/messages/{id}")));
    }
    let (own, body) = flow.own_form(caller, &id).await?;
    let form = flow.forms.form(&own.form).ok_or(Stop::NotFound)?;
    let cover = Cover {
        facts: facts(
            said_of(&portal, &visitor, &view).await?,
            view.row.nominal.as_deref(),
        ),
        ..Cover::default()
    };
    printed(&portal, &visitor, form, &body, cover).await
}

/// A form that is being filled in, as it was saved: its writer's own words.
pub(crate) async fn draft(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let paper = match paper(&portal, &visitor, &id).await? {
        Ok(paper) => paper,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let saved = format!("No, this is a draft. Saved {}", words::time(paper.saved));
    let cover = Cover {
        facts: facts(vec![("Sent", saved)], paper.content.nominal.as_deref()),
        ..Cover::default()
    };
    printed(&portal, &visitor, paper.form, &paper.body, cover).await
}

/// What stands first: what is said of it, and the person's reference.
fn facts(said: Vec<(&'static str, String)>, nominal: Option<&str>) -> Vec<(String, String)> {
    let reference = nominal.map(|id| ("Reference of the person’s record", id.to_owned()));
    let all = said.into_iter().chain(reference);
    all.map(|(label, said)| (label.to_owned(), said)).collect()
}

async fn printed(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    body: &Body,
    cover: Cover,
) -> Result<Response, Stop> {
    let names = names(&agencies(portal, visitor).await?);
    let view = form.view(body, None, &names);
    let name = format!("{}.pdf", form.id);
    // The longest takes a second: other requests go on meanwhile.
    let print = move || gateway_annex_f::print(&view, &cover);
    let pdf = tokio::task::spawn_blocking(print).await;
    let pdf = pdf.map_err(|error| Stop::fault(&error))?;
    let pdf = pdf.map_err(|error| Stop::fault(&error))?;
    Ok(file(pdf.into(), PDF, &name))
}
