//! The acts, and what each asks.

use gateway_core::event::EventKind;

/// An act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Partner,
    EndPartner,
    Lead,
    Level,
    Category,
    Custody,
    Merge,
    /// A form of an agency, for a meeting.
    Ask,
    /// An exchange, to another record.
    Move(String),
}

impl What {
    /// By its word in an address.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "partner" => Self::Partner,
            "end-partner" => Self::EndPartner,
            "lead" => Self::Lead,
            "level" => Self::Level,
            "category" => Self::Category,
            "custody" => Self::Custody,
            "merge" => Self::Merge,
            "form" => Self::Ask,
            _ => return None,
        })
    }

    /// The path of its form, behind that of the record.
    pub(super) fn path(&self) -> String {
        let word = match self {
            Self::Partner => "partner",
            Self::EndPartner => "end-partner",
            Self::Lead => "lead",
            Self::Level => "level",
            Self::Category => "category",
            Self::Custody => "custody",
            Self::Merge => "merge",
            Self::Ask => "form",
            Self::Move(exchange) => return format!("messages/{exchange}/move"),
        };
        format!("change/{word}")
    }

    pub(super) const fn heading(&self) -> &'static str {
        match self {
            Self::Partner => "Add a partner",
            Self::EndPartner => "End a partner’s part",
            Self::Lead => "Change the lead agency",
            Self::Level => "Change the level",
            Self::Category => "Change the category",
            Self::Custody => "Change custody",
            Self::Merge => "Join a duplicate record to this one",
            Self::Ask => "Ask for a form",
            Self::Move(_) => "Move a message to another record",
        }
    }

    /// What comes of it, for those who are about to do it.
    pub(super) const fn consequence(&self) -> &'static str {
        match self {
            Self::Partner => {
                "The agency can read this record and what is sent to it, from the first day to the last."
            }
            Self::EndPartner => {
                "The agency can read this record no longer. What it took away stays with it."
            }
            Self::Lead => {
                "The lead agency sees the whole timeline. The one before sees it no longer, and reads this record only if it has another part in the case."
            }
            Self::Level => {
                "The level decides what is shared. Your reasons are kept as the rationale of the level."
            }
            Self::Category => "The change is on the timeline.",
            Self::Custody => "A prison has a part in the case only while it holds the person.",
            Self::Merge => {
                "What was sent under the duplicate, its identifiers, meetings and partners go to this record. Everyone who has something of it is told. This cannot be undone."
            }
            Self::Ask => {
                "The agency is told, reminded before it is due, and told again when it is late. It is due ten working days before the meeting, or by the working day before it where that day is past."
            }
            Self::Move(_) => {
                "The sender and everyone who has it are told. Whoever has no part in the other person’s case can open it no longer."
            }
        }
    }

    /// The events that it needs to see.
    pub(super) fn kinds(&self) -> Vec<EventKind> {
        match self {
            Self::Move(_) => vec![
                EventKind::ExchangeRecorded,
                EventKind::ExchangeCompleted,
                EventKind::Matched,
            ],
            Self::Partner
            | Self::EndPartner
            | Self::Lead
            | Self::Level
            | Self::Category
            | Self::Custody
            | Self::Ask
            | Self::Merge => Vec::new(),
        }
    }

    /// How many of them.
    pub(super) fn events(&self) -> usize {
        if self.kinds().is_empty() { 0 } else { 5_000 }
    }
}
