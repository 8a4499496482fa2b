//! Every route of the API, and the layers that all of them have.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use gateway_http::{Fault, evenly, harden, linger};
use gateway_store::failpoint;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::Described;
use crate::{
    Api, checkpoint, custody, events, exchange, fhir, flag, form, form_print, form_queue,
    form_request, health, hold, inbox, ledger, nominal, notice, openapi, unmatched,
};

/// The API's whole router, hardened: ready to be served.
pub fn router(api: Api) -> Router {
    let (router, _) = routes().split_for_parts();
    let sizes = DefaultBodyLimit::max(api.sizes.json);
    let router = router
        .layer(sizes)
        .layer(from_fn(whole_or_not_at_all))
        .with_state(api.clone());
    harden(router)
        .layer(from_fn(fhir::refused::outcomes))
        .layer(from_fn_with_state(api, checkpoint::attach))
        .layer(from_fn(linger))
        .layer(from_fn(evenly))
}

/// The public log alone, for another listener: its caller gives it fallbacks and headers.
pub fn ledger_router(api: Api) -> Router {
    ledger_routes().with_state(api)
}

/// The log's routes have wildcards, which OpenAPI does not know: they are described by
/// [`Described`].
fn ledger_routes() -> Router<Api> {
    Router::new()
        .route("/ledger/checkpoint", get(ledger::checkpoint))
        .route("/ledger/tile/{*path}", get(ledger::tile))
        .route("/ledger/{area}/checkpoint", get(ledger::area_checkpoint))
        .route("/ledger/{area}/tile/{*path}", get(ledger::area_tile))
}

/// `HEAD` would be logged as a reading, and take a delivery, with nothing read: what is an act is
/// asked for with `GET`.
async fn whole_or_not_at_all(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let acts = path.starts_with("/api/") || path.starts_with("/fhir/");
    if !acts || request.method() != Method::HEAD {
        let asked = request.method().clone();
        let answer = next.run(request).await;
        if acts && asked != Method::GET {
            failpoint::reached("api-answer");
        }
        return answer;
    }
    let mut refused = Fault::MethodNotAllowed.into_response();
    let allowed = HeaderValue::from_static("GET");
    refused.headers_mut().insert(header::ALLOW, allowed);
    refused
}

/// The routes with their descriptions.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(exchange::post::create, exchange::list::list))
        .routes(routes!(exchange::get::one, exchange::patch::complete))
        .routes(routes!(exchange::withdraw::withdraw))
        .routes(routes!(exchange::get::receipt))
        .routes(routes!(exchange::document::document))
        .routes(routes!(exchange::document::key))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::acknowledge))
        .routes(routes!(hold::list))
        .routes(routes!(hold::decide))
        .routes(routes!(hold::held_document))
        .routes(routes!(unmatched::list))
        .routes(routes!(unmatched::attach))
        .routes(routes!(nominal::one))
        .routes(routes!(events::list))
        .routes(routes!(notice::list))
        .routes(routes!(form::annex_f))
        .routes(routes!(form::one))
        .routes(routes!(form_print::pdf))
        .routes(routes!(form_request::ask, form_request::list))
        .routes(routes!(form_request::consider))
        .routes(routes!(form_queue::list, form_queue::decide))
        .routes(routes!(health::ask, health::list))
        .routes(routes!(health::one))
        .routes(routes!(health::respond))
        .routes(routes!(health::accept))
        .routes(routes!(health::review))
        .routes(routes!(health::wrong_patient))
        .routes(routes!(health::question::give, health::question::given))
        .routes(routes!(health::question::gathered))
        .routes(routes!(health::question::own))
        .routes(routes!(health::question::sign))
        .routes(routes!(health::counts::counts))
        .routes(routes!(fhir::metadata::metadata))
        .routes(routes!(fhir::task::create, fhir::task::search))
        .routes(routes!(fhir::task::read))
        .routes(routes!(
            fhir::communication::create,
            fhir::communication::search
        ))
        .routes(routes!(fhir::communication::read))
        .routes(routes!(flag::set, flag::list))
        .routes(routes!(flag::one))
        .routes(routes!(flag::attendance))
        .routes(routes!(flag::end))
        .routes(routes!(flag::cleared))
        .routes(routes!(custody::claim, custody::list))
        .routes(routes!(custody::answer))
        .routes(routes!(custody::hand_overs))
        .route("/openapi.json", get(openapi::serve))
        .route("/schemas/{form}", get(form::schema))
        .merge(ledger_routes().into())
}
