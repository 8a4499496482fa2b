//! `GET /api/v1/exchanges`: what the calling agency sent or received, the newest first.

use axum::extract::State;
use gateway_core::ExchangeState;
use gateway_http::{Fault, Json, Query};
use gateway_store::ExchangeFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::page::Page;
use crate::wire::record::{ExchangeSummary, Exchanges};
use crate::wire::words;

/// Which exchanges.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those in this state.
    #[param(schema_with = words::exchange_state)]
    state: Option<String>,
    /// Only those about this nominal, by its reference.
    nominal: Option<String>,
    /// Only those that the agency sent, or received.
    #[param(inline)]
    role: Option<Part>,
    /// How many entries, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The agency's part in an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    /// It sent it.
    Sent,
    /// It has something of it.
    Received,
}

/// Lists exchanges that the calling agency sent or received, the newest first.
#[utoipa::path(
    get, path = "/api/v1/exchanges", tag = "exchanges", operation_id = "list_exchanges",
    params(ListQuery),
    responses((status = 200, description = "A page", body = Exchanges), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
    Query(query): Query<ListQuery>,
) -> Result<Json<Exchanges>, Refused> {
    let agency = caller.agency.as_str();
    let page = Page::of(
        &api,
        "exchanges",
        agency,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let state = query
        .state
        .map(|state| state.parse::<ExchangeState>())
        .transpose();
    let state =
        state.map_err(|error| Fault::BadRequest(format!("the query's `state`: {error}")))?;
    let filter = ExchangeFilter {
        agency: agency.to_owned(),
        nominal: query.nominal,
        state: state.map(|state| state.to_string()),
        sent: query.role.map(|role| role == Part::Sent),
        before: page.after.clone(),
    };
    let mut rows = api.flow.exchanges(&filter, page.wanted()).await?;
    let next = page.cut(&api, &mut rows, |row| &row.id)?;
    let exchanges = rows
        .into_iter()
        .map(|row| ExchangeSummary::of(row, agency))
        .collect();
    Ok(Json(Exchanges { exchanges, next }))
}
