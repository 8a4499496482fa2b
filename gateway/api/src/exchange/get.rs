//! `GET /api/v1/exchanges/{id}` and its receipt.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gateway_http::{Json, Path};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::answer::receipt as receipt_text;
use crate::wire::record::ExchangeBody;

/// One exchange: all of it for its sender, its own part for a reader.
#[utoipa::path(
    get, path = "/api/v1/exchanges/{id}", tag = "exchanges", operation_id = "get_exchange",
    params(("id" = String, Path, description = "The exchange")),
    responses((status = 200, description = "The exchange", body = ExchangeBody), Problems),
)]
pub(crate) async fn one(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<ExchangeBody>, Refused> {
    let view = api.flow.exchange_for(&caller, &id).await?;
    Ok(Json(ExchangeBody::of(view, caller.agency.as_str())))
}

/// The receipt of an exchange, against the newest checkpoint; for its sender.
#[utoipa::path(
    get, path = "/api/v1/exchanges/{id}/receipt", tag = "exchanges", operation_id = "get_receipt",
    params(("id" = String, Path, description = "The exchange")),
    responses((status = 200, description = "A C2SP tlog-proof", body = String, content_type = "text/plain"), Problems),
)]
pub(crate) async fn receipt(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let receipt = api.flow.receipt_for(&caller, &id).await?;
    let text = receipt_text(&receipt)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
