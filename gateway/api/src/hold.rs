//! What waits for a reviewer, what is held, and the decision.

use axum::extract::State;
use axum::response::Response;
use gateway_core::{Category, ExchangeState};
use gateway_flow::hold::Judgement;
use gateway_http::{Fault, FieldError, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::caller::Called;
use crate::error::Refused;
use crate::openapi::Problems;
use crate::page::{Page, PageQuery};
use crate::stream;
use crate::wire::answer::{DecisionBody, receipt};
use crate::wire::list::{HoldBody, Holds};
use crate::wire::{read, words};

/// Lists what waits for a reviewer of the calling agency.
#[utoipa::path(
    get, path = "/api/v1/holds", tag = "holds", operation_id = "list_holds",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Holds), Problems),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Called(caller): Called,
    Query(query): Query<PageQuery>,
) -> Result<Json<Holds>, Refused> {
    let agency = caller.agency.as_str();
    let page = Page::of(&api, "holds", agency, query.limit, query.cursor.as_deref())?;
    let mut holds = api
        .flow
        .holds(&caller, page.after.as_deref(), page.wanted())
        .await?;
    let next = page.cut(&api, &mut holds, |hold| &hold.id)?;
    Ok(Json(Holds {
        holds: holds.into_iter().map(HoldBody::from).collect(),
        next,
    }))
}

/// A reviewer's decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "approve", "reasons": "needed to plan his supervision"}))]
pub(crate) struct DecideRequest {
    /// `approve` or `refuse`.
    #[schema(pattern = "^(approve|refuse)$")]
    decision: String,
    /// Why, in words; cannot be empty.
    #[schema(min_length = 1)]
    #[serde(default)]
    reasons: Option<String>,
    /// What kind of information it is: where the item came without a category, its approval
    /// says it.
    #[schema(schema_with = words::maybe_category)]
    #[serde(default)]
    category: Option<String>,
}

impl DecideRequest {
    /// The decision, its reasons, and the category where one is given.
    fn read(&self) -> Result<Judgement, Fault> {
        let approve = match self.decision.as_str() {
            "approve" => Ok(true),
            "refuse" => Ok(false),
            _ => Err(FieldError::new(
                "/decision",
                "is no decision: give `approve` or `refuse`",
            )),
        };
        let category = match self.category.as_deref().map(str::parse::<Category>) {
            None => Ok(None),
            Some(Ok(category)) => Ok(Some(category)),
            Some(Err(error)) => Err(FieldError::new("/category", error.to_string())),
        };
        match (approve, read::reasons(self.reasons.as_deref()), category) {
            (Ok(approve), Ok(reasons), Ok(category)) => Ok(Judgement {
                approve,
                reasons,
                category,
            }),
            (approve, reasons, category) => Err(Fault::Unprocessable(
                approve
                    .err()
                    .into_iter()
                    .chain(reasons.err())
                    .chain(category.err())
                    .collect(),
            )),
        }
    }
}

/// A hold, decided.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecidedBody {
    /// The hold's id.
    id: String,
    /// `approve` or `refuse`.
    decision: &'static str,
    /// The exchange.
    exchange: String,
    /// The exchange's state now.
    #[schema(schema_with = words::exchange_state)]
    state: &'static str,
    /// The decision, made again.
    decisions: Vec<DecisionBody>,
    /// The text of the act's `.tlog-proof`.
    receipt: String,
}

/// Decides a hold; the sharing is decided again with it.
#[utoipa::path(
    post, path = "/api/v1/holds/{id}", tag = "holds", operation_id = "decide_hold",
    params(
        ("id" = String, Path, description = "The hold"),
        ("X-On-Behalf-Of" = String, Header, description = "the reviewer's enrolled address"),
    ),
    request_body = DecideRequest,
    responses((status = 200, description = "Decided and recorded", body = DecidedBody), Problems),
)]
pub(crate) async fn decide(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
    Json(request): Json<DecideRequest>,
) -> Result<Json<DecidedBody>, Refused> {
    let judgement = request.read()?;
    let approve = judgement.approve;
    let decided = api.flow.decide_hold(&caller, &id, judgement).await?;
    Ok(Json(DecidedBody {
        id: decided.hold,
        decision: if approve { "approve" } else { "refuse" },
        exchange: decided.exchange,
        state: ExchangeState::as_str(decided.state),
        decisions: decided
            .decisions
            .into_iter()
            .map(DecisionBody::from)
            .collect(),
        receipt: receipt(&decided.receipt)?,
    }))
}

/// What is held, for a person who may decide it.
#[utoipa::path(
    get, path = "/api/v1/holds/{id}/document", tag = "holds", operation_id = "get_held_document",
    params(
        ("id" = String, Path, description = "The hold"),
        ("X-On-Behalf-Of" = String, Header, description = "the reviewer's enrolled address"),
    ),
    responses((status = 200, description = "The content, of its own media type", body = Vec<u8>, content_type = "application/octet-stream"), Problems),
)]
pub(crate) async fn held_document(
    State(api): State<Api>,
    Called(caller): Called,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    Ok(stream::document(
        api.flow.hold_document(&caller, &id).await?,
    ))
}

#[cfg(test)]
mod tests {
    use gateway_http::json::from_slice;

    use super::*;

    fn faults(text: &str) -> Vec<String> {
        match from_slice::<DecideRequest>(text.as_bytes()).and_then(|r| r.read()) {
            Err(Fault::Unprocessable(faults)) => faults.into_iter().map(|f| f.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_decision_is_one_of_two_words_with_reasons() {
        let read = |text: &str| from_slice::<DecideRequest>(text.as_bytes()).unwrap().read();
        let read = read(r#"{"decision": "refuse", "reasons": "not needed"}"#);
        let read = read.unwrap();
        assert_eq!((read.approve, read.reasons.as_str()), (false, "not needed"));
        assert_eq!(
            faults(r#"{"decision": "approve", "reasons": "  "}"#),
            ["/reasons"]
        );
        assert_eq!(faults(r#"{"decision": "approve"}"#), ["/reasons"]);
        assert_eq!(
            faults(r#"{"decision": "yes", "reasons": ""}"#),
            ["/decision", "/reasons"]
        );
        assert_eq!(faults(r#"{"reasons": "x"}"#), ["/decision"]);
        assert_eq!(
            faults(r#"{"decision": "approve", "reasons": "x", "category": "GOSSIP"}"#),
            ["/category"]
        );
    }
}
