//! A nominal, for agencies that the protocol lets see it; the reading is logged first.

use axum::extract::State;
use gateway_http::{Json, Path};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::wire::list::NominalBody;

/// A nominal's record.
#[utoipa::path(
    get, path = "/api/v1/nominals/{ref}", tag = "nominals", operation_id = "get_nominal",
    params(
        ("ref" = String, Path, description = "The gateway's own reference"),
        ("X-On-Behalf-Of" = String, Header, description = "an enrolled address of the calling agency"),
    ),
    responses((status = 200, description = "The nominal", body = NominalBody), Problems),
)]
pub(crate) async fn one(
    State(api): State<Api>,
    Called(caller): Called,
    Path(reference): Path<String>,
) -> Result<Json<NominalBody>, Refused> {
    Ok(Json(api.flow.nominal(&caller, &reference).await?.into()))
}
