//! An exchange as its sender or a reader is shown it.

use gateway_flow::view::{DeliveryView, ExchangeView, ItemView};
use gateway_store::rows::ExchangeRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::DecisionBody;
use super::{time, words};

/// An exchange in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExchangeSummary {
    /// Its id.
    pub(crate) id: String,
    /// Its state.
    #[schema(schema_with = words::exchange_state)]
    pub(crate) state: String,
    /// The sender.
    pub(crate) from: String,
    /// Whether the calling agency sent or received it.
    #[schema(example = "sent")]
    pub(crate) role: &'static str,
    /// The nominal's reference, where one is linked.
    pub(crate) nominal: Option<String>,
    /// The purpose.
    pub(crate) purpose: Option<String>,
    /// An emergency.
    pub(crate) emergency: bool,
    /// The exchange it answers.
    pub(crate) in_reply_to: Option<String>,
    /// When it was received, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) received: String,
}

impl ExchangeSummary {
    /// A row, as `agency` is shown it.
    pub(crate) fn of(row: ExchangeRow, agency: &str) -> Self {
        Self {
            role: if row.sender == agency {
                "sent"
            } else {
                "received"
            },
            id: row.id,
            state: row.state,
            from: row.sender,
            nominal: row.nominal,
            purpose: row.purpose,
            emergency: row.emergency == 1,
            in_reply_to: row.in_reply_to,
            received: time(row.received_at),
        }
    }
}

/// A page of exchanges.
#[derive(Serialize, ToSchema)]
pub(crate) struct Exchanges {
    /// The newest first.
    pub(crate) exchanges: Vec<ExchangeSummary>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// One exchange: all of it for its sender, its own part for a reader.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExchangeBody {
    #[serde(flatten)]
    pub(crate) summary: ExchangeSummary,
    /// Why it is necessary, in the sender's words.
    pub(crate) necessity: Option<String>,
    /// Lawful bases.
    pub(crate) bases: Vec<String>,
    /// The items: as sent for the sender, numbered for the reader else.
    pub(crate) items: Vec<ItemBody>,
    /// The matrix; the sender's alone.
    pub(crate) decisions: Vec<DecisionBody>,
    /// What is missing, by JSON Pointer; only of an incomplete exchange.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
    /// The deliveries: all for the sender, its own for a reader.
    pub(crate) deliveries: Vec<DeliveryBody>,
    /// When its sender withdrew it; a reader has nothing of it any more, and asks the sender why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) withdrawn: Option<String>,
}

impl ExchangeBody {
    /// The flow's view, as JSON.
    pub(crate) fn of(view: ExchangeView, agency: &str) -> Self {
        Self {
            summary: ExchangeSummary::of(view.row, agency),
            necessity: view.necessity,
            bases: view.bases,
            items: view.items.into_iter().map(ItemBody::from).collect(),
            decisions: view.decisions.into_iter().map(DecisionBody::from).collect(),
            missing: view.missing,
            deliveries: view
                .deliveries
                .into_iter()
                .map(DeliveryBody::from)
                .collect(),
            withdrawn: view.withdrawn.map(|withdrawn| time(withdrawn.at)),
        }
    }
}

/// What later items say of one.
#[derive(Serialize, ToSchema)]
pub(crate) struct SinceBody {
    /// It has been corrected since, by an item that the caller has.
    pub(crate) corrected: bool,
    /// Another item that the caller has takes its place.
    pub(crate) superseded: bool,
}

/// An item.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemBody {
    /// Its number for this reader, from 1.
    pub(crate) n: i64,
    /// Its title.
    pub(crate) title: String,
    /// Its information category.
    pub(crate) category: String,
    /// The agency that owns it.
    pub(crate) owner: String,
    /// Whom it is about.
    pub(crate) about: String,
    /// Fact or opinion.
    pub(crate) nature: Option<String>,
    /// The date it was true at.
    pub(crate) as_at: Option<String>,
    /// Its accuracy is disputed.
    pub(crate) disputed: bool,
    /// It corrects an earlier item.
    pub(crate) corrects: bool,
    #[serde(flatten)]
    pub(crate) since: SinceBody,
    /// Protective marking.
    pub(crate) marking: &'static str,
    /// Media type.
    pub(crate) media_type: String,
    /// Size of the content, bytes.
    pub(crate) size: i64,
    /// What this reader is obliged to.
    pub(crate) obligations: Vec<String>,
    /// Readable until, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) expires_at: Option<String>,
    /// Salt of the log's commitment, base64.
    pub(crate) salt: String,
    /// The log's commitment to the content.
    pub(crate) commitment: String,
}

impl From<ItemView> for ItemBody {
    fn from(view: ItemView) -> Self {
        Self {
            n: view.n,
            title: view.title,
            category: view.category,
            owner: view.owner,
            about: view.about,
            nature: view.nature,
            as_at: view.as_at,
            disputed: view.disputed,
            corrects: view.corrects,
            since: SinceBody {
                corrected: view.since.corrected,
                superseded: view.since.superseded,
            },
            marking: view.marking,
            media_type: view.media_type,
            size: view.size,
            obligations: view.obligations.iter().map(ToString::to_string).collect(),
            expires_at: view.expires_at.map(time),
            salt: view.salt,
            commitment: view.commitment,
        }
    }
}

/// A delivery, as the sender sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// Its id.
    pub(crate) id: String,
    /// The receiving agency.
    pub(crate) recipient: String,
    /// The channel.
    pub(crate) channel: String,
    /// The state.
    #[schema(schema_with = words::delivery_state)]
    pub(crate) state: String,
    /// Since when, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// The states it passed through.
    pub(crate) steps: Vec<StepBody>,
}

/// A state that a delivery passed through.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepBody {
    /// The state.
    #[schema(schema_with = words::delivery_state)]
    pub(crate) state: String,
    /// The channel.
    pub(crate) channel: String,
    /// When, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) at: String,
}

impl From<DeliveryView> for DeliveryBody {
    fn from(view: DeliveryView) -> Self {
        let steps = view.steps.into_iter().map(|step| StepBody {
            state: step.state,
            channel: step.channel,
            at: time(step.at),
        });
        Self {
            steps: steps.collect(),
            id: view.id,
            recipient: view.recipient,
            channel: view.channel,
            state: view.state,
            at: time(view.at),
        }
    }
}
