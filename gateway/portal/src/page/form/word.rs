//! A form as a Word file, to be filled in away from here and sent by secure email.

use axum::body::Body as Sent;
use axum::extract::{Path, State};
use axum::response::Response;
use gateway_forms::Body;

use crate::Portal;
use crate::page::document::file as download;
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// The empty form, for an agency that writes it.
pub(super) async fn file(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(form): Path<String>,
) -> Result<Response, Stop> {
    let form = portal.flow.forms.form(&form).ok_or(Stop::NotFound)?;
    let agency = &visitor.session.person.agency;
    let kind = portal.flow.agency_row(agency).await?.kind;
    if !super::writes(form, &kind) {
        return Ok(see_other("/forms"));
    }
    let bytes = gateway_annex_f::write(form, &Body::default());
    let bytes = bytes.map_err(|error| Stop::fault(&error))?;
    Ok(download(
        Sent::from(bytes),
        DOCX,
        &format!("{}.docx", form.id),
    ))
}
