//! Every route of the API, and the layers that all of them have.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use gateway_http::harden;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::Described;
use crate::{
    Api, checkpoint, events, exchange, hold, inbox, ledger, nominal, notice, openapi, unmatched,
};

/// The API's whole router, hardened: ready to be served.
pub fn router(api: Api) -> Router {
    let (router, _) = routes().split_for_parts();
    let sizes = DefaultBodyLimit::max(api.sizes.json);
    let router = router.layer(sizes).with_state(api.clone());
    harden(router).layer(from_fn_with_state(api, checkpoint::attach))
}

/// The routes with their descriptions. The log's have wildcards, which OpenAPI does not know:
/// they are described by [`Described`].
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(exchange::post::create, exchange::list::list))
        .routes(routes!(exchange::get::one, exchange::patch::complete))
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
        .route("/openapi.json", get(openapi::serve))
        .route("/ledger/checkpoint", get(ledger::checkpoint))
        .route("/ledger/tile/{*path}", get(ledger::tile))
        .route("/ledger/{area}/checkpoint", get(ledger::area_checkpoint))
        .route("/ledger/{area}/tile/{*path}", get(ledger::area_tile))
}
