//! The operator's listener: is it up, is it ready, how much; the API's description; and the
//! hand of a manual clock.

mod clock;
mod metrics;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gateway_http::harden;

use crate::{Api, openapi};

/// The operator's whole router, hardened: ready to be served on loopback. `/clock` is there
/// with a manual clock alone.
pub fn ops_router(api: Api) -> Router {
    let router = Router::new()
        .route("/healthz", get(async || plain(StatusCode::OK, "ok")))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi::serve))
        .route("/clock", get(clock::get).post(clock::set))
        .with_state(api);
    harden(router)
}

async fn ready(State(api): State<Api>) -> Response {
    match api.flow.store.ping().await {
        Ok(()) => plain(StatusCode::OK, "ready"),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "database"),
    }
}

fn plain(status: StatusCode, word: &str) -> Response {
    (
        status,
        [(CONTENT_TYPE, "text/plain; charset=utf-8")],
        format!("{word}\n"),
    )
        .into_response()
}
