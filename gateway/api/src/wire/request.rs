//! An exchange as it is asked for. No `Debug`: what is said in it is content.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::words;

/// An exchange to send.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "nominal": {"identifiers": [{"kind": "PNC", "value": "99/123456X"}, {"kind": "DOB", "value": "1980-02-01"}]},
    "recipients": ["southwark-housing", {"agency": "london-probation", "person": "s.ali@probation.example"}],
    "purpose": "MANAGE",
    "necessity": "his visits to the school must be known to whoever houses him",
    "bases": ["CJA 2003 s.325"],
    "items": [{"title": "Risk note", "category": "RISK", "text": "He was seen at the school on Monday."}]
}))]
pub(crate) struct ExchangeRequest {
    /// The person it is about; without it the exchange is kept as `incomplete`.
    #[serde(default)]
    pub(crate) nominal: Option<NominalRequest>,
    /// For whom, 1 to 50 agencies.
    #[schema(min_items = 1, max_items = 50)]
    pub(crate) recipients: Vec<RecipientRequest>,
    /// Why; without it the exchange is kept as `incomplete`.
    #[serde(default)]
    #[schema(schema_with = words::maybe_purpose)]
    pub(crate) purpose: Option<String>,
    /// Why it is necessary, in words; without it the exchange is kept as `incomplete`.
    #[serde(default)]
    pub(crate) necessity: Option<String>,
    /// Lawful bases, in words; without one the exchange is kept as `incomplete`.
    #[serde(default)]
    pub(crate) bases: Option<Vec<String>>,
    /// Imminent risk of serious harm; needs `X-On-Behalf-Of`.
    #[serde(default)]
    pub(crate) emergency: Option<EmergencyRequest>,
    /// The exchange it answers.
    #[serde(default)]
    pub(crate) in_reply_to: Option<String>,
    /// The property or area that it bears on.
    #[serde(default)]
    pub(crate) property: Option<String>,
    /// An address decision is pending.
    #[serde(default)]
    pub(crate) address_pending: Option<bool>,
    /// An adult at risk is stated.
    #[serde(default)]
    pub(crate) adult_at_risk: Option<bool>,
    /// What is shared, 1 to 200 items.
    #[schema(min_items = 1, max_items = 200)]
    pub(crate) items: Vec<ItemRequest>,
}

/// The person: either identifiers, or the gateway's own reference.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NominalRequest {
    /// At least one identifier that is issued to one person, and one more that agrees.
    #[serde(default)]
    pub(crate) identifiers: Option<Vec<IdentifierRequest>>,
    /// The gateway's own reference.
    #[serde(default, rename = "ref")]
    pub(crate) reference: Option<String>,
}

/// An identifier of a person.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifierRequest {
    /// What kind it is.
    #[schema(schema_with = words::identifier_kind)]
    pub(crate) kind: String,
    /// Its value; check letters and digits are checked.
    pub(crate) value: String,
}

/// A recipient: an agency's id, or the agency with a person and a reason.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum RecipientRequest {
    /// The agency's id.
    Agency(String),
    /// The agency, with more.
    More(RecipientDetail),
}

/// A recipient, with more.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientDetail {
    /// The agency's id.
    pub(crate) agency: String,
    /// An enrolled address of that agency; its single point of contact where absent.
    #[serde(default)]
    pub(crate) person: Option<String>,
    /// Why this agency is likely to hold or to need it.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl<'de> Deserialize<'de> for RecipientRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RecipientVisitor)
    }
}

/// Not serde's own `untagged`, which forgets what was wrong and where.
struct RecipientVisitor;

impl<'de> Visitor<'de> for RecipientVisitor {
    type Value = RecipientRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an agency's id, or an object with `agency`")
    }

    fn visit_str<E>(self, text: &str) -> Result<RecipientRequest, E> {
        Ok(RecipientRequest::Agency(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RecipientRequest, A::Error> {
        RecipientDetail::deserialize(MapAccessDeserializer::new(map)).map(RecipientRequest::More)
    }
}

/// The emergency flag and its statement.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmergencyRequest {
    /// What is imminent, in words.
    pub(crate) statement: String,
    /// The recipients given again, where ISP-41 held them.
    #[serde(default)]
    pub(crate) confirm_recipients: Option<Vec<String>>,
}

/// One item: exactly one of `text` and `document`.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemRequest {
    /// Its title, one line.
    #[schema(min_length = 1, max_length = 300)]
    pub(crate) title: String,
    /// Its information category; an item without one is held for a person to say.
    #[serde(default)]
    #[schema(schema_with = words::maybe_category)]
    pub(crate) category: Option<String>,
    /// What it is shared for, where that is not what the exchange is for.
    #[serde(default)]
    #[schema(schema_with = words::maybe_purpose)]
    pub(crate) purpose: Option<String>,
    /// The agency that owns it; the sender where absent.
    #[serde(default)]
    pub(crate) owner: Option<String>,
    /// Whom it is about; `subject` where absent.
    #[serde(default)]
    #[schema(schema_with = words::maybe_about)]
    pub(crate) about: Option<String>,
    /// Fact or opinion (DPA 2018 s.38(2)).
    #[serde(default)]
    #[schema(schema_with = words::maybe_nature)]
    pub(crate) nature: Option<String>,
    /// The date it was true at.
    #[serde(default)]
    #[schema(format = Date)]
    pub(crate) as_at: Option<String>,
    /// The clinician's name.
    #[serde(default)]
    pub(crate) clinician: Option<String>,
    /// The public-interest reason.
    #[serde(default)]
    pub(crate) public_interest: Option<String>,
    /// Consent of the person, where it was considered.
    #[serde(default)]
    #[schema(schema_with = words::maybe_consent)]
    pub(crate) consent: Option<String>,
    /// The child, or the child's address, that it is linked to.
    #[serde(default)]
    pub(crate) child: Option<String>,
    /// The sender's earlier item that it corrects.
    #[serde(default)]
    pub(crate) corrects: Option<PlaceRequest>,
    /// The sender's earlier item that it takes the place of.
    #[serde(default)]
    pub(crate) supersedes: Option<PlaceRequest>,
    /// Its accuracy is disputed.
    #[serde(default)]
    pub(crate) disputed: Option<bool>,
    /// Retention class; `mappa` where absent.
    #[serde(default)]
    pub(crate) retention_class: Option<String>,
    /// When it is to be reviewed.
    #[serde(default)]
    #[schema(format = Date)]
    pub(crate) review_on: Option<String>,
    /// Not to be erased.
    #[serde(default)]
    pub(crate) legal_hold: Option<bool>,
    /// Its processing is restricted (UK GDPR art. 18; DPA 2018 s.47(3)).
    #[serde(default)]
    pub(crate) restricted: Option<bool>,
    /// Its text.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// The name of the multipart part that holds it.
    #[serde(default)]
    pub(crate) document: Option<String>,
}

/// An item of an earlier exchange.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceRequest {
    /// The exchange's id.
    pub(crate) exchange: String,
    /// The item, counted from 1 as sent.
    #[schema(minimum = 1)]
    pub(crate) item: i64,
}

/// A multipart body, for the OpenAPI document alone.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the multipart form; the parts are read as a stream"
)]
pub(crate) struct ExchangeForm {
    /// The exchange, as JSON.
    exchange: ExchangeRequest,
    /// The documents: a part each, of any name that an item's `document` gives, beside `exchange`.
    #[schema(value_type = Option<Vec<u8>>, content_media_type = "application/octet-stream")]
    document: Option<Vec<u8>>,
}

/// What completes an incomplete exchange.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"purpose": "MANAGE", "necessity": "the housing officer visits alone"}))]
pub(crate) struct CompletionRequest {
    /// The person it is about.
    #[serde(default)]
    pub(crate) nominal: Option<NominalRequest>,
    /// Why.
    #[serde(default)]
    #[schema(schema_with = words::maybe_purpose)]
    pub(crate) purpose: Option<String>,
    /// Why it is necessary, in words.
    #[serde(default)]
    pub(crate) necessity: Option<String>,
    /// Lawful bases, in words.
    #[serde(default)]
    pub(crate) bases: Option<Vec<String>>,
}
