//! The newest checkpoint on every answer of the API, so that a fork or a rollback shows.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Api;

const HEADER: HeaderName = HeaderName::from_static("ledger-checkpoint");

/// Adds `Ledger-Checkpoint`: the base64 of the newest signed note of the default area.
pub(crate) async fn attach(State(api): State<Api>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let wanted = path.starts_with("/api/") || path.starts_with("/fhir/");
    let mut response = next.run(request).await;
    if !wanted {
        return response;
    }
    // Without the store the answer is a problem already, and goes out without the header.
    if let Ok(Some(note)) = api.flow.checkpoint(None).await
        && let Ok(value) = HeaderValue::from_str(&STANDARD.encode(note))
    {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
