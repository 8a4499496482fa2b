//! `GET /api/v1/exchanges/{id}/form.pdf`: a form to print, as the caller has it.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use gateway_annex_f::Cover;
use gateway_core::Obligation;
use gateway_flow::view::ExchangeView;
use gateway_forms::{Body, Definition, Names};
use gateway_http::{Fault, Path, attachment};
use jiff::Timestamp;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::stream::{MARKING, OBLIGATIONS, set};

const PDF: &str = "application/pdf";

/// A form as a PDF to print (tagged, PDF/UA-1): to an agency that received it, with what of it that
/// agency may open and take away; to the agency that sent it, whole.
///
/// Each is a reading in the log, as that of the parts themselves. What was sent to the caller and
/// may not be opened, or only be looked at in the portal (`VIEW_ONLY`), is named in the PDF with the
/// reason; what the caller was not sent is not.
#[utoipa::path(
    get, path = "/api/v1/exchanges/{id}/form.pdf", tag = "forms", operation_id = "print_form",
    params(
        ("id" = String, Path, description = "The exchange"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency; needed for a form that it sent, and for parts under NAMED_RECIPIENT"),
    ),
    responses(
        (status = 200, description = "The PDF", body = Vec<u8>, content_type = "application/pdf", headers(
            ("Content-Disposition" = String, description = "attachment"),
            ("Protective-Marking" = String, description = "the form's marking"),
            ("Obligations" = String, description = "what the reader is obliged to, joined by commas"),
        )),
        Problems,
    ),
)]
pub(crate) async fn pdf(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let mut view = api.flow.exchange_for(&caller, &id).await?;
    let mut cover = Cover::default();
    let (form, body) = if view.sent {
        let (own, body) = api.flow.own_form(&caller, &id).await?;
        (own.form, body)
    } else {
        let read = api.flow.form_to_keep(&caller, &id).await?;
        let read = read.ok_or(Fault::NotFound)?;
        view.items.retain(|item| read.items.contains(&item.n));
        let closed = read.closed.iter();
        cover.withheld = closed
            .map(|(title, why)| format!("“{title}” is not in this file: {why}."))
            .collect();
        (read.form, read.body)
    };
    let form = api.flow.forms.form(&form).ok_or(Fault::NotFound)?;
    cover.facts = facts(&api, &view).await?;
    printed(&api, &caller.agency, form, &body, cover, &view).await
}

async fn facts(api: &Api, view: &ExchangeView) -> Result<Vec<(String, String)>, Refused> {
    let from = api.flow.agency_row(&view.row.sender).await?.name;
    let sent = Timestamp::from_microsecond(view.row.received_at);
    let sent = sent.map_err(|error| Fault::internal(&error))?;
    let mut facts = vec![("From".to_owned(), from)];
    let reference = view.row.nominal.clone();
    facts.extend(reference.map(|id| ("Reference of the person’s record".to_owned(), id)));
    facts.push(("Sent".to_owned(), sent.to_string()));
    Ok(facts)
}

async fn printed(
    api: &Api,
    caller: &gateway_core::AgencyId,
    form: &Definition,
    body: &Body,
    cover: Cover,
    view: &ExchangeView,
) -> Result<Response, Refused> {
    let agencies = api.flow.addressable(caller).await?.into_iter();
    let names: Names = agencies.map(|agency| (agency.id, agency.name)).collect();
    let words = form.view(body, None, &names);
    let pdf = tokio::task::spawn_blocking(move || gateway_annex_f::print(&words, &cover)).await;
    let pdf = pdf.map_err(|error| Fault::internal(&error))?;
    let pdf = pdf.map_err(|error| Fault::internal(&error))?;
    let mut response = pdf.into_response();
    set(&mut response, CONTENT_TYPE, PDF);
    let name = attachment(&format!("{}.pdf", form.id));
    set(&mut response, CONTENT_DISPOSITION, &name);
    set(&mut response, MARKING, &form.marking);
    set(&mut response, OBLIGATIONS, &obligations(view));
    Ok(response)
}

/// What its reader has to do with it; its sender, nothing.
fn obligations(view: &ExchangeView) -> String {
    let items = view.items.iter().filter(|_| !view.sent);
    let all: std::collections::BTreeSet<Obligation> = items
        .flat_map(|item| item.obligations.iter().copied())
        .collect();
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}
