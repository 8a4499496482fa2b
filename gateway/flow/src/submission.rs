//! What a channel hands in: parsed, not trusted. Bodies are sealed already; nothing plain lies
//! on disk.

use gateway_core::question::Consent;
use gateway_core::{About, AgencyId, Category, Channel, Id, Identifier, Nature, Personal, Purpose};
use gateway_store::rows::PersonRow;
use serde::{Deserialize, Serialize};

use crate::body::StagedBody;
use crate::flag::FlagNote;
use crate::health::HealthNote;
pub use crate::outgoing::AnswerTo;

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
    /// Who is answered by mail; the answer is queued with the exchange.
    pub answer_to: Option<AnswerTo>,
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
    /// How the sender describes the person: an address, what else is known. For the coordinator
    /// who matches it.
    #[serde(default)]
    pub described: Option<Personal<String>>,
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
    /// What the channel found that bears on how it is handled.
    #[serde(default)]
    pub intake: Intake,
    /// The form that it is.
    #[serde(default)]
    pub form: Option<FormNote>,
    /// The items.
    pub items: Vec<ItemClaim>,
}

/// That an exchange is a form, and which.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FormNote {
    /// The form's id.
    pub form: String,
    /// The form's version.
    pub version: String,
    /// The earlier form that it goes on from.
    pub after: Option<Id>,
    /// The earlier form that it puts right.
    pub corrects: Option<Id>,
    /// The code of the kind of report that it is.
    #[serde(default)]
    pub report: Option<String>,
    /// How much of what is asked was answered.
    #[serde(default)]
    pub covered: Vec<gateway_forms::Covered>,
    /// That it asks a health body, or answers for one.
    #[serde(default)]
    pub health: Option<HealthNote>,
    /// That it sets a hospital flag, or says that the person came.
    #[serde(default)]
    pub flag: Option<FlagNote>,
}

/// What a channel found on the way in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Intake {
    /// What the sender has to put right or confirm before anything is decided, as JSON
    /// Pointers. Whatever the sender sends to complete it confirms it.
    pub confirm: Vec<String>,
    /// What is wrong with it, in words for the sender alone.
    pub faults: Vec<Personal<String>>,
    /// Why it is set aside as a whole; nothing of it is decided or sealed for a reader.
    pub set_aside: Option<String>,
    /// The proof does not cover for whom it is: only agencies with a live part in the nominal
    /// are believed, others are for the sender to confirm.
    pub unbound: bool,
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
    /// What it is shared for, where that is not what the exchange is for: intelligence to assess
    /// risk, what is about a victim for the victim's safety.
    #[serde(default)]
    pub purpose: Option<Purpose>,
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
    /// What the gateway found in it, in words for whoever decides about it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Whether it is looked for among the documents of others.
    #[serde(skip)]
    pub contents: Contents,
}

/// What an item has in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Contents {
    /// What somebody wrote, which is known again as whose it is.
    #[default]
    Written,
    /// The codes, days and marks of a form, which are alike for many people and nobody's document.
    Marks,
}

/// The retention class of what names none: the lifetime of the arrangements.
pub const RETENTION: &str = "mappa";

impl ItemClaim {
    /// An item about the subject, its sender's own, of which nothing more is said.
    pub fn new(title: Personal<String>) -> Self {
        Self {
            title,
            category: None,
            purpose: None,
            owner: None,
            about: About::Subject,
            nature: None,
            as_at: None,
            clinician: None,
            public_interest: None,
            consent: None,
            child: None,
            corrects: None,
            supersedes: None,
            disputed: false,
            retention_class: RETENTION.to_owned(),
            review_on: None,
            legal_hold: false,
            restricted: false,
            notes: Vec::new(),
            contents: Contents::Written,
        }
    }

    /// What has to be seen by a person first loses its label: that person gives it back.
    pub fn unlabel(&mut self) {
        if let Some(said) = self.category.take() {
            self.notes.push(format!("was called {said} by the sender"));
        }
    }
}

impl Particulars {
    /// What is for these agencies, and of which nothing more is said.
    pub fn new(recipients: Vec<RecipientClaim>) -> Self {
        Self {
            reference: None,
            identifiers: Vec::new(),
            described: None,
            recipients,
            purpose: None,
            necessity: None,
            bases: Vec::new(),
            emergency: None,
            in_reply_to: None,
            property: None,
            address_pending: false,
            adult_at_risk: false,
            matched_because: None,
            intake: Intake::default(),
            form: None,
            items: Vec::new(),
        }
    }
}

/// An item of an earlier exchange of the same sender.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemPlace {
    /// The exchange.
    pub exchange: Id,
    /// The item, counted from 1 as sent.
    pub item: i64,
}
