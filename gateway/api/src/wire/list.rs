//! Entries of the lists: deliveries, holds, unmatched exchanges, nominals, events, notices.

use std::collections::BTreeMap;

use gateway_flow::complete::{CandidateView, UnmatchedView};
use gateway_flow::hold::HoldView;
use gateway_flow::timeline::{NominalView, NoticeView, TimelineEvent};
use gateway_flow::view::InboxEntry;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::RuleBody;
use super::record::ItemBody;
use super::{time, words};

/// A delivery in the inbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct InboxBody {
    /// The delivery's id.
    pub(crate) id: String,
    /// The exchange.
    pub(crate) exchange: String,
    /// The sender.
    pub(crate) from: String,
    /// The delivery's state.
    #[schema(schema_with = words::delivery_state)]
    pub(crate) state: String,
    /// When it was received, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) received: String,
    /// The nominal's reference.
    pub(crate) nominal: Option<String>,
    /// The purpose.
    pub(crate) purpose: Option<String>,
    /// Why it was shared, in the sender's words.
    pub(crate) necessity: Option<String>,
    /// Of an emergency: what is imminent, in the sender's words.
    pub(crate) emergency: Option<String>,
    /// The union of the items' obligations.
    pub(crate) obligations: Vec<String>,
    /// The items.
    pub(crate) items: Vec<ItemBody>,
}

impl From<InboxEntry> for InboxBody {
    fn from(entry: InboxEntry) -> Self {
        Self {
            id: entry.id,
            exchange: entry.exchange,
            from: entry.from,
            state: entry.state,
            received: time(entry.received),
            nominal: entry.nominal,
            purpose: entry.purpose,
            necessity: entry.necessity,
            emergency: entry.emergency,
            obligations: entry.obligations.iter().map(ToString::to_string).collect(),
            items: entry.items.into_iter().map(ItemBody::from).collect(),
        }
    }
}

/// What waits for a reviewer.
#[derive(Serialize, ToSchema)]
pub(crate) struct HoldBody {
    /// The hold's id.
    pub(crate) id: String,
    /// The exchange.
    pub(crate) exchange: String,
    /// The sender.
    pub(crate) from: String,
    /// The agency that would receive.
    pub(crate) recipient: String,
    /// What is held.
    pub(crate) item: HeldItem,
    /// The rules that hold it.
    pub(crate) rules: Vec<RuleBody>,
    /// The role that decides.
    #[schema(schema_with = words::role)]
    pub(crate) role: String,
    /// Where that role sits.
    pub(crate) agency: String,
    /// It was released in an emergency, and is reviewed afterwards.
    pub(crate) after: bool,
    /// It was not answered in time.
    pub(crate) escalated: bool,
    /// Since when, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) since: String,
    /// Until when, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) due: String,
}

/// A held item.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldItem {
    /// Its title.
    pub(crate) title: String,
    /// Its information category.
    pub(crate) category: String,
    /// What the gateway found in it, in words.
    pub(crate) notes: Vec<String>,
}

impl From<HoldView> for HoldBody {
    fn from(view: HoldView) -> Self {
        Self {
            id: view.id,
            exchange: view.exchange,
            from: view.from,
            recipient: view.recipient,
            item: HeldItem {
                title: view.item_title,
                category: view.item_category,
                notes: view.notes,
            },
            rules: view.rules.into_iter().map(RuleBody::from).collect(),
            role: view.role,
            agency: view.agency,
            after: view.after,
            escalated: view.escalated,
            since: time(view.since),
            due: time(view.due),
        }
    }
}

/// An exchange that no nominal was found for.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnmatchedBody {
    /// The exchange.
    pub(crate) exchange: String,
    /// The sender.
    pub(crate) from: String,
    /// When it was received, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) received: String,
    /// The purpose.
    pub(crate) purpose: Option<String>,
    /// The identifiers as the sender gave them.
    pub(crate) identifiers: Vec<IdentifierBody>,
    /// Nominals that may be meant.
    pub(crate) candidates: Vec<CandidateBody>,
}

/// An identifier of a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentifierBody {
    /// What kind it is.
    #[schema(schema_with = words::identifier_kind)]
    pub(crate) kind: &'static str,
    /// Its value.
    pub(crate) value: String,
}

/// A nominal that may be meant.
#[derive(Serialize, ToSchema)]
pub(crate) struct CandidateBody {
    /// Its reference.
    pub(crate) nominal: String,
    /// The name.
    pub(crate) name: Option<String>,
    /// The date of birth.
    pub(crate) date_of_birth: Option<String>,
    /// Kinds of identifier that agree.
    pub(crate) agree: Vec<&'static str>,
    /// Kinds of identifier that contradict.
    pub(crate) contradict: Vec<&'static str>,
}

impl From<CandidateView> for CandidateBody {
    fn from(view: CandidateView) -> Self {
        Self {
            nominal: view.nominal,
            name: view.name.map(gateway_core::Personal::into_inner),
            date_of_birth: view.date_of_birth.map(gateway_core::Personal::into_inner),
            agree: view
                .agree
                .into_iter()
                .map(gateway_core::IdentifierKind::as_str)
                .collect(),
            contradict: view
                .contradict
                .into_iter()
                .map(gateway_core::IdentifierKind::as_str)
                .collect(),
        }
    }
}

impl From<UnmatchedView> for UnmatchedBody {
    fn from(view: UnmatchedView) -> Self {
        let identifiers = view.given.iter().map(|given| IdentifierBody {
            kind: given.kind().as_str(),
            value: given.value().reveal().clone(),
        });
        Self {
            identifiers: identifiers.collect(),
            exchange: view.exchange,
            from: view.from,
            received: time(view.received),
            purpose: view.purpose,
            candidates: view
                .candidates
                .into_iter()
                .map(CandidateBody::from)
                .collect(),
        }
    }
}

/// A nominal, for agencies that may see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct NominalBody {
    /// The gateway's own reference.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// The area.
    pub(crate) area: String,
    /// The state of the record.
    pub(crate) state: String,
    /// The level, 1 to 3; 0 unknown.
    pub(crate) level: i64,
    /// The category, 1 to 4; 0 unknown.
    pub(crate) category: i64,
    /// The lead agency.
    pub(crate) lead_agency: Option<String>,
    /// The name.
    pub(crate) name: Option<String>,
    /// The date of birth.
    pub(crate) date_of_birth: Option<String>,
    /// The identifiers.
    pub(crate) identifiers: Vec<IdentifierBody>,
    /// The agencies with a part in it.
    pub(crate) partners: Vec<PartBody>,
    /// The prison that holds the person.
    pub(crate) custody: Option<String>,
    /// The mental health trust.
    pub(crate) trust: Option<String>,
}

/// An agency's part in a nominal.
#[derive(Serialize, ToSchema)]
pub(crate) struct PartBody {
    /// The agency.
    pub(crate) agency: String,
    /// What part.
    pub(crate) kind: String,
    /// From, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) from: String,
    /// Until, RFC 3339 UTC; none while it lasts.
    #[schema(format = DateTime)]
    pub(crate) until: Option<String>,
}

impl From<NominalView> for NominalBody {
    fn from(view: NominalView) -> Self {
        let identifiers = view
            .identifiers
            .into_iter()
            .map(|(kind, value)| IdentifierBody {
                kind: kind.as_str(),
                value: value.into_inner(),
            });
        let partners = view.partners.into_iter().map(|part| PartBody {
            agency: part.agency,
            kind: part.kind,
            from: time(part.from),
            until: part.until.map(time),
        });
        Self {
            identifiers: identifiers.collect(),
            partners: partners.collect(),
            reference: view.reference,
            area: view.area,
            state: view.state,
            level: view.level,
            category: view.category,
            lead_agency: view.lead_agency,
            name: view.name.map(gateway_core::Personal::into_inner),
            date_of_birth: view.date_of_birth.map(gateway_core::Personal::into_inner),
            custody: view.custody,
            trust: view.trust,
        }
    }
}

/// An event of a nominal's timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// The event's id.
    pub(crate) id: String,
    /// When, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// What happened.
    pub(crate) kind: String,
    /// The exchange it belongs to.
    pub(crate) exchange: Option<String>,
    /// The agency that acted.
    pub(crate) from: Option<String>,
    /// The agencies it reaches.
    pub(crate) to: Vec<String>,
    /// The rules that decided.
    pub(crate) rules: Vec<String>,
    /// Opaque particulars.
    pub(crate) detail: BTreeMap<String, String>,
    /// The text of its `.tlog-proof`.
    pub(crate) proof: String,
}

impl From<TimelineEvent> for EventBody {
    fn from(event: TimelineEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            kind: event.kind,
            exchange: event.exchange,
            from: event.from,
            to: event.to,
            rules: event.rules,
            detail: event.detail,
            proof: event.proof,
        }
    }
}

/// A notice to a role at the calling agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeBody {
    /// The notice's id.
    pub(crate) id: String,
    /// The exchange it is about.
    pub(crate) exchange: Option<String>,
    /// The nominal it is about.
    pub(crate) nominal: Option<String>,
    /// To which role.
    #[schema(schema_with = words::role)]
    pub(crate) role: String,
    /// What it says.
    pub(crate) kind: String,
    /// Since when, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) created: String,
    /// Until when something is to be done, RFC 3339 UTC.
    #[schema(format = DateTime)]
    pub(crate) due: Option<String>,
}

impl From<NoticeView> for NoticeBody {
    fn from(view: NoticeView) -> Self {
        Self {
            id: view.id,
            exchange: view.exchange,
            nominal: view.nominal,
            role: view.role,
            kind: view.kind,
            created: time(view.created),
            due: view.due.map(time),
        }
    }
}

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident { $plural:ident: $entry:ident })+) => { $(
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        pub(crate) struct $name {
            /// The entries.
            pub(crate) $plural: Vec<$entry>,
            /// The cursor of the next page.
            pub(crate) next: Option<String>,
        }
    )+ };
}

pages! {
    /// A page of the inbox.
    Deliveries { deliveries: InboxBody }
    /// A page of holds.
    Holds { holds: HoldBody }
    /// A page of unmatched exchanges.
    Unmatched { unmatched: UnmatchedBody }
    /// A page of a timeline.
    Events { events: EventBody }
    /// A page of notices.
    Notices { notices: NoticeBody }
}
