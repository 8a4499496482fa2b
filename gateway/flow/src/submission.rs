//! What a channel hands in: parsed, not trusted. Bodies are sealed already; nothing plain lies
//! on disk.

use gateway_core::question::Consent;
use gateway_core::{About, AgencyId, Category, Channel, Id, Identifier, Nature, Personal, Purpose};
use gateway_store::rows::PersonRow;
use serde::{Deserialize, Serialize};

use crate::body::StagedBody;

/// Who calls, and how that was proved.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The agency that the client certificate (or the session) proves.
    pub agency: AgencyId,
    /// The person on whose behalf it calls, enrolled at that agency and active.
    pub person: Option<PersonRow>,
    /// The channel.
    pub channel: Channel,
    /// How it was proved, for the record: `mutual-tls`.
    pub proof: &'static str,
}

/// A submission on its way in.
#[derive(Debug)]
pub struct Submission {
    /// Who sends.
    pub caller: Caller,
    /// What the sender said.
    pub particulars: Particulars,
    /// One body an item, in the items' order.
    pub bodies: Vec<StagedBody>,
    /// The idempotency key, and a digest of the request.
    pub idempotency: Option<Idempotency>,
}

/// A key that makes a repeat harmless.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The caller's key.
    pub key: String,
    /// Digest of what was asked, hexadecimal.
    pub request: String,
}

/// What the sender said about the exchange. Kept sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Particulars {
    /// The gateway's own reference, where the sender has it.
    pub reference: Option<String>,
    /// Identifiers of the person.
    pub identifiers: Vec<Identifier>,
    /// For whom.
    pub recipients: Vec<RecipientClaim>,
    /// Why.
    pub purpose: Option<Purpose>,
    /// Why it is necessary, in words.
    pub necessity: Option<Personal<String>>,
    /// Lawful bases, in words.
    pub bases: Vec<String>,
    /// Imminent risk of serious harm.
    pub emergency: Option<Emergency>,
    /// The exchange it answers.
    pub in_reply_to: Option<Id>,
    /// The property or area it bears on (ISP-29).
    pub property: Option<Personal<String>>,
    /// An address decision is pending (ISP-29).
    pub address_pending: bool,
    /// An adult at risk is stated (ISP-25).
    pub adult_at_risk: bool,
    /// Why the coordinator matched it to its nominal, where the sender's identifiers did not.
    #[serde(default)]
    pub matched_because: Option<Personal<String>>,
    /// The items.
    pub items: Vec<ItemClaim>,
}

/// One addressee as the sender gave it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecipientClaim {
    /// The agency.
    pub agency: AgencyId,
    /// The person's enrolled address there.
    pub person: Option<Personal<String>>,
    /// Why this agency is likely to hold or need it (ISP-05).
    pub reason: Option<Personal<String>>,
}

/// The emergency flag.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Emergency {
    /// What is imminent, in words.
    pub statement: Personal<String>,
    /// Recipients given again (ISP-41).
    pub confirm_recipients: Vec<AgencyId>,
}

/// One item as the sender gave it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemClaim {
    /// Its title.
    pub title: Personal<String>,
    /// Its category; none is held for a person to say.
    pub category: Option<Category>,
    /// Its owner; the sender where absent.
    pub owner: Option<AgencyId>,
    /// Whom it is about.
    pub about: About,
    /// Fact or opinion (DPA 2018 s.38(2)).
    pub nature: Option<Nature>,
    /// The date it was true at, ISO.
    pub as_at: Option<String>,
    /// The clinician's name.
    pub clinician: Option<Personal<String>>,
    /// The public-interest reason.
    pub public_interest: Option<Personal<String>>,
    /// Consent, where considered.
    pub consent: Option<Consent>,
    /// The child, or the child's address, that it is linked to (ISP-24).
    pub child: Option<Personal<String>>,
    /// The item it corrects.
    pub corrects: Option<ItemPlace>,
    /// The item it takes the place of.
    pub supersedes: Option<ItemPlace>,
    /// Its accuracy is disputed.
    pub disputed: bool,
    /// Retention class.
    pub retention_class: String,
    /// Review date, ISO.
    pub review_on: Option<String>,
    /// Not to be erased.
    pub legal_hold: bool,
    /// Processing restricted (UK GDPR art. 18; DPA 2018 s.47(3)).
    pub restricted: bool,
}

/// An item of an earlier exchange of the same sender.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemPlace {
    /// The exchange.
    pub exchange: Id,
    /// The item, counted from 1 as sent.
    pub item: i64,
}
