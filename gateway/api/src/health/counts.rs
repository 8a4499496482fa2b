//! How the requests went that a coordination unit oversees, in numbers.

use axum::extract::State;
use gateway_http::Json;
use gateway_store::HealthCounts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;

/// A share: so many of so many.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShareBody {
    /// So many.
    n: i64,
    /// Of so many.
    of: i64,
}

/// How the requests went that a coordination unit oversees.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthCountsBody {
    /// Cases in which health answered with something other than a refusal, of the cases in which it was asked (report 5.38).
    cases_shared: ShareBody,
    /// Requests that were withheld for confidentiality, of all (report 5.26, 5.38).
    withheld_for_confidentiality: ShareBody,
    /// Requests answered in full or in part, of all.
    shared: ShareBody,
    /// Requests of which nothing is held, or the person is not known, of all.
    nothing_held: ShareBody,
    /// Requests refused, with a reason, of all.
    refused: ShareBody,
    /// Requests refused without a reason on record, of all: a refusal cannot be sent without one.
    refused_without_reason: ShareBody,
    /// Requests past their time without an answer, of all.
    overdue: ShareBody,
    /// Requests that wait within their time, of all.
    open: ShareBody,
}

impl From<HealthCounts> for HealthCountsBody {
    fn from(counts: HealthCounts) -> Self {
        let of_all = |n| ShareBody {
            n,
            of: counts.asked,
        };
        Self {
            cases_shared: ShareBody {
                n: counts.cases_shared,
                of: counts.cases,
            },
            withheld_for_confidentiality: of_all(counts.withheld),
            shared: of_all(counts.shared),
            nothing_held: of_all(counts.nothing),
            refused: of_all(counts.refused),
            refused_without_reason: of_all(counts.unexplained),
            overdue: of_all(counts.overdue),
            open: of_all(counts.open),
        }
    }
}

/// How the requests went that the calling coordination unit oversees.
#[utoipa::path(
    get, path = "/api/v1/health-counts", tag = "health", operation_id = "health_counts",
    params(("X-On-Behalf-Of" = String, Header, description = "a coordinator, a chair or an auditor of the unit")),
    responses((status = 200, description = "The counts", body = HealthCountsBody), Problems),
)]
pub(crate) async fn counts(
    State(api): State<Api>,
    Called(caller): Called,
) -> Result<Json<HealthCountsBody>, Refused> {
    Ok(Json(api.flow.health_counts(&caller).await?.into()))
}
