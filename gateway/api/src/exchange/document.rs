//! `GET /api/v1/exchanges/{id}/documents/{n}`: an item, to an agency that has a wrap for it.

use axum::extract::State;
use axum::response::Response;
use gateway_http::Path;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::stream;

/// An item's content, byte for byte; of an agency that holds its own key, the age file and in
/// `Item-Key` the key that opens it.
#[utoipa::path(
    get, path = "/api/v1/exchanges/{id}/documents/{n}", tag = "exchanges", operation_id = "get_document",
    params(
        ("id" = String, Path, description = "The exchange"),
        ("n" = i64, Path, description = "The item's number for this reader, from 1"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "the named person; needed under NAMED_RECIPIENT"),
    ),
    responses(
        (status = 200, description = "The content, of its own media type", content(
            (Vec<u8> = "application/octet-stream"), (Vec<u8> = "application/age"),
        ), headers(
            ("Content-Disposition" = String, description = "attachment, with the title"),
            ("Protective-Marking" = String, description = "OFFICIAL-SENSITIVE or OFFICIAL"),
            ("Obligations" = String, description = "what the reader is obliged to, joined by commas"),
            ("Item-Key" = String, description = "base64 of the small age file with the item's key; only where the agency holds its own key"),
        )),
        Problems,
    ),
)]
pub(crate) async fn document(
    State(api): State<Api>,
    Called(caller): Called,
    Path((id, n)): Path<(String, i64)>,
) -> Result<Response, Refused> {
    Ok(stream::document(api.flow.document(&caller, &id, n).await?))
}

/// The small age file that carries an item's key to an agency that holds its own key.
#[utoipa::path(
    get, path = "/api/v1/exchanges/{id}/documents/{n}/key", tag = "exchanges", operation_id = "get_document_key",
    params(
        ("id" = String, Path, description = "The exchange"),
        ("n" = i64, Path, description = "The item's number for this reader, from 1"),
    ),
    responses((status = 200, description = "An age file", body = Vec<u8>, content_type = "application/age"), Problems),
)]
pub(crate) async fn key(
    State(api): State<Api>,
    Called(caller): Called,
    Path((id, n)): Path<(String, i64)>,
) -> Result<Response, Refused> {
    Ok(stream::key_file(
        api.flow.wrap_only(&caller, &id, n).await?,
        n,
    ))
}
