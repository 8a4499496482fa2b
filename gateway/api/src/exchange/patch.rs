//! `PATCH /api/v1/exchanges/{id}`: the sender gives what was missing.

use axum::extract::State;
use gateway_core::calendar::local_date;
use gateway_http::{Json, Path};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::answer::AnswerBody;
use crate::wire::read;
use crate::wire::request::CompletionRequest;

/// Completes an incomplete exchange; it is decided then.
#[utoipa::path(
    patch, path = "/api/v1/exchanges/{id}", tag = "exchanges", operation_id = "complete_exchange",
    params(("id" = String, Path, description = "The exchange")),
    request_body = CompletionRequest,
    responses((status = 200, description = "Recorded", body = AnswerBody), Problems),
)]
pub(crate) async fn complete(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<CompletionRequest>,
) -> Result<Json<AnswerBody>, Refused> {
    let completion = read::completion(request, local_date(api.flow.clock.now()))?;
    let answer = api.flow.complete(&caller, &id, completion).await?;
    Ok(Json(AnswerBody::of(answer)?))
}
