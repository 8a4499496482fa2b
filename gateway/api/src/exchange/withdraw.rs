//! `POST /api/v1/exchanges/{id}/withdrawal`: its sender takes it back.

use axum::extract::State;
use gateway_http::{Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::time;

/// Why it is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reasons": "it is about another person of the same name"}))]
pub(crate) struct WithdrawalRequest {
    /// In words; kept sealed, and shown to the sending agency alone.
    reasons: String,
}

/// What was taken back.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithdrawalBody {
    /// The exchange.
    exchange: String,
    /// Its state now: `recalled`.
    state: &'static str,
    /// When it was withdrawn.
    #[schema(format = DateTime)]
    withdrawn: String,
}

/// Withdraws what the calling agency sent: holds close, what is under way goes no further, no
/// reader opens it any more, and whoever had it is told. Sent again, it is done once.
#[utoipa::path(
    post, path = "/api/v1/exchanges/{id}/withdrawal", tag = "exchanges", operation_id = "withdraw_exchange",
    params(
        ("id" = String, Path, description = "The exchange"),
        ("X-On-Behalf-Of" = String, Header, description = "whoever sent it, a manager of the sending agency, or its single point of contact"),
    ),
    request_body = WithdrawalRequest,
    responses((status = 200, description = "Withdrawn", body = WithdrawalBody), Problems),
)]
pub(crate) async fn withdraw(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<WithdrawalRequest>,
) -> Result<Json<WithdrawalBody>, Refused> {
    let done = api
        .flow
        .withdraw_exchange(&caller, &id, &request.reasons)
        .await?;
    Ok(Json(WithdrawalBody {
        exchange: id,
        state: "recalled",
        withdrawn: time(done.at),
    }))
}
