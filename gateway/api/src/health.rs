//! Health information requests: asked, answered, passed on, looked at; and how they went.

pub(crate) mod counts;
pub(crate) mod question;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_flow::health::{HealthStepView, HealthView};
use gateway_http::{Fault, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::exchange::post::PostQuery;
use crate::exchange::{body, idempotency};
use crate::form::{take, taken_in};
use crate::openapi::Problems;
use crate::wire::answer::AnswerBody;
use crate::wire::time;

/// A health information request.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthRequestBody {
    /// Its id, which is its exchange's.
    id: String,
    /// About whom, by reference.
    nominal: String,
    /// Who asks.
    agency: String,
    /// The health body that is asked now.
    holder: String,
    /// The coordination unit that oversees it.
    unit: String,
    /// Where it stands, a status of FHIR R4's `Task`: `requested`, `received`, `accepted`, `in-progress`, `on-hold`, `completed`, `rejected`, `cancelled`.
    state: &'static str,
    /// `standard` or `emergency`.
    urgency: String,
    /// The level of the case when it was asked.
    level: i64,
    /// When it was asked.
    asked: String,
    /// When an answer is due.
    due: String,
    /// It is late, or was answered late.
    late: bool,
    /// What became of it: `full`, `partial`, `nil_held`, `not_known`, `refused`, `cancelled`.
    outcome: Option<String>,
    /// Why something was withheld, a code.
    reason: Option<String>,
    /// The exchange that answers it.
    answer: Option<String>,
    /// When it was answered.
    answered: Option<String>,
    /// Who looks at a refusal: `caldicott`, at the body that refused; then `chair`.
    stage: Option<String>,
    /// Until when.
    stage_due: Option<String>,
    /// What happened, the oldest first; in a list, nothing.
    steps: Vec<HealthStepBody>,
}

/// A step of a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthStepBody {
    /// `accepted`, `redirected`, `upheld`, `reopened`, `noted` or `wrong-patient`.
    kind: String,
    /// Whose step it is.
    agency: String,
    /// Of a redirection: who was asked next.
    other: Option<String>,
    /// The reasons given.
    reasons: Option<String>,
    /// When.
    at: String,
}

impl From<HealthStepView> for HealthStepBody {
    fn from(step: HealthStepView) -> Self {
        Self {
            kind: step.kind,
            agency: step.agency,
            other: step.other,
            reasons: step.words,
            at: time(step.at),
        }
    }
}

impl From<HealthView> for HealthRequestBody {
    fn from(view: HealthView) -> Self {
        Self {
            id: view.id,
            nominal: view.nominal,
            agency: view.agency,
            holder: view.holder,
            unit: view.unit,
            state: view.state.as_str(),
            urgency: view.urgency,
            level: view.level,
            asked: time(view.asked),
            due: time(view.due),
            late: view.late,
            outcome: view.outcome,
            reason: view.reason,
            answer: view.answer,
            answered: view.answered.map(time),
            stage: view.stage,
            stage_due: view.stage_due.map(time),
            steps: view.steps.into_iter().map(HealthStepBody::from).collect(),
        }
    }
}

/// A list of requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthRequests {
    /// What waits first, the soonest due before all.
    health_requests: Vec<HealthRequestBody>,
    /// Always null: there are few.
    next: Option<String>,
}

/// A look at a refusal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stands": true, "reasons": "it was told in confidence by another"}))]
pub(crate) struct ReviewRequest {
    /// Whether the refusal stands; else the request waits for an answer again.
    stands: bool,
    /// Why.
    reasons: String,
}

/// Why an answer is called back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reasons": "it was another patient of that name"}))]
pub(crate) struct WrongPatientRequest {
    /// Why.
    reasons: String,
}

/// Asks a health body what bears on the risk that a person poses: the form `health-request`.
///
/// One health body is asked at a time: the one named in `recipients`, else the person's mental
/// health trust. The person's name and date of birth are put in from the record where `nominal`
/// names it.
#[utoipa::path(
    post, path = "/api/v1/health-requests", tag = "health", operation_id = "ask_health",
    params(
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who asks"),
    ),
    request_body(content = Object, content_type = "application/json", description = "by the schema at /schemas/health-request.json"),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn ask(
    state: State<Api>,
    called: Called,
    query: Query<PostQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    take(
        state,
        called,
        ("health-request", None),
        query,
        &headers,
        &body,
    )
    .await
}

/// Answers a health information request, in full, in part, with nothing, or not at all and why; or
/// says who has it: the form `health-response`. Documents come in a multipart body: the form's JSON
/// in the part `form`, which names each in `documents`, and each document in a part of its name.
#[utoipa::path(
    post, path = "/api/v1/health-requests/{id}/response", tag = "health", operation_id = "answer_health",
    params(
        ("id" = String, Path, description = "The request"),
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who answers"),
    ),
    request_body(content((Object = "application/json"), (Object = "multipart/form-data")), description = "by the schema at /schemas/health-response.json"),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn respond(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Query(query): Query<PostQuery>,
    request: Request,
) -> Result<Response, Refused> {
    let dry_run = query.dry_run.unwrap_or_default();
    let key = idempotency::key(request.headers())?.filter(|_| !dry_run);
    let of = ("health-response", Some(id));
    if api.flow.forms.form(of.0).is_none() {
        return Err(Fault::NotFound.into());
    }
    let taken = body::take_form(&api, request).await?;
    taken_in(&api, caller, of, (dry_run, key), taken).await
}

/// Lists the requests that the calling agency made, is asked, or oversees.
#[utoipa::path(
    get, path = "/api/v1/health-requests", tag = "health", operation_id = "list_health_requests",
    responses((status = 200, description = "All of them", body = HealthRequests), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<HealthRequests>, Refused> {
    let views = api.flow.health_requests(&caller).await?;
    Ok(Json(HealthRequests {
        health_requests: views.into_iter().map(HealthRequestBody::from).collect(),
        next: None,
    }))
}

/// One request, with what happened to it.
#[utoipa::path(
    get, path = "/api/v1/health-requests/{id}", tag = "health", operation_id = "health_request",
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "The request", body = HealthRequestBody), Problems),
)]
pub(crate) async fn one(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<HealthRequestBody>, Refused> {
    let view = api.flow.health_request(&caller, &id).await?;
    Ok(Json(view.into()))
}

/// The health body agrees to answer.
#[utoipa::path(
    post, path = "/api/v1/health-requests/{id}/accept", tag = "health", operation_id = "accept_health",
    params(
        ("id" = String, Path, description = "The request"),
        ("X-On-Behalf-Of" = String, Header, description = "somebody of the health body"),
    ),
    responses((status = 200, description = "Accepted; said twice, the same", body = HealthRequestBody), Problems),
)]
pub(crate) async fn accept(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<HealthRequestBody>, Refused> {
    let view = api.flow.accept_health_request(&caller, &id).await?;
    Ok(Json(view.into()))
}

/// Looks at a refusal: the Caldicott guardian of the body that refused, then the chair.
#[utoipa::path(
    post, path = "/api/v1/health-requests/{id}/review", tag = "health", operation_id = "review_health_refusal",
    params(
        ("id" = String, Path, description = "The request"),
        ("X-On-Behalf-Of" = String, Header, description = "the Caldicott guardian, or the chair"),
    ),
    request_body = ReviewRequest,
    responses((status = 200, description = "Looked at", body = HealthRequestBody), Problems),
)]
pub(crate) async fn review(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<ReviewRequest>,
) -> Result<Json<HealthRequestBody>, Refused> {
    let reviewed = api
        .flow
        .review_refusal(&caller, &id, request.stands, &request.reasons)
        .await?;
    Ok(Json(reviewed.into()))
}

/// Calls back an answer that was about the wrong patient: nobody opens it any more, those who had
/// it are told, and the request waits for an answer again.
#[utoipa::path(
    post, path = "/api/v1/health-requests/{id}/wrong-patient", tag = "health", operation_id = "wrong_patient",
    params(
        ("id" = String, Path, description = "The request"),
        ("X-On-Behalf-Of" = String, Header, description = "the single point of contact of the health body, or the deputy"),
    ),
    request_body = WrongPatientRequest,
    responses((status = 200, description = "Called back", body = HealthRequestBody), Problems),
)]
pub(crate) async fn wrong_patient(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<WrongPatientRequest>,
) -> Result<Json<HealthRequestBody>, Refused> {
    let view = api
        .flow
        .wrong_patient(&caller, &id, &request.reasons)
        .await?;
    Ok(Json(view.into()))
}
