//! A nominal's timeline: each event with its proof.

use axum::extract::State;
use gateway_http::{Json, Path, Query};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::page::{Page, PageQuery};
use crate::wire::list::{EventBody, Events};

/// A nominal's timeline.
#[utoipa::path(
    get, path = "/api/v1/nominals/{ref}/events", tag = "nominals", operation_id = "list_events",
    params(
        PageQuery,
        ("ref" = String, Path, description = "The gateway's own reference"),
        ("X-On-Behalf-Of" = String, Header, description = "an enrolled address of the calling agency"),
    ),
    responses((status = 200, description = "A page", body = Events), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
    Path(reference): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Events>, Refused> {
    let name = format!("events:{reference}");
    let agency = caller.agency.as_str();
    let page = Page::of(&api, &name, agency, query.limit, query.cursor.as_deref())?;
    let after = page.after.as_deref();
    let mut events = api
        .flow
        .timeline(&caller, &reference, after, page.wanted())
        .await?;
    let next = page.cut(&api, &mut events, |event| &event.id)?;
    Ok(Json(Events {
        events: events.into_iter().map(EventBody::from).collect(),
        next,
    }))
}
