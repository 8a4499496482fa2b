//! What the interface can do.

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use gateway_fhir::Capability;

use super::refused::NotFhir;
use super::{acceptable, answered, page, server};
use crate::openapi::Outcomes;

/// The `CapabilityStatement` of the FHIR interface.
#[utoipa::path(
    get, path = "/fhir/R4/metadata", tag = "fhir", operation_id = "fhir_metadata", security(()),
    responses(
        (status = 200, description = "The statement", body = Object, content_type = "application/fhir+json"),
        Outcomes,
    ),
)]
pub(crate) async fn metadata(parts: Parts) -> Result<Response, NotFhir> {
    acceptable(&parts.headers)?;
    let server = server(&parts);
    let capability = Capability {
        server: &server,
        version: env!("CARGO_PKG_VERSION"),
        changed: page::version()?,
        publisher: "The coordination unit of the area",
    };
    answered(StatusCode::OK, &capability.statement())
}
