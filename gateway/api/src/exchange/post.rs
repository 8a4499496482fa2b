//! `POST /api/v1/exchanges`: an exchange in, its matrix and its receipt out.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use gateway_core::calendar::local_date;
use gateway_flow::Submission;
use gateway_http::{Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{body, idempotency, pair};
use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::scan;
use crate::wire::answer::AnswerBody;
use crate::wire::read;
use crate::wire::request::{ExchangeForm, ExchangeRequest};

/// How to post.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PostQuery {
    /// Decides, says so, and sends nothing; only the question is recorded.
    #[param(default = false)]
    pub(crate) dry_run: Option<bool>,
}

/// Sends an exchange, or with `dry_run` says what would become of it.
///
/// JSON, or multipart with the JSON in the part `exchange` and each document in a part of the
/// name that its item gives. The answer comes when everything is recorded; a refusal of input
/// means that nothing was.
///
/// Where the gateway has a scanner, every item goes past it first. With malware in one, the answer
/// is 422 of the type `urn:mappa-gateway:problem:malware`, which names the items: there is no
/// exchange, and what was found is kept apart for the coordination unit. While the scanner is
/// away the answer is 503, and the same request can be sent again. An item that is too large for
/// the scanner is held for a person to look at.
#[utoipa::path(
    post, path = "/api/v1/exchanges", tag = "exchanges", operation_id = "send_exchange",
    params(
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency; needed for an emergency"),
    ),
    request_body(content((ExchangeRequest = "application/json"), (ExchangeForm = "multipart/form-data"))),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
            ("Ledger-Checkpoint" = String, description = "base64 of the newest signed note"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn create(
    State(api): State<Api>,
    Called(caller): Called,
    Query(query): Query<PostQuery>,
    request: Request,
) -> Result<Response, Refused> {
    let dry_run = query.dry_run.unwrap_or_default();
    let key = idempotency::key(request.headers())?;
    let taken = body::take(&api, request).await?;
    let key = key.map(|key| idempotency::of(key, &taken)).transpose()?;
    let today = local_date(api.flow.clock.now());
    let (mut particulars, contents) = read::exchange(taken.request, today)?;
    let absent = dry_run && !taken.form;
    let scanned = pair::bodies(&api, contents, taken.documents, absent).await?;
    let (bodies, warnings) =
        scan::passed(&api, &caller, &mut particulars, scanned, dry_run).await?;
    let idempotency = key.filter(|_| !dry_run);
    let submission = Submission {
        caller,
        particulars,
        bodies,
        idempotency,
        answer_to: None,
    };
    if dry_run {
        let mut answer = api.flow.preview(submission).await?;
        answer.warnings.extend(warnings);
        return Ok(Json(AnswerBody::of(answer)?).into_response());
    }
    let mut answer = api.flow.submit(submission).await?;
    answer.warnings.extend(warnings);
    let answer = AnswerBody::of(answer)?;
    let place = format!(
        "/api/v1/exchanges/{}",
        answer.id.as_deref().unwrap_or_default()
    );
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(answer)).into_response())
}
