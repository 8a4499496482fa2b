//! Answers, as `Communication`.

use axum::body::Body as Stream;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use gateway_core::ExchangeState;
use gateway_fhir::{Json, Message, Search, Searched};
use gateway_flow::health::HealthAnswerView;
use gateway_forms::Body;
use gateway_health::{Names, Vaulted, answer_model, send, submit_answer};
use gateway_http::{Fault, Path};
use tokio_stream::wrappers::ReceiverStream;

use super::refused::NotFhir;
use super::task::opened;
use super::{
    FHIR_JSON, ROOT, acceptable, answered, located, page, reader, received, systems, writer,
};
use crate::Api;
use crate::caller::Called;
use crate::openapi::Outcomes;

/// An answer that is read, its documents with it: opened as far as the caller may have them, and
/// each logged as read when it is written.
///
/// Who sent it has it without its documents, in the name of a person. What is left out is not
/// there, and the tag `SUBSETTED` says so.
#[utoipa::path(
    get, path = "/fhir/R4/Communication/{id}", tag = "fhir", operation_id = "fhir_communication",
    params(
        ("id" = String, Path, description = "The answer"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "the named person; needed under NAMED_RECIPIENT, and to read what the caller's agency sent itself"),
    ),
    responses(
        (status = 200, description = "The `Communication`, its documents as base64 in it", body = Object, content_type = "application/fhir+json"),
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
    let view = api.flow.health_answer(&caller, &id).await?;
    if view.called_back {
        let communication = linked(&api, &view, &Body::default(), true).await?;
        return answered(StatusCode::OK, &communication);
    }
    let (body, partly) = opened(&api, &caller, &id, view.own).await?;
    if view.own {
        let communication = linked(&api, &view, &body, partly).await?;
        return answered(StatusCode::OK, &communication);
    }
    let documents = api.flow.form_documents(&caller, &id).await?;
    let names = names(&api, &view).await?;
    let (mut model, numbers) = answer_model(&view, &body, &names, &documents)?;
    model.partly |= partly;
    let source = Vaulted::new(api.flow.clone(), caller, id, numbers);
    let chunks = send(writer()?.communication(&model), source);
    let body = Stream::from_stream(ReceiverStream::new(chunks));
    Ok((StatusCode::OK, [(CONTENT_TYPE, FHIR_JSON)], body).into_response())
}

async fn names(api: &Api, view: &HealthAnswerView) -> Result<Names, NotFhir> {
    Ok(Names::of(&api.flow, &view.area, &[&view.agency]).await?)
}

/// An answer without its documents.
async fn linked(
    api: &Api,
    view: &HealthAnswerView,
    body: &Body,
    partly: bool,
) -> Result<Json, NotFhir> {
    let names = names(api, view).await?;
    let (mut model, _) = answer_model(view, body, &names, &[])?;
    model.partly = partly;
    Ok(writer()?.linked_communication(&model, &|_| None))
}

/// Searches the answers that the calling agency gave or received.
///
/// Nothing is opened: each is cut to where it stands. Parameters are `_id`, `status`, `based-on` and
/// `_count`; one that is not known is refused, or passed over with `Prefer: handling=lenient`.
#[utoipa::path(
    get, path = "/fhir/R4/Communication", tag = "fhir", operation_id = "fhir_search_communications",
    params(
        ("status" = Option<String>, Query, description = "codes of R4's event-status, joined by commas"),
        ("based-on" = Option<String>, Query, description = "the request that is answered, such as `Task/` and its id"),
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
    let search = page::search(Searched::Communication, &parts)?;
    let mut views = api.flow.health_answers(&caller).await?;
    views.retain(|view| fits(&search, view));
    let (views, total, next) = page::cut(&search, views, |view| &view.id);
    let mut found = Vec::new();
    for view in &views {
        found.push(linked(&api, view, &Body::default(), true).await?);
    }
    let found = (found, total, next);
    page::bundle(Searched::Communication, &parts, &search, found)
}

fn fits(search: &Search, view: &HealthAnswerView) -> bool {
    let status = search.status.as_ref();
    status.is_none_or(|codes| codes.contains(&status_of(view)))
        && page::is_of(search.based_on.as_deref(), &view.request)
        && page::is_of(search.ids.as_deref(), &view.id)
}

/// The code of R4's event-status with which an answer is written.
fn status_of(view: &HealthAnswerView) -> &'static str {
    match (view.called_back, view.outcome.as_str(), view.interim) {
        (true, ..) => "entered-in-error",
        (false, "refused", _) => "not-done",
        (false, _, true) => "in-progress",
        (false, _, false) => "completed",
    }
}

/// Answers a request: the same as `POST /api/v1/health-requests/{id}/response`.
///
/// `basedOn` names the request. Documents are base64 in what is contained, up to 200 MiB of it each;
/// they are sealed, and shown to the scanner where there is one, as they come. The gateway sets id
/// and time.
#[utoipa::path(
    post, path = "/fhir/R4/Communication", tag = "fhir", operation_id = "fhir_create_communication",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "makes the same request safe to repeat; 1 to 255 printable ASCII characters"),
        ("If-None-Exist" = Option<String>, Header, description = "the same, as R4 has it: what was created under this search is answered with 200"),
        ("X-On-Behalf-Of" = Option<String>, Header, description = "an enrolled address of the calling agency: who answers"),
    ),
    request_body(content = Object, content_type = "application/fhir+json", description = "a `Communication` that contains all that it refers to"),
    responses(
        (status = 201, description = "Recorded: the `Communication`, without the bytes of its documents", body = Object, content_type = "application/fhir+json", headers(
            ("Location" = String, description = "the answer"),
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
    let reader = reader(&api, systems()?, "Communication");
    let (message, staged) = received::message(&api, reader, request).await?;
    let Message::Answer(mut said) = message else {
        return Err(Fault::UnsupportedMediaType.into());
    };
    let answer = submit_answer(&api.flow, caller, &said, staged, once.key).await?;
    let status = match answer.again && once.conditional {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    let id = answer.id.unwrap_or_default();
    said.id = id.parse().map_err(|_| Fault::NotFound)?;
    let response = answered(status, &writer()?.linked_communication(&said, &|_| None))?;
    let waits = [ExchangeState::Incomplete, ExchangeState::Quarantined].contains(&answer.state);
    let place = match waits {
        true => format!("/api/v1/exchanges/{id}"),
        false => format!("{ROOT}/Communication/{id}"),
    };
    Ok(located(response, &place))
}
