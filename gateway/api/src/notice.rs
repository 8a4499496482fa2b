//! Notices to roles at the calling agency.

use axum::extract::State;
use gateway_http::{Json, Query};

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::page::{Page, PageQuery};
use crate::wire::list::{NoticeBody, Notices};

/// Lists notices to the calling agency.
#[utoipa::path(
    get, path = "/api/v1/notices", tag = "notices", operation_id = "list_notices",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Notices), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
    Query(query): Query<PageQuery>,
) -> Result<Json<Notices>, Refused> {
    let agency = caller.agency.as_str();
    let page = Page::of(
        &api,
        "notices",
        agency,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let mut notices = api
        .flow
        .notices(&caller, page.after.as_deref(), page.wanted())
        .await?;
    let next = page.cut(&api, &mut notices, |notice| &notice.id)?;
    Ok(Json(Notices {
        notices: notices.into_iter().map(NoticeBody::from).collect(),
        next,
    }))
}
