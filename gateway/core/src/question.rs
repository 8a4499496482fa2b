//! The questions put to the protocols, and their answer. Plain facts: no policy language, no
//! database, so that a decision can be stored with its inputs, explained and made again.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::{About, AgencyKind, Category, Outcome, Purpose, Role};
use crate::id::AgencyId;
use crate::obligation::Obligation;

/// An agency as the protocols see it in one nominal, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact that a rule names"
)]
pub struct Party {
    /// The agency.
    pub agency: AgencyId,
    /// What it is.
    pub kind: AgencyKind,
    /// Leads the nominal.
    pub lead: bool,
    /// Is a partner of the nominal, its dates covering now.
    pub partner: bool,
    /// Is on the attendance list of a meeting about the nominal.
    pub attendee: bool,
    /// Is the prison that holds the person now.
    pub custody: bool,
    /// Is entered as an Associate for the nominal, its dates covering now (PCSC Act 2022).
    pub associate: bool,
    /// Is the coordination unit of the nominal's area.
    pub area_unit: bool,
    /// Received earlier what is now corrected (ISP-38).
    pub earlier_recipient: bool,
    /// An open request asks it or is overseen by it, or it asked and this is the answer.
    pub asked: bool,
    /// Has signed its protocol and the signature has not lapsed.
    pub signed: bool,
    /// Has its address or host outside the United Kingdom.
    pub overseas: bool,
    /// What is sent reaches it by a secure channel: its system calls, its domain is on the list
    /// of those that are secure, or somebody there has an account of the portal (ISP-36). Asked
    /// of senders and recipients; false of a reader, of whom no rule asks it.
    ///
    /// Questions kept from before this was asked do not say. They are made again as they were
    /// decided: as if it were so, for then nothing turned on it.
    #[serde(default = "secure_unless_said")]
    pub secure_channel: bool,
}

const fn secure_unless_said() -> bool {
    true
}

impl Party {
    /// Has a live part in the nominal: what ISP-41 asks for.
    pub const fn live_part(&self) -> bool {
        self.lead
            || self.partner
            || self.attendee
            || self.custody
            || self.associate
            || self.area_unit
            || self.earlier_recipient
            || self.asked
    }

    /// Belongs to the Responsible Authority (CJA 2003 s.325(1)); youth justice where it leads.
    pub const fn responsible_authority(&self) -> bool {
        matches!(
            self.kind,
            AgencyKind::Police
                | AgencyKind::Probation
                | AgencyKind::Prison
                | AgencyKind::ApprovedPremises
        ) || (matches!(self.kind, AgencyKind::YouthJustice) && self.lead)
    }
}

/// Consent of the person the information is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Given.
    Given,
    /// Asked for and refused.
    Refused,
    /// Considered and not asked for (prejudice, danger, impracticable).
    NotSought,
}

/// The facts of an item that rules turn on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact that a rule names"
)]
pub struct ItemFacts {
    /// Its information category.
    pub category: Category,
    /// The agency that owns it.
    pub owner: AgencyId,
    /// What the owner is.
    pub owner_kind: AgencyKind,
    /// Whom it is about.
    pub about: About,
    /// A public-interest reason is recorded.
    pub public_interest: bool,
    /// Consent, where it was considered.
    pub consent: Option<Consent>,
    /// The clinician is named.
    pub clinician: bool,
    /// Names a child, or is linked to a child's address.
    pub child_link: bool,
    /// Corrects an item sent earlier.
    pub corrects: bool,
    /// The sender itself received it under `NO_ONWARD`.
    pub no_onward: bool,
}

/// May this recipient have this item? One cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact that a rule names"
)]
pub struct Question {
    /// Who sends.
    pub sender: Party,
    /// The person who sends is a victim liaison officer.
    pub sender_is_vlo: bool,
    /// Who would receive.
    pub recipient: Party,
    /// The sender says why this recipient is likely to hold or need it (ISP-05).
    pub recipient_reason: bool,
    /// In an emergency: the sender has given this recipient and the reason again (ISP-41).
    pub recipient_confirmed: bool,
    /// What would be received.
    pub item: ItemFacts,
    /// The purpose, where stated.
    pub purpose: Option<Purpose>,
    /// Necessity and at least one lawful basis are stated.
    pub stated: bool,
    /// A nominal is linked, provisional or not.
    pub linked: bool,
    /// The nominal is provisional: opened in an emergency for an unknown person.
    pub provisional: bool,
    /// The nominal's level, 1 to 3; 0 unknown.
    pub level: u8,
    /// The nominal's category, 1 to 4; 0 unknown.
    pub category: u8,
    /// The emergency flag, with its statement.
    pub emergency: bool,
    /// It answers a request.
    pub requested: bool,
    /// The area's coordination unit is among the recipients.
    pub copied_to_coordination: bool,
    /// A property or area is named (ISP-29).
    pub property: bool,
    /// An address decision is pending (ISP-29).
    pub address_pending: bool,
    /// An adult at risk is stated (ISP-25).
    pub adult_at_risk: bool,
    /// It sets a hospital flag, or says to whom such a flag promised it that the person came (ISP-33).
    #[serde(default)]
    pub hospital_flag: bool,
    /// The meeting's decision to set the flag is recorded (ISP-33).
    #[serde(default)]
    pub meeting_decision: bool,
    /// The flag is reviewed within six months (ISP-33).
    #[serde(default)]
    pub review_within_six_months: bool,
    /// The roles that have approved this cell.
    pub approvals: BTreeSet<Role>,
}

/// What somebody wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// The content of an item that was sealed to the reader's agency.
    Item,
    /// A nominal's record and timeline.
    Record,
    /// What the reader's agency itself sent about a nominal.
    Own,
    /// How the gateway was used: logs and decisions, no content (ISP-39).
    Log,
}

/// May this reader read, now? Asked at every reading, after the sharing was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact that a rule names"
)]
pub struct ReadQuestion {
    /// What is read.
    pub reading: Reading,
    /// The reader's agency in the nominal, now.
    pub reader: Party,
    /// The reader's agency is suspended.
    pub agency_suspended: bool,
    /// The roles of the person reading; empty where nobody was named.
    pub roles: BTreeSet<Role>,
    /// A person is named as reading.
    pub person_given: bool,
    /// That person is suspended.
    pub person_suspended: bool,
    /// That person is the one the delivery names (the SPOC or deputy where nobody was named).
    pub person_is_named: bool,
    /// Read in the portal (view only), not taken away.
    pub in_portal: bool,
    /// The item's time has run out.
    pub expired: bool,
    /// The item was called back.
    pub recalled: bool,
    /// The reader's agency held the person until less than five working days ago (ISP-12).
    #[serde(default)]
    pub left_lately: bool,
    /// The obligations under which the item was shared.
    pub obligations: BTreeSet<Obligation>,
}

/// Where a reviewer sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seat {
    /// At the agency that owns the item.
    Owner,
    /// At the nominal's mental health trust (the item's owner is no health body).
    Trust,
    /// At the area's coordination unit.
    Coordination,
}

/// A role somewhere that must approve. Written `caldicott@owner`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reviewer {
    /// The role.
    pub role: Role,
    /// Where.
    pub seat: Seat,
}

impl fmt::Display for Reviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seat = match self.seat {
            Seat::Owner => "owner",
            Seat::Trust => "trust",
            Seat::Coordination => "coordination",
        };
        write!(f, "{}@{seat}", self.role)
    }
}

/// The text is not a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a reviewer: write a role, `@`, and owner, trust or coordination")]
pub struct BadReviewer(pub String);

impl FromStr for Reviewer {
    type Err = BadReviewer;

    fn from_str(text: &str) -> Result<Self, BadReviewer> {
        let bad = || BadReviewer(text.chars().take(60).collect());
        let (role, seat) = text.split_once('@').ok_or_else(bad)?;
        let seat = match seat {
            "owner" => Seat::Owner,
            "trust" => Seat::Trust,
            "coordination" => Seat::Coordination,
            _ => return Err(bad()),
        };
        Ok(Self {
            role: role.parse().map_err(|_| bad())?,
            seat,
        })
    }
}

impl TryFrom<String> for Reviewer {
    type Error = BadReviewer;

    fn try_from(text: String) -> Result<Self, BadReviewer> {
        text.parse()
    }
}

impl From<Reviewer> for String {
    fn from(reviewer: Reviewer) -> Self {
        reviewer.to_string()
    }
}

/// A rule that decided, in the words shown to people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleHit {
    /// The number people see: `ISP-16`.
    pub rule: String,
    /// The policy's own id: `ISP-16.hold`.
    pub id: String,
    /// What it says, in plain English.
    pub title: String,
    /// The statute, guidance or report paragraph it rests on.
    pub basis: String,
}

/// The protocols' answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Permit, hold or refuse.
    pub outcome: Outcome,
    /// Of a permit: the union of what the permitting rules oblige to.
    pub obligations: BTreeSet<Obligation>,
    /// Of a hold: everybody who must approve.
    pub reviewers: BTreeSet<Reviewer>,
    /// All the rules that decided, in order of their ids.
    pub rules: Vec<RuleHit>,
    /// The engine met an error: the outcome is a refusal and the operator is alarmed.
    pub fault: bool,
}
