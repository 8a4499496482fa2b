//! What a leaf of the log commits to. No names, no reasons, no identifiers of persons: opaque
//! ids, agencies, rules and digests only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::AgencyId;

/// One event, as it is hashed (RFC 8785 form) and as it stands in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Version of this form: 1.
    pub v: u8,
    /// Its id (`UUIDv7`), by which timelines are ordered.
    pub id: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// The area whose log this is.
    pub area: String,
    /// What happened, a word of [`EventKind`].
    pub kind: EventKind,
    /// The exchange it belongs to.
    pub exchange: Option<String>,
    /// The nominal's opaque reference.
    pub nominal: Option<String>,
    /// The agency that acted.
    pub from: Option<AgencyId>,
    /// The agencies it reaches.
    pub to: Vec<AgencyId>,
    /// Digest of the protocol rule set in force, hexadecimal SHA-256.
    pub policy: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// Salted commitments to content, base64 of SHA-256, one an item.
    pub content: Vec<String>,
    /// Commitment to the database rows that this event wrote; absent where it wrote none.
    pub rows: Option<String>,
    /// Opaque particulars: ids, states, counts, roles. Never words about a person.
    pub detail: BTreeMap<String, String>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The kinds of event: everything that shares, reads, or changes who may.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventKind { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl EventKind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for EventKind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

kinds! {
    /// An exchange was accepted and decided.
    ExchangeRecorded = "exchange-recorded",
    /// An exchange was kept without nominal, purpose, basis or necessity.
    ExchangeIncomplete = "exchange-incomplete",
    /// An incomplete exchange was completed and decided.
    ExchangeCompleted = "exchange-completed",
    /// A submission was put into quarantine.
    ExchangeQuarantined = "exchange-quarantined",
    /// Somebody asked what would happen.
    Previewed = "previewed",
    /// A reviewer approved a held cell; it was decided again.
    HoldApproved = "hold-approved",
    /// A reviewer refused a held cell.
    HoldRefused = "hold-refused",
    /// A hold waited one period without an answer.
    HoldReminded = "hold-reminded",
    /// A hold went to the deputy and the coordinator.
    HoldEscalated = "hold-escalated",
    /// A look afterwards that had no time to be done in, has one from now on.
    HoldClocked = "hold-clocked",
    /// A reviewer asked the sender of something that is held.
    AskedBack = "asked-back",
    /// The sender answered a reviewer.
    AnsweredBack = "answered-back",
    /// A delivery changed its state.
    DeliveryMoved = "delivery-moved",
    /// An item was opened.
    ItemRead = "item-read",
    /// A person took messages away, many at once; each document of them is an event too.
    BulkDownloaded = "bulk-downloaded",
    /// A nominal's record or timeline was read.
    RecordRead = "record-read",
    /// The log or decisions were consulted.
    LogRead = "log-read",
    /// The coordinator matched an exchange to a nominal.
    Matched = "matched",
    /// The coordinator found that an exchange is about none of the candidates.
    NoneMatched = "none-matched",
    /// Somebody is told, because a rule obliges to it.
    Notified = "notified",
    /// Its sender took an exchange back.
    ExchangeWithdrawn = "exchange-withdrawn",
    /// A correction was sent to those who had the earlier item.
    Corrected = "corrected",
    /// An agency was asked for a form for a meeting.
    FormAsked = "form-asked",
    /// It was reminded of it.
    FormReminded = "form-reminded",
    /// The form is late.
    FormLate = "form-late",
    /// The form that was asked for was sent.
    FormAnswered = "form-answered",
    /// A coordinator noted how a meeting used a form.
    FormConsidered = "form-considered",
    /// A request passed from the prison that held the person to the one that does.
    FormRequestMoved = "form-request-moved",
    /// What an earlier prison sent was opened to the prison that holds the person now.
    FormCarried = "form-carried",
    /// A prison said that a person is with it.
    CustodyClaimed = "custody-claimed",
    /// The prison that held the person, or where there was none the unit, confirmed it.
    CustodyConfirmed = "custody-confirmed",
    /// The prison that holds the person disputes it.
    CustodyDisputed = "custody-disputed",
    /// The coordination unit settled it.
    CustodySettled = "custody-settled",
    /// The prison that said so took it back.
    CustodyWithdrawn = "custody-withdrawn",
    /// Nobody answered it in time.
    CustodyOverdue = "custody-overdue",
    /// Somebody of a prison claimed custody of nobody on record, or since a day that cannot be.
    CustodyTried = "custody-tried",
    /// A prison that began to hold a person owes its first form on them.
    HandOverOpened = "hand-over-opened",
    /// It was reminded of it.
    HandOverReminded = "hand-over-reminded",
    /// The hand-over is late.
    HandOverLate = "hand-over-late",
    /// The form came, or the custody ended.
    HandOverEnded = "hand-over-ended",
    /// A health body was asked what bears on the risk that a person poses.
    HealthAsked = "health-asked",
    /// It agreed to answer.
    HealthAccepted = "health-accepted",
    /// A question was given to a colleague there.
    HealthAssigned = "health-assigned",
    /// The colleague answered and signed it.
    HealthSigned = "health-signed",
    /// A request was answered; the detail says what became of it.
    HealthAnswered = "health-answered",
    /// A request was refused, with a reason; who looks at that is told.
    HealthRefused = "health-refused",
    /// Another body has it, and is asked.
    HealthRedirected = "health-redirected",
    /// The Caldicott guardian stands by a refusal.
    HealthUpheld = "health-upheld",
    /// A request waits for an answer again.
    HealthReopened = "health-reopened",
    /// An answer was about the wrong patient, and was called back.
    HealthWrongPatient = "health-wrong-patient",
    /// The body that is asked was reminded.
    HealthReminded = "health-reminded",
    /// The answer is late.
    HealthLate = "health-late",
    /// A refusal at which nobody looked in time passed to the chair.
    HealthEscalated = "health-escalated",
    /// The chair took note of a refusal: nothing more is asked.
    HealthClosed = "health-closed",
    /// A hospital was given a flag, as a meeting decided.
    FlagSet = "flag-set",
    /// The hospital says that the person came.
    FlagAttended = "flag-attended",
    /// Another flag goes on from it, with a review of its own.
    FlagRenewed = "flag-renewed",
    /// It was ended; the detail says by what.
    FlagEnded = "flag-ended",
    /// The day of its review passed.
    FlagLapsed = "flag-lapsed",
    /// Whoever set it was reminded of the review.
    FlagReminded = "flag-reminded",
    /// The hospital has cleared it from its system.
    FlagCleared = "flag-cleared",
    /// The hospital has not said in time that it has.
    FlagUncleared = "flag-uncleared",
    /// An area was added or changed.
    AreaChanged = "area-changed",
    /// An agency was added, changed or suspended.
    AgencyChanged = "agency-changed",
    /// A person, role, address or absence was added or changed.
    PersonChanged = "person-changed",
    /// The people of an agency were listed, or one of them looked up.
    PeopleRead = "people-read",
    /// A person signed in, anew or once more.
    SignedIn = "signed-in",
    /// An address failed to sign in so often that it is refused for a while.
    SignInLocked = "sign-in-locked",
    /// A session came to its end.
    SessionEnded = "session-ended",
    /// A session was used from another browser or network than it was begun in.
    SessionMoved = "session-moved",
    /// A nominal, or its lead, partners, custody, level or identifiers changed.
    NominalChanged = "nominal-changed",
    /// A meeting or its attendance list was entered.
    MeetingChanged = "meeting-changed",
    /// A key or certificate was made, rotated or revoked.
    KeyChanged = "key-changed",
    /// Another rule set came into force.
    PolicyChanged = "policy-changed",
    /// A new epoch of the log began, after a restore.
    EpochOpened = "epoch-opened",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_as_written() {
        for kind in EventKind::ALL {
            let text = serde_json::to_string(kind).unwrap();
            assert_eq!(text, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<EventKind>(&text).unwrap(), *kind);
        }
    }
}
