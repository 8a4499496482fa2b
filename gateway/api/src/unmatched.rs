//! Exchanges that no nominal was found for: for the coordination unit's coordinator alone.

use axum::extract::State;
use gateway_core::Id;
use gateway_http::{Fault, FieldError, Json, Path, Query};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::page::{Page, PageQuery};
use crate::wire::answer::AnswerBody;
use crate::wire::list::{Unmatched, UnmatchedBody};
use crate::wire::read;

/// Lists unmatched exchanges with the nominals that may be meant.
#[utoipa::path(
    get, path = "/api/v1/unmatched", tag = "unmatched", operation_id = "list_unmatched",
    params(
        PageQuery,
        ("X-On-Behalf-Of" = String, Header, description = "the coordinator's enrolled address"),
    ),
    responses((status = 200, description = "A page", body = Unmatched), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
    Query(query): Query<PageQuery>,
) -> Result<Json<Unmatched>, Refused> {
    let agency = caller.agency.as_str();
    let page = Page::of(
        &api,
        "unmatched",
        agency,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let mut found = api
        .flow
        .unmatched(&caller, None, page.after.as_deref(), page.wanted())
        .await?;
    let next = page.cut(&api, &mut found, |entry| &entry.exchange)?;
    Ok(Json(Unmatched {
        unmatched: found.into_iter().map(UnmatchedBody::from).collect(),
        next,
    }))
}

/// The coordinator's match.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"nominal": "01890a5d-ac96-774b-bcce-b302099a8057", "reasons": "confirmed with the sender by telephone"}))]
pub(crate) struct MatchRequest {
    /// The nominal's reference.
    nominal: String,
    /// Why, in words; cannot be empty.
    #[schema(min_length = 1)]
    #[serde(default)]
    reasons: Option<String>,
}

impl MatchRequest {
    /// The nominal and the reasons.
    fn read(&self) -> Result<(&str, String), Fault> {
        let nominal = self
            .nominal
            .parse::<Id>()
            .map_err(|error| FieldError::new("/nominal", error.to_string()));
        match (nominal, read::reasons(self.reasons.as_deref())) {
            (Ok(_), Ok(reasons)) => Ok((&self.nominal, reasons)),
            (nominal, reasons) => Err(Fault::Unprocessable(
                nominal.err().into_iter().chain(reasons.err()).collect(),
            )),
        }
    }
}

/// Attaches an exchange to a nominal; it is decided then.
#[utoipa::path(
    post, path = "/api/v1/unmatched/{exchange}", tag = "unmatched", operation_id = "match_exchange",
    params(
        ("exchange" = String, Path, description = "The exchange"),
        ("X-On-Behalf-Of" = String, Header, description = "the coordinator's enrolled address"),
    ),
    request_body = MatchRequest,
    responses((status = 200, description = "Matched and recorded", body = AnswerBody), Problems),
)]
pub(crate) async fn attach(
    State(api): State<Api>,
    Called(caller): Called,
    Path(exchange): Path<String>,
    Json(request): Json<MatchRequest>,
) -> Result<Json<AnswerBody>, Refused> {
    let (nominal, reasons) = request.read()?;
    let answer = api
        .flow
        .match_exchange(&caller, &exchange, nominal, &reasons)
        .await?;
    Ok(Json(AnswerBody::of(answer)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_needs_a_reference_and_reasons() {
        let request = MatchRequest {
            nominal: "him".to_owned(),
            reasons: None,
        };
        let Err(Fault::Unprocessable(faults)) = request.read() else {
            panic!("it reads")
        };
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/nominal", "/reasons"]);
    }
}
