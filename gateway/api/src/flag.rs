//! Hospital flags: set, answered when the person comes, ended and cleared.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_flow::flag::{FlagStepView, FlagView};
use gateway_http::{Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::exchange::post::PostQuery;
use crate::form::take;
use crate::openapi::Problems;
use crate::wire::answer::AnswerBody;
use crate::wire::time;

/// A hospital flag.
#[derive(Serialize, ToSchema)]
pub(crate) struct HospitalFlagBody {
    /// Its id, which is its exchange's.
    id: String,
    /// About whom, by reference.
    nominal: String,
    /// Who set it.
    agency: String,
    /// The acute trust.
    holder: String,
    /// The coordination unit that oversees it.
    unit: String,
    /// `waiting` (somebody has to approve it), `refused`, `set`, `renewed` (another goes on from it), `to-clear` (it is over, and the trust has to clear it), `cleared`, `ended` (it is over, and the trust never had it).
    state: &'static str,
    /// The day of the meeting that decided it.
    decided_on: String,
    /// The day of its review, at whose end it is over.
    review_on: String,
    /// When it was set.
    set: String,
    /// When somebody at the trust first opened it. Until then nobody there knows what it says.
    opened: Option<String>,
    /// Until when it can be opened there, where that is before the review: a trust without a secure channel has it for 14 days (ISP-36). What nobody there has opened by then is over (`unopened`).
    opens_until: Option<String>,
    /// The flag that it goes on from.
    after: Option<String>,
    /// When it was over.
    ended: Option<String>,
    /// Why: `ended`, `lapsed`, `unopened` (nobody at the trust opened it while that was possible), `renewed`, `level`, `withdrawn`.
    because: Option<String>,
    /// By when the trust clears it from its own system.
    clear_due: Option<String>,
    /// When the trust said that it has.
    cleared: Option<String>,
    /// What happened, the oldest first; in a list, nothing.
    steps: Vec<HospitalFlagStepBody>,
}

/// A step of a flag.
#[derive(Serialize, ToSchema)]
pub(crate) struct HospitalFlagStepBody {
    /// `attended`, `cleared`, or why it is over.
    kind: String,
    /// Whose step it is; null, the gateway's.
    agency: Option<String>,
    /// The exchange that says that the person came, or the flag that goes on from it.
    exchange: Option<String>,
    /// The reasons given; the trust is not told them.
    reasons: Option<String>,
    /// When.
    at: String,
}

impl From<FlagStepView> for HospitalFlagStepBody {
    fn from(step: FlagStepView) -> Self {
        Self {
            kind: step.kind,
            agency: step.agency,
            exchange: step.other,
            reasons: step.words,
            at: time(step.at),
        }
    }
}

impl From<FlagView> for HospitalFlagBody {
    fn from(view: FlagView) -> Self {
        let steps = view.steps.into_iter();
        Self {
            id: view.id,
            nominal: view.nominal,
            agency: view.agency,
            holder: view.holder,
            unit: view.unit,
            state: view.state.as_str(),
            decided_on: view.decided_on,
            review_on: view.review_on,
            set: time(view.set),
            opened: view.opened.map(time),
            opens_until: view.opens_until.map(time),
            after: view.follows,
            ended: view.ended.map(time),
            because: view.why,
            clear_due: view.clear_due.map(time),
            cleared: view.cleared.map(time),
            steps: steps.map(HospitalFlagStepBody::from).collect(),
        }
    }
}

/// A list of flags.
#[derive(Serialize, ToSchema)]
pub(crate) struct HospitalFlags {
    /// Those that are set first, the soonest reviewed before all; then those to be cleared.
    hospital_flags: Vec<HospitalFlagBody>,
    /// Always null: there are few.
    next: Option<String>,
}

/// Why a flag is ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reasons": "the meeting of today decided that it is not needed any more"}))]
pub(crate) struct EndRequest {
    /// Why.
    reasons: String,
}

/// Sets a hospital flag: the form `hospital-flag`.
///
/// It goes to one acute trust and to nobody else: the one named in `recipients`, else the one partner
/// that is one. The person's name, date of birth and NHS number are put in from the record where
/// `nominal` names it. A meeting at level 2 or 3 has decided it, and its review is within six months
/// (ISP-33). With `after` it goes on from an earlier flag, which is over then.
#[utoipa::path(
    post, path = "/api/v1/hospital-flags", tag = "health", operation_id = "set_hospital_flag",
    params(
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who sets it, and is told when the person comes"),
    ),
    request_body(content = Object, content_type = "application/json", description = "by the schema at /schemas/hospital-flag.json"),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn set(
    state: State<Api>,
    called: Called,
    query: Query<PostQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let form = ("hospital-flag", None);
    take(state, called, form, query, &headers, &body).await
}

/// Lists the flags that the calling agency set, was given, or oversees.
#[utoipa::path(
    get, path = "/api/v1/hospital-flags", tag = "health", operation_id = "list_hospital_flags",
    responses((status = 200, description = "All of them", body = HospitalFlags), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<HospitalFlags>, Refused> {
    let views = api.flow.hospital_flags(&caller).await?;
    Ok(Json(HospitalFlags {
        hospital_flags: views.into_iter().map(HospitalFlagBody::from).collect(),
        next: None,
    }))
}

/// One flag, with what happened to it.
#[utoipa::path(
    get, path = "/api/v1/hospital-flags/{id}", tag = "health", operation_id = "hospital_flag",
    params(("id" = String, Path, description = "The flag")),
    responses((status = 200, description = "The flag", body = HospitalFlagBody), Problems),
)]
pub(crate) async fn one(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<HospitalFlagBody>, Refused> {
    let view = api.flow.hospital_flag(&caller, &id).await?;
    Ok(Json(view.into()))
}

/// Says that the person came, or somebody related to them: the form `hospital-attendance`.
///
/// It goes to whoever set the flag, to the lead agency and to the coordination unit, who are told at
/// once. It says where and when, and a few words on safety: no diagnosis and no treatment.
#[utoipa::path(
    post, path = "/api/v1/hospital-flags/{id}/attendance", tag = "health", operation_id = "hospital_attendance",
    params(
        ("id" = String, Path, description = "The flag"),
        PostQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the trust: who says it; left out, its system does"),
    ),
    request_body(content = Object, content_type = "application/json", description = "by the schema at /schemas/hospital-attendance.json"),
    responses(
        (status = 201, description = "Recorded", body = AnswerBody, headers(
            ("Location" = String, description = "the exchange"),
        )),
        (status = 200, description = "Decided with `dry_run`: no `id`, no `receipt`", body = AnswerBody),
        Problems,
    ),
)]
pub(crate) async fn attendance(
    state: State<Api>,
    called: Called,
    Path(id): Path<String>,
    query: Query<PostQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let of = ("hospital-attendance", Some(id));
    take(state, called, of, query, &headers, &body).await
}

/// Ends a flag: nobody opens it any more, and the trust is asked to clear it from its own system.
#[utoipa::path(
    post, path = "/api/v1/hospital-flags/{id}/end", tag = "health", operation_id = "end_hospital_flag",
    params(
        ("id" = String, Path, description = "The flag"),
        ("X-On-Behalf-Of" = String, Header, description = "somebody of the agency that set it, or the coordinator"),
    ),
    request_body = EndRequest,
    responses((status = 200, description = "Ended", body = HospitalFlagBody), Problems),
)]
pub(crate) async fn end(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<EndRequest>,
) -> Result<Json<HospitalFlagBody>, Refused> {
    let ended = api
        .flow
        .end_hospital_flag(&caller, &id, &request.reasons)
        .await?;
    Ok(Json(ended.into()))
}

/// Says that the trust has cleared a flag that is over from its own system.
#[utoipa::path(
    post, path = "/api/v1/hospital-flags/{id}/cleared", tag = "health", operation_id = "hospital_flag_cleared",
    params(
        ("id" = String, Path, description = "The flag"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the trust; left out, its system says it"),
    ),
    responses((status = 200, description = "Cleared; said twice, the same", body = HospitalFlagBody), Problems),
)]
pub(crate) async fn cleared(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Json<HospitalFlagBody>, Refused> {
    let view = api.flow.clear_hospital_flag(&caller, &id).await?;
    Ok(Json(view.into()))
}
