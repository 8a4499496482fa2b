//! Requests, as `Task`.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use gateway_core::ExchangeState;
use gateway_core::calendar::local_date;
use gateway_fhir::{Message, Search, Searched};
use gateway_flow::health::HealthView;
use gateway_flow::{Answer, Caller, FlowError};
use gateway_forms::Body;
use gateway_health::{Names, REQUEST, request_form, request_model, submit_request};
use gateway_http::{Fault, Path};

use super::refused::NotFhir;
use super::{ROOT, acceptable, answered, located, page, reader, received, systems, writer};
use crate::Api;
use crate::caller::Called;
use crate::openapi::Outcomes;

/// A request that is read: opened as far as the caller may have it, and logged as read.
///
/// Who sent it reads it in the name of a person; without one, and where something of it is not the
/// caller's to have now, what is left out is not there, and the tag `SUBSETTED` says so.
#[utoipa::path(
    get, path = "/fhir/R4/Task/{id}", tag = "fhir", operation_id = "fhir_task",
    params(
        ("id" = String, Path, description = "The request"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency; needed to read what it sent itself"),
    ),
    responses(
        (status = 200, description = "The `Task`, with all that it refers to contained in it", body = Object, content_type = "application/fhir+json"),
        Outcomes,
    ),
)]
pub(crate) async fn read(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, NotFhir> {
    acceptable(&parts.headers)?;
    let view = match api.flow.health_request(&caller, &id).await {
        Err(FlowError::NotFound) => return draft(&api, &caller, &id).await,
        found => found?,
    };
    let own = view.agency == caller.agency.as_str();
    let (body, partly) = opened(&api, &caller, &id, own).await?;
    answered(StatusCode::OK, &task(&api, &view, &body, partly).await?)
}

/// A request of the caller's that waits to be completed, with what is missing.
async fn draft(api: &Api, caller: &Caller, id: &str) -> Result<Response, NotFhir> {
    let draft = api.flow.health_draft(caller, id).await?;
    let (body, partly) = opened(api, caller, id, true).await?;
    let names = Names::of_request(&api.flow, &draft.view, &body).await?;
    let mut model = request_model(&draft.view, &body, &names)?;
    model.partly = partly;
    if draft.view.nominal.is_empty() {
        model.subject.reference = None;
    }
    let missing = waits_for(&draft.missing, id);
    answered(StatusCode::OK, &writer()?.draft(&model, &missing))
}

/// What a draft waits for, in words.
fn waits_for(missing: &[String], id: &str) -> String {
    let words = missing.iter().map(|pointer| match pointer.as_str() {
        "/nominal" => {
            "whom it is about (`Task.for`): two identifiers that agree with one record, or that record's reference"
        }
        "/level" => "that the level in it is right, which is not the one on record (`Task.input`)",
        "/purpose" => "the purpose (`Task.reasonCode`)",
        "/necessity" => "why it is needed (`Task.input`)",
        "/bases" => "the legal basis (`Task.input`)",
        "/recipients" => "that the body that is asked is right (`Task.owner`)",
        other => other,
    });
    let words: Vec<&str> = words.collect();
    format!(
        "Not sent yet. Missing, or to be confirmed: {}. Complete it by PATCH /api/v1/exchanges/{id}",
        words.join("; ")
    )
}

/// What a caller has of a form, opened; and whether something is left out.
pub(super) async fn opened(
    api: &Api,
    caller: &Caller,
    id: &str,
    own: bool,
) -> Result<(Body, bool), NotFhir> {
    if own {
        return match caller.person {
            Some(_) => Ok((api.flow.own_form(caller, id).await?.1, false)),
            None => Ok((Body::default(), true)),
        };
    }
    match api.flow.form_to_keep(caller, id).await {
        Ok(Some(read)) if read.body.is_empty() && !read.closed.is_empty() => {
            let whys = read.closed.into_iter().map(|(_, why)| why);
            let mut whys: Vec<String> = whys.collect();
            whys.dedup();
            Err(Fault::Forbidden(whys.join("; ")).into())
        }
        Ok(Some(read)) => Ok((read.body, !read.closed.is_empty())),
        Ok(None) | Err(FlowError::NotFound) => Ok((Body::default(), true)),
        Err(error) => Err(error.into()),
    }
}

async fn task(
    api: &Api,
    view: &HealthView,
    body: &Body,
    partly: bool,
) -> Result<gateway_fhir::Json, NotFhir> {
    let names = Names::of_request(&api.flow, view, body).await?;
    let mut model = request_model(view, body, &names)?;
    model.partly = partly;
    Ok(writer()?.task(&model))
}

/// Searches the requests that the calling agency made, is asked, or oversees.
///
/// Nothing is opened: each is cut to where it stands. Parameters are `_id`, `status`, `owner` and
/// `_count`; one that is not known is refused, or passed over with `Prefer: handling=lenient`.
#[utoipa::path(
    get, path = "/fhir/R4/Task", tag = "fhir", operation_id = "fhir_search_tasks",
    params(
        ("status" = Option<String>, Query, description = "codes of R4's task-status, joined by commas"),
        ("owner" = Option<String>, Query, description = "the health body that is asked, such as `Organization/london-mental-health`"),
        ("_id" = Option<String>, Query, description = "ids, joined by commas"),
        ("_count" = Option<u16>, Query, description = "how many on a page, 0 to 100"),
        ("Prefer" = Option<String>, Header, description = "`handling=strict` or `handling=lenient`"),
    ),
    responses(
        (status = 200, description = "A `Bundle` of the type searchset, the newest first", body = Object, content_type = "application/fhir+json"),
        Outcomes,
    ),
)]
pub(crate) async fn search(
    State(api): State<Api>,
    Called(caller): Called,
    parts: Parts,
) -> Result<Response, NotFhir> {
    let search = page::search(Searched::Task, &parts)?;
    let mut views = api.flow.health_requests(&caller).await?;
    views.retain(|view| fits(&search, view));
    let (views, total, next) = page::cut(&search, views, |view| &view.id);
    let mut found = Vec::new();
    for view in &views {
        found.push(task(&api, view, &Body::default(), true).await?);
    }
    page::bundle(Searched::Task, &parts, &search, (found, total, next))
}

fn fits(search: &Search, view: &HealthView) -> bool {
    let status = search.status.as_ref();
    let owner = search.owner.as_ref();
    status.is_none_or(|codes| codes.contains(&view.state.as_str()))
        && owner.is_none_or(|owner| owner.as_str() == view.holder)
        && page::is_of(search.ids.as_deref(), &view.id)
}

/// Asks a health body: the same as `POST /api/v1/health-requests`.
///
/// The gateway sets id, times and status. Where the person is not found, it is a draft, whose
/// `statusReason` says what is missing; it goes out once it is completed by
/// `PATCH /api/v1/exchanges/{id}`, and its sender reads it here meanwhile.
#[utoipa::path(
    post, path = "/fhir/R4/Task", tag = "fhir", operation_id = "fhir_create_task",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("If-None-Exist" = Option<String>, Header, description = "the same, as R4 has it: what was created under this search is answered with 200"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who asks"),
    ),
    request_body(content = Object, content_type = "application/fhir+json", description = "a `Task` that contains all that it refers to"),
    responses(
        (status = 201, description = "Recorded: the `Task` as it stands", body = Object, content_type = "application/fhir+json", headers(
            ("Location" = String, description = "the request"),
        )),
        (status = 200, description = "It was there already", body = Object, content_type = "application/fhir+json"),
        Outcomes,
    ),
)]
pub(crate) async fn create(
    State(api): State<Api>,
    Called(caller): Called,
    request: Request,
) -> Result<Response, NotFhir> {
    acceptable(request.headers())?;
    let once = received::once(request.headers())?;
    let reader = reader(&api, systems()?, "Task");
    let (message, _) = received::message(&api, reader, request).await?;
    let Message::Request(asked) = message else {
        return Err(Fault::UnsupportedMediaType.into());
    };
    let answer = submit_request(&api.flow, caller.clone(), &asked, once.key).await?;
    let status = match answer.again && once.conditional {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    created(&api, &caller, *asked, answer, status).await
}

async fn created(
    api: &Api,
    caller: &Caller,
    mut asked: gateway_fhir::Request,
    answer: Answer,
    status: StatusCode,
) -> Result<Response, NotFhir> {
    let id = answer.id.unwrap_or_default();
    let waits = [ExchangeState::Incomplete, ExchangeState::Quarantined].contains(&answer.state);
    if waits {
        asked.id = id.parse().map_err(|_| Fault::NotFound)?;
        let missing = waits_for(&answer.missing, &id);
        let response = answered(status, &writer()?.draft(&asked, &missing))?;
        return Ok(located(response, &format!("{ROOT}/Task/{id}")));
    }
    let view = api.flow.health_request(caller, &id).await?;
    let body = said(api, &asked)?;
    let response = answered(status, &task(api, &view, &body, false).await?)?;
    Ok(located(response, &format!("{ROOT}/Task/{id}")))
}

/// What a request says, as its form has it.
fn said(api: &Api, asked: &gateway_fhir::Request) -> Result<Body, NotFhir> {
    let given = request_form(asked).map_err(NotFhir::Outcome)?;
    let form = api.flow.forms.form(REQUEST).ok_or(Fault::NotFound)?;
    let today = local_date(api.flow.clock.now());
    Ok(Body::gather(form, &given, today).0)
}
