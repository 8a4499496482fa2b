//! What waits for the calling agency.

use axum::extract::State;
use gateway_http::{Json, Path, Query};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::page::{Page, PageQuery};
use crate::wire::list::{Deliveries, InboxBody};

/// Lists what waits. What is listed counts as delivered from then on.
#[utoipa::path(
    get, path = "/api/v1/inbox", tag = "inbox", operation_id = "list_inbox",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Deliveries), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
    Query(query): Query<PageQuery>,
) -> Result<Json<Deliveries>, Refused> {
    let agency = caller.agency.as_str();
    let page = Page::of(&api, "inbox", agency, query.limit, query.cursor.as_deref())?;
    // Listing delivers, so only what is shown is asked for: a full page may be the last.
    let entries = api
        .flow
        .inbox(&caller, page.after.as_deref(), page.wanted() - 1)
        .await?;
    let next = match entries.len() < page.limit {
        true => None,
        false => page.end(&api, &entries, |entry| &entry.id)?,
    };
    let deliveries = entries.into_iter().map(InboxBody::from).collect();
    Ok(Json(Deliveries { deliveries, next }))
}

/// Says that the calling agency has it.
#[utoipa::path(
    post, path = "/api/v1/inbox/{delivery}/acknowledge", tag = "inbox", operation_id = "acknowledge_delivery",
    params(("delivery" = String, Path, description = "The delivery")),
    responses((status = 200, description = "The delivery, acknowledged", body = InboxBody), Problems),
)]
pub(crate) async fn acknowledge(
    State(api): State<Api>,
    Called(caller): Called,
    Path(delivery): Path<String>,
) -> Result<Json<InboxBody>, Refused> {
    Ok(Json(api.flow.acknowledge(&caller, &delivery).await?.into()))
}
