//! Forms that are asked for: by a coordinator, of an agency, for a meeting; and how the meeting
//! used what came.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use gateway_flow::form::{Asked, FormRequestView, FormUse};
use gateway_http::{Fault, FieldError, Json, Path};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::time;

/// What a coordinator asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"form": "annex-f", "nominal": "019c08fb-2250-71fe-bb91-f8aec9167004", "meeting_on": "2026-03-27"}))]
pub(crate) struct AskRequest {
    /// The form's id.
    form: String,
    /// About whom, by reference.
    nominal: String,
    /// Of which agency; left out, of the prison that holds the person.
    #[serde(default)]
    agency: Option<String>,
    /// The day of the meeting.
    #[schema(format = Date)]
    meeting_on: String,
    /// The meeting is called in an emergency: less notice.
    #[serde(default)]
    emergency: bool,
}

/// A form that is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormRequestBody {
    /// Its id.
    id: String,
    /// The form's id.
    form: String,
    /// About whom, by reference.
    nominal: String,
    /// Who is asked.
    agency: String,
    /// Who asks.
    asked_by: String,
    /// The day of the meeting.
    #[schema(format = Date)]
    meeting_on: String,
    /// When it was asked.
    asked: String,
    /// When it is due.
    due: String,
    /// It is late, or came late.
    late: bool,
    /// The exchange that answered it.
    exchange: Option<String>,
    /// When it was answered.
    answered: Option<String>,
}

impl From<FormRequestView> for FormRequestBody {
    fn from(view: FormRequestView) -> Self {
        Self {
            id: view.id,
            form: view.form,
            nominal: view.nominal,
            agency: view.agency,
            asked_by: view.unit,
            meeting_on: view.meeting_on,
            asked: time(view.asked),
            due: time(view.due),
            late: view.late,
            exchange: view.exchange,
            answered: view.answered.map(time),
        }
    }
}

/// A list of forms that are asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormRequests {
    /// What waits first, the soonest due before all.
    form_requests: Vec<FormRequestBody>,
    /// Always null: there are few.
    next: Option<String>,
}

/// How a meeting used a form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"meeting_on": "2026-03-27", "effect": "the licence conditions follow it"}))]
pub(crate) struct ConsiderationRequest {
    /// The day of the meeting.
    #[schema(format = Date)]
    meeting_on: String,
    /// The meeting had it before it.
    #[serde(default = "yes")]
    considered: bool,
    /// What came of it, in words; or why it was not considered.
    effect: String,
}

const fn yes() -> bool {
    true
}

/// Asks an agency for a form for a meeting; the agency is told, and the clock begins.
#[utoipa::path(
    post, path = "/api/v1/form-requests", tag = "forms", operation_id = "ask_for_form",
    params(("X-On-Behalf-Of" = String, Header, description = "a coordinator of the area's coordination unit")),
    request_body = AskRequest,
    responses((status = 201, description = "Asked", body = FormRequestBody), Problems),
)]
pub(crate) async fn ask(
    State(api): State<Api>,
    Called(caller): Called,
    Json(request): Json<AskRequest>,
) -> Result<Response, Refused> {
    let mut faults = Vec::new();
    let meeting_on = day("/meeting_on", &request.meeting_on, &mut faults);
    let agency = request.agency.as_ref().and_then(|id| {
        let read = id.parse().ok();
        if read.is_none() {
            let detail = "is no agency's id: give lower-case letters, digits and hyphens";
            faults.push(FieldError::new("/agency", detail));
        }
        read
    });
    let Some(meeting_on) = meeting_on.filter(|_| faults.is_empty()) else {
        return Err(Fault::Unprocessable(faults).into());
    };
    let asked = Asked {
        form: request.form,
        nominal: request.nominal,
        agency,
        meeting_on,
        emergency: request.emergency,
    };
    let view = api.flow.ask_for_form(&caller, &asked).await?;
    let place = format!("/api/v1/form-requests#{}", view.id);
    let body = Json(FormRequestBody::from(view));
    Ok((StatusCode::CREATED, [(LOCATION, place)], body).into_response())
}

/// Lists the forms that the calling agency is asked for, or has asked for.
#[utoipa::path(
    get, path = "/api/v1/form-requests", tag = "forms", operation_id = "list_form_requests",
    responses((status = 200, description = "All of them", body = FormRequests), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<FormRequests>, Refused> {
    let views = api.flow.form_requests(&caller).await?;
    Ok(Json(FormRequests {
        form_requests: views.into_iter().map(FormRequestBody::from).collect(),
        next: None,
    }))
}

/// Notes how a meeting used a form; its writers are told.
#[utoipa::path(
    post, path = "/api/v1/exchanges/{id}/consideration", tag = "forms", operation_id = "consider_form",
    params(
        ("id" = String, Path, description = "The exchange"),
        ("X-On-Behalf-Of" = String, Header, description = "a coordinator of the area's coordination unit"),
    ),
    request_body = ConsiderationRequest,
    responses((status = 204, description = "Noted"), Problems),
)]
pub(crate) async fn consider(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<ConsiderationRequest>,
) -> Result<StatusCode, Refused> {
    let mut faults = Vec::new();
    let Some(on) = day("/meeting_on", &request.meeting_on, &mut faults) else {
        return Err(Fault::Unprocessable(faults).into());
    };
    let used = FormUse {
        meeting_on: on,
        considered: request.considered,
        effect: request.effect,
    };
    api.flow.consider_form(&caller, &id, &used).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A day, in its one spelling.
fn day(pointer: &str, given: &str, faults: &mut Vec<FieldError>) -> Option<Date> {
    let read = given.parse::<Date>().ok();
    let read = read.filter(|date| date.to_string() == given);
    if read.is_none() {
        faults.push(FieldError::new(
            pointer,
            "is no date: write it as 2026-03-27",
        ));
    }
    read
}
