//! From the words of a request to the flow's own types. Every wrong code word, identifier,
//! date and id is named by its JSON Pointer, all of them at once.

use std::str::FromStr;

use gateway_core::question::Consent;
use gateway_core::{About, AgencyId, Id, Identifier, IdentifierKind, Personal, text};
use gateway_flow::complete::Completion;
use gateway_flow::custody::Claimed;
use gateway_flow::submission::{
    Contents, Emergency, ItemClaim, ItemPlace, Particulars, RETENTION, RecipientClaim,
};
use gateway_http::{Fault, FieldError};
use jiff::civil::Date;

use super::request::{
    CompletionRequest, EmergencyRequest, ExchangeRequest, ItemRequest, NominalRequest,
    PlaceRequest, RecipientRequest,
};
use super::words::CONSENT;

/// Longest reasons of a reviewer or coordinator, characters.
const REASONS: usize = 20_000;
/// Most identifiers of one person.
const IDENTIFIERS: usize = 50;

/// What stands in an item's place: its text, or the name of its document.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// The text.
    Text(String),
    /// The part that holds it.
    Document(String),
}

/// Reads an exchange: what the flow takes, and each item's content in order.
pub(crate) fn exchange(
    request: ExchangeRequest,
    today: Date,
) -> Result<(Particulars, Vec<Content>), Fault> {
    let mut reader = Reader {
        today,
        faults: Vec::new(),
    };
    let (reference, identifiers) = reader.nominal(request.nominal);
    let recipients = reader.recipients(request.recipients);
    let mut items = Vec::new();
    let mut contents = Vec::new();
    for (n, mut item) in request.items.into_iter().enumerate() {
        let pointer = format!("/items/{n}");
        contents.extend(reader.content(&pointer, &mut item));
        items.push(reader.item(&pointer, item));
    }
    let particulars = Particulars {
        reference,
        identifiers: identifiers.unwrap_or_default(),
        purpose: reader.code("/purpose", stated(request.purpose)),
        necessity: stated(request.necessity).map(Personal::new),
        bases: bases(request.bases).unwrap_or_default(),
        emergency: request
            .emergency
            .map(|emergency| reader.emergency(emergency)),
        in_reply_to: reader.id("/in_reply_to", request.in_reply_to.as_deref()),
        property: request.property.map(Personal::new),
        address_pending: request.address_pending.unwrap_or_default(),
        adult_at_risk: request.adult_at_risk.unwrap_or_default(),
        items,
        ..Particulars::new(recipients)
    };
    reader.done((particulars, contents))
}

/// Reads what completes an exchange.
pub(crate) fn completion(request: CompletionRequest, today: Date) -> Result<Completion, Fault> {
    let mut reader = Reader {
        today,
        faults: Vec::new(),
    };
    let (reference, identifiers) = reader.nominal(request.nominal);
    let completion = Completion {
        reference,
        identifiers,
        purpose: reader.code("/purpose", stated(request.purpose)),
        necessity: stated(request.necessity).map(Personal::new),
        bases: bases(request.bases),
    };
    reader.done(completion)
}

/// Reads who is with a prison, and since when.
pub(crate) fn claimed(
    nominal: NominalRequest,
    since: String,
    today: Date,
) -> Result<Claimed, Fault> {
    let mut reader = Reader {
        today,
        faults: Vec::new(),
    };
    let (reference, identifiers) = reader.nominal(Some(nominal));
    let day = reader.date("/since".to_owned(), Some(since));
    let claimed = Claimed {
        reference,
        identifiers: identifiers.unwrap_or_default(),
        // One that does not read is named as a fault.
        since: day.and_then(|day| day.parse().ok()).unwrap_or(today),
    };
    reader.done(claimed)
}

/// Reads the reasons of an act that needs them; empty ones are refused.
pub(crate) fn reasons(given: Option<&str>) -> Result<String, FieldError> {
    text::clean(given.unwrap_or_default(), REASONS)
        .map_err(|error| FieldError::new("/reasons", error.to_string()))
}

/// A text that says something.
fn stated(given: Option<String>) -> Option<String> {
    given.filter(|text| !text.trim().is_empty())
}

/// Bases, where at least one says something.
fn bases(given: Option<Vec<String>>) -> Option<Vec<String>> {
    given.filter(|bases| bases.iter().any(|basis| !basis.trim().is_empty()))
}

struct Reader {
    today: Date,
    faults: Vec<FieldError>,
}

impl Reader {
    fn done<T>(self, read: T) -> Result<T, Fault> {
        if self.faults.is_empty() {
            Ok(read)
        } else {
            Err(Fault::Unprocessable(self.faults))
        }
    }

    fn fault(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(FieldError::new(pointer, detail));
    }

    /// A word of a code list, or anything else that says by itself what is wrong with it.
    fn code<T: FromStr<Err: ToString>>(
        &mut self,
        pointer: &str,
        given: Option<impl AsRef<str>>,
    ) -> Option<T> {
        match given?.as_ref().parse() {
            Ok(word) => Some(word),
            Err(error) => {
                self.fault(pointer, error.to_string());
                None
            }
        }
    }

    fn id(&mut self, pointer: &str, given: Option<&str>) -> Option<Id> {
        self.code(pointer, given)
    }

    fn agency(&mut self, pointer: &str, given: &str) -> Option<AgencyId> {
        let read = given.parse().ok();
        if read.is_none() {
            self.fault(
                pointer,
                "is no agency's id: give lower-case letters, digits and hyphens, such as `london-probation`",
            );
        }
        read
    }

    fn date(&mut self, pointer: String, given: Option<String>) -> Option<String> {
        let given = given?;
        // Only the one spelling: the calendar's parser takes times and zones as well.
        let read = given
            .parse::<Date>()
            .is_ok_and(|date| date.to_string() == given);
        if !read {
            self.fault(pointer, "is no date: write it as 2026-03-02");
        }
        Some(given)
    }

    fn nominal(
        &mut self,
        given: Option<NominalRequest>,
    ) -> (Option<String>, Option<Vec<Identifier>>) {
        let Some(given) = given else {
            return (None, None);
        };
        if given.reference.is_some() && given.identifiers.is_some() {
            self.fault(
                "/nominal",
                "has both `identifiers` and `ref`: give one of them",
            );
        }
        let mut reference = given
            .reference
            .and_then(|text| self.identifier("/nominal/ref", IdentifierKind::Ref, &text))
            .map(|read| read.value().reveal().clone());
        let Some(given) = given.identifiers else {
            return (reference, None);
        };
        if given.len() > IDENTIFIERS {
            self.fault("/nominal/identifiers", "has too many entries: 50 at most");
        }
        let mut identifiers = Vec::new();
        for (n, given) in given.into_iter().take(IDENTIFIERS).enumerate() {
            let pointer = format!("/nominal/identifiers/{n}");
            let kind = self.code(&format!("{pointer}/kind"), Some(&given.kind));
            let Some(kind) = kind else { continue };
            let pointer = format!("{pointer}/value");
            let Some(read) = self.identifier(&pointer, kind, &given.value) else {
                continue;
            };
            if kind == IdentifierKind::Ref {
                reference = Some(read.value().reveal().clone());
            } else {
                identifiers.push(read);
            }
        }
        (reference, Some(identifiers))
    }

    fn identifier(
        &mut self,
        pointer: &str,
        kind: IdentifierKind,
        text: &str,
    ) -> Option<Identifier> {
        match Identifier::parse(kind, text, self.today) {
            Ok(read) => Some(read),
            Err(error) => {
                self.fault(pointer, error.to_string());
                None
            }
        }
    }

    fn recipients(&mut self, given: Vec<RecipientRequest>) -> Vec<RecipientClaim> {
        let mut recipients = Vec::new();
        for (n, given) in given.into_iter().enumerate() {
            let pointer = format!("/recipients/{n}");
            let (agency, person, reason) = match given {
                RecipientRequest::Agency(agency) => (self.agency(&pointer, &agency), None, None),
                RecipientRequest::More(more) => (
                    self.agency(&format!("{pointer}/agency"), &more.agency),
                    more.person.map(Personal::new),
                    more.reason.map(Personal::new),
                ),
            };
            recipients.extend(agency.map(|agency| RecipientClaim {
                agency,
                person,
                reason,
            }));
        }
        recipients
    }

    fn emergency(&mut self, given: EmergencyRequest) -> Emergency {
        let confirmed = given.confirm_recipients.unwrap_or_default();
        Emergency {
            statement: given.statement.into(),
            confirm_recipients: confirmed
                .iter()
                .enumerate()
                .filter_map(|(n, id)| {
                    self.agency(&format!("/emergency/confirm_recipients/{n}"), id)
                })
                .collect(),
        }
    }

    fn content(&mut self, pointer: &str, item: &mut ItemRequest) -> Option<Content> {
        match (item.text.take(), item.document.take()) {
            (Some(text), None) if text.trim().is_empty() => {
                self.fault(format!("{pointer}/text"), "is empty: write it in words");
                None
            }
            (None, Some(name)) if name.is_empty() || name == "exchange" => {
                self.fault(
                    format!("{pointer}/document"),
                    "names no document: give the name of a part other than `exchange`",
                );
                None
            }
            (Some(text), None) => Some(Content::Text(text)),
            (None, Some(name)) => Some(Content::Document(name)),
            (None, None) => {
                self.fault(pointer, "has no content: give one of `text` and `document`");
                None
            }
            (Some(_), Some(_)) => {
                self.fault(
                    pointer,
                    "has both `text` and `document`: make two items of them",
                );
                None
            }
        }
    }

    fn item(&mut self, pointer: &str, given: ItemRequest) -> ItemClaim {
        let at = |name: &str| format!("{pointer}/{name}");
        ItemClaim {
            title: given.title.into(),
            category: self.code(&at("category"), given.category),
            purpose: self.code(&at("purpose"), stated(given.purpose)),
            owner: given
                .owner
                .and_then(|owner| self.agency(&at("owner"), &owner)),
            about: self
                .code(&at("about"), given.about)
                .unwrap_or(About::Subject),
            nature: self.code(&at("nature"), given.nature),
            as_at: self.date(at("as_at"), given.as_at),
            clinician: given.clinician.map(Personal::new),
            public_interest: given.public_interest.map(Personal::new),
            consent: self.consent(at("consent"), given.consent.as_deref()),
            child: given.child.map(Personal::new),
            corrects: self.place(&at("corrects"), given.corrects),
            supersedes: self.place(&at("supersedes"), given.supersedes),
            disputed: given.disputed.unwrap_or_default(),
            retention_class: self.retention(at("retention_class"), given.retention_class),
            review_on: self.date(at("review_on"), given.review_on),
            legal_hold: given.legal_hold.unwrap_or_default(),
            restricted: given.restricted.unwrap_or_default(),
            notes: Vec::new(),
            contents: Contents::Written,
        }
    }

    fn consent(&mut self, pointer: String, given: Option<&str>) -> Option<Consent> {
        match given? {
            "given" => Some(Consent::Given),
            "refused" => Some(Consent::Refused),
            "not-sought" => Some(Consent::NotSought),
            _ => {
                self.fault(
                    pointer,
                    format!("is no word of consent: give one of {}", CONSENT.join(", ")),
                );
                None
            }
        }
    }

    fn place(&mut self, pointer: &str, given: Option<PlaceRequest>) -> Option<ItemPlace> {
        let given = given?;
        if given.item < 1 {
            self.fault(
                format!("{pointer}/item"),
                "is no item: items are counted from 1",
            );
        }
        let exchange = self.id(&format!("{pointer}/exchange"), Some(&given.exchange))?;
        Some(ItemPlace {
            exchange,
            item: given.item,
        })
    }

    fn retention(&mut self, pointer: String, given: Option<String>) -> String {
        let class = given.unwrap_or_else(|| RETENTION.to_owned());
        let shaped = (1..=40).contains(&class.len())
            && class
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !shaped {
            self.fault(
                pointer,
                "is no retention class: give a lower-case word, such as `mappa`",
            );
        }
        class
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
