//! The header of a mail: who says that they wrote it, for whom, and what it answers. None of
//! it is proved here; whoever holds the signature or the relay's word does that.

use gateway_core::{AgencyId, Personal};
use jiff::Timestamp;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::address::{self, Address, agency_of};
use crate::auto::{self, Automatic};
use crate::entity::{Entity, ended, text};
use crate::thread::{self, ThreadRef};

/// Longest id of a message, bytes (RFC 5322, 2.1.1).
const LONGEST_ID: usize = 998;
/// Most ids read from one field.
const MOST_IDS: usize = 200;

/// Why nobody can be named as the sender (RFC 5322, 3.6: From exactly once).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SenderFault {
    /// No From field.
    #[error("has no From field: send it from a mail program")]
    Missing,
    /// More than one From field.
    #[error("has {count} From fields: send it with one")]
    Several {
        /// How many.
        count: usize,
    },
    /// The field does not name exactly one address, beyond doubt.
    #[error("has a From field that does not name exactly one address: send it from one address")]
    NotOne,
}

/// Whom a mail is for, by its header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressedTo {
    /// Agencies at the gateway's domain, each once, in order. Whether they exist is not known.
    pub agencies: Vec<AgencyId>,
    /// Addresses at the gateway's domain that no agency can have.
    pub unknown: Vec<Address>,
    /// Addresses elsewhere: how many.
    pub elsewhere: usize,
}

/// The header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// Who says that they wrote it.
    pub from: Result<Address, SenderFault>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// The subject, its encoded words read.
    pub subject: Option<Personal<String>>,
    /// When it says that it was written.
    pub date: Option<Timestamp>,
    /// Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// In-Reply-To, without angle brackets.
    pub in_reply_to: Vec<String>,
    /// References, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// Whether a machine wrote it.
    pub automatic: Automatic,
}

impl Headers {
    /// The agencies it is for, To and Cc together.
    pub fn addressed_to(&self, domain: &str) -> AddressedTo {
        addressed_to(self.to.iter().chain(&self.cc), domain)
    }

    /// The threads it names, each once: in the subject, then in In-Reply-To and References.
    /// More than one: it is not clear which it answers.
    pub fn threads(&self, domain: &str) -> Vec<ThreadRef> {
        let subject = self
            .subject
            .as_ref()
            .map(|s| thread::in_subject(s.reveal()));
        let quoted = self.in_reply_to.iter().chain(self.references.iter().rev());
        let quoted = quoted.filter_map(|id| ThreadRef::from_message_id(id, domain));
        let mut threads = Vec::new();
        for found in subject.into_iter().flatten().chain(quoted) {
            if !threads.contains(&found) {
                threads.push(found);
            }
        }
        threads
    }

    /// The subject as a title: without references, `RE:` and `FW:`.
    pub fn title(&self) -> Option<Personal<String>> {
        let subject = thread::without(self.subject.as_ref()?.reveal());
        let mut title = subject.as_str();
        while let Some((word, rest)) = title.split_once(':') {
            let prefix = ["re", "fw", "fwd", "aw", "sv", "vs", "antw", "wg", "tr"];
            if !prefix.contains(&word.trim().to_lowercase().as_str()) {
                break;
            }
            title = rest.trim_start();
        }
        let title: String = title
            .chars()
            .filter(|c| !c.is_control())
            .take(300)
            .collect();
        (!title.trim().is_empty()).then(|| Personal::new(title.trim().to_owned()))
    }
}

/// Sorts addresses by what they are at the gateway.
pub fn addressed_to<'a>(addresses: impl Iterator<Item = &'a Address>, domain: &str) -> AddressedTo {
    let mut sorted = AddressedTo::default();
    for address in addresses {
        match agency_of(address, domain) {
            Some(agency) if sorted.agencies.contains(&agency) => {}
            Some(agency) => sorted.agencies.push(agency),
            None if address.domain().eq_ignore_ascii_case(domain) => {
                sorted.unknown.push(address.clone());
            }
            None => sorted.elsewhere += 1,
        }
    }
    sorted
}

pub(crate) fn read(entity: &Entity<'_>) -> Headers {
    let id_list = |name: &str| {
        entity
            .plain(name)
            .map(|value| ids(&value))
            .unwrap_or_default()
    };
    let addresses = |name| entity.all(name).flat_map(address::list).collect();
    Headers {
        from: from(entity),
        to: addresses("To"),
        cc: addresses("Cc"),
        subject: entity
            .all("Subject")
            .next()
            .map(|field| Personal::new(text(field.value))),
        date: date(entity),
        message_id: id_list("Message-ID").into_iter().next(),
        in_reply_to: id_list("In-Reply-To"),
        references: id_list("References"),
        automatic: auto::read(entity),
    }
}

fn from(entity: &Entity<'_>) -> Result<Address, SenderFault> {
    match entity.all("From").count() {
        0 => Err(SenderFault::Missing),
        1 => {
            let only = entity.all("From").next().and_then(address::only);
            only.ok_or(SenderFault::NotOne)
        }
        count => Err(SenderFault::Several { count }),
    }
}

fn date(entity: &Entity<'_>) -> Option<Timestamp> {
    let value = ended(entity.all("Date").next()?.value);
    match MessageStream::new(&value).parse_date() {
        HeaderValue::DateTime(date) if date.is_valid() && (1970..2200).contains(&date.year) => {
            Timestamp::from_second(date.to_timestamp()).ok()
        }
        HeaderValue::DateTime(_)
        | HeaderValue::Address(_)
        | HeaderValue::Text(_)
        | HeaderValue::TextList(_)
        | HeaderValue::ContentType(_)
        | HeaderValue::Received(_)
        | HeaderValue::Empty => None,
    }
}

/// Ids in angle brackets, printable and without white space.
pub(crate) fn ids(value: &str) -> Vec<String> {
    value
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| id.trim())
        .filter(|id| !id.is_empty() && id.len() <= LONGEST_ID)
        .filter(|id| id.chars().all(|c| !c.is_whitespace() && !c.is_control()))
        .take(MOST_IDS)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
