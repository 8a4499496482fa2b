//! What a sender is answered.

use gateway_flow::{Answer, FlowError};
use gateway_ledger::Receipt;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

/// The answer to an exchange.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "state": "released", "nominal": null,
    "decisions": [{"recipient": "southwark-housing", "item": 1, "outcome": "permit", "obligations": ["MARK"],
        "reviewers": [], "rules": [{"rule": "ISP-04", "title": "…", "basis": "…"}]}],
    "receipt": "c2sp.org/tlog-proof@v1\n…", "warnings": []
}))]
pub(crate) struct AnswerBody {
    /// The exchange; absent in a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Its state.
    #[schema(schema_with = words::exchange_state)]
    pub(crate) state: String,
    /// The nominal's reference, where one is linked.
    pub(crate) nominal: Option<String>,
    /// The matrix: a decision for each recipient and item; empty while something is missing.
    pub(crate) decisions: Vec<DecisionBody>,
    /// What is missing, by JSON Pointer; only of an incomplete exchange.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
    /// What the sender should know beside it.
    pub(crate) warnings: Vec<String>,
    /// The text of the `.tlog-proof`; absent in a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<String>,
}

/// One decision.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionBody {
    /// The receiving agency.
    pub(crate) recipient: String,
    /// The item, counted from 1 as sent.
    pub(crate) item: i64,
    /// Permit, hold or refuse.
    #[schema(schema_with = words::outcome)]
    pub(crate) outcome: &'static str,
    /// Of a permit: what the recipient is obliged to.
    pub(crate) obligations: Vec<String>,
    /// Of a hold: everybody who must approve.
    pub(crate) reviewers: Vec<ReviewerBody>,
    /// The rules that decided, in words.
    pub(crate) rules: Vec<RuleBody>,
}

/// A role at an agency that must approve.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewerBody {
    /// The agency.
    pub(crate) agency: String,
    /// The role.
    #[schema(schema_with = words::role)]
    pub(crate) role: String,
}

/// A rule, in words.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleBody {
    /// Its number.
    pub(crate) rule: String,
    /// What it says.
    pub(crate) title: String,
    /// What it rests on.
    pub(crate) basis: String,
}

impl From<gateway_core::RuleHit> for RuleBody {
    fn from(hit: gateway_core::RuleHit) -> Self {
        Self {
            rule: hit.rule,
            title: hit.title,
            basis: hit.basis,
        }
    }
}

impl From<gateway_flow::DecisionView> for DecisionBody {
    fn from(view: gateway_flow::DecisionView) -> Self {
        let approver = |approver: gateway_flow::decide::Approver| ReviewerBody {
            agency: approver.agency.into(),
            role: approver.role.to_string(),
        };
        Self {
            recipient: view.recipient.into(),
            item: view.item,
            outcome: view.outcome.as_str(),
            obligations: view.obligations.iter().map(ToString::to_string).collect(),
            reviewers: view.reviewers.into_iter().map(approver).collect(),
            rules: view.rules.into_iter().map(RuleBody::from).collect(),
        }
    }
}

impl AnswerBody {
    /// The flow's answer, as JSON.
    pub(crate) fn of(answer: Answer) -> Result<Self, FlowError> {
        let missing = answer.missing;
        let matrix = if missing.is_empty() {
            answer.matrix
        } else {
            Vec::new()
        };
        Ok(Self {
            id: answer.id,
            state: answer.state.to_string(),
            nominal: answer.nominal,
            decisions: matrix.into_iter().map(DecisionBody::from).collect(),
            missing,
            warnings: answer.warnings,
            receipt: answer.receipt.as_ref().map(receipt).transpose()?,
        })
    }
}

/// The text of a receipt.
pub(crate) fn receipt(receipt: &Receipt) -> Result<String, FlowError> {
    receipt
        .render()
        .map_err(|error| FlowError::Internal(error.to_string()))
}
