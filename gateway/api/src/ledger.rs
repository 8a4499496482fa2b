//! The transparency log as C2SP tlog-tiles, for anybody: salted hashes say nothing.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gateway_http::{Fault, Path};

use crate::Api;
use crate::error::Refused;
use crate::openapi::Problems;

/// The default area's newest checkpoint, a signed note.
#[utoipa::path(
    get, path = "/ledger/checkpoint", tag = "ledger", security(()),
    responses((status = 200, description = "The signed note", body = String, content_type = "text/plain"), Problems),
)]
pub(crate) async fn checkpoint(State(api): State<Api>) -> Result<Response, Refused> {
    note(&api, None).await
}

/// A tile or an entry bundle of the default area's log.
#[utoipa::path(
    get, path = "/ledger/tile/{path}", tag = "ledger", security(()),
    params(("path" = String, Path, description = "`<level>/<index>[.p/<width>]` or `entries/<index>[.p/<width>]`; may hold slashes")),
    responses((status = 200, description = "The tile", body = Vec<u8>, content_type = "application/octet-stream"), Problems),
)]
pub(crate) async fn tile(
    State(api): State<Api>,
    Path(path): Path<String>,
) -> Result<Response, Refused> {
    file(&api, None, &path).await
}

/// The newest checkpoint of an area.
#[utoipa::path(
    get, path = "/ledger/{area}/checkpoint", tag = "ledger", security(()),
    params(("area" = String, Path, description = "The area; or the id of a log that a restore closed, such as `london-0`")),
    responses((status = 200, description = "The signed note", body = String, content_type = "text/plain"), Problems),
)]
pub(crate) async fn area_checkpoint(
    State(api): State<Api>,
    Path(area): Path<String>,
) -> Result<Response, Refused> {
    note(&api, Some(&area)).await
}

/// A tile or an entry bundle of an area's log.
#[utoipa::path(
    get, path = "/ledger/{area}/tile/{path}", tag = "ledger", security(()),
    params(
        ("area" = String, Path, description = "The area; or the id of a log that a restore closed, such as `london-0`"),
        ("path" = String, Path, description = "As of the default area's log"),
    ),
    responses((status = 200, description = "The tile", body = Vec<u8>, content_type = "application/octet-stream"), Problems),
)]
pub(crate) async fn area_tile(
    State(api): State<Api>,
    Path((area, path)): Path<(String, String)>,
) -> Result<Response, Refused> {
    file(&api, Some(&area), &path).await
}

async fn note(api: &Api, area: Option<&str>) -> Result<Response, Refused> {
    let note = api.flow.checkpoint(area).await?.ok_or(Fault::NotFound)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

async fn file(api: &Api, area: Option<&str>, path: &str) -> Result<Response, Refused> {
    let tile = format!("tile/{path}");
    let bytes = api
        .flow
        .ledger_file(area, &tile)
        .await?
        .ok_or(Fault::NotFound)?;
    let mut response = ([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
    if !path.contains(".p/") {
        // A full tile never changes (C2SP tlog-tiles).
        response.headers_mut().insert(
            CACHE_CONTROL,
            axum::http::HeaderValue::from_static("public, max-age=31536000, immutable"),
        );
    }
    Ok(response)
}
