//! What reading has in common: the issues found, the references, and elements as values.

use gateway_core::{AgencyId, Id, Personal, text};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::codes::Coded;
use crate::issue::{Cause, Issues};
use crate::json::Json;
use crate::node::Node;
use crate::receive::Created;
use crate::systems::Systems;

/// One reading of one message.
pub(crate) struct Reading<'a> {
    pub(crate) systems: &'a Systems,
    pub(crate) today: Date,
    pub(crate) created: Option<Created>,
    pub(crate) issues: Issues,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    full_url: Option<&'a str>,
    resource: Node<'a>,
}

impl<'a> Reading<'a> {
    /// Reads what is in `root`, a bundle or a resource by itself.
    pub(crate) fn new(
        systems: &'a Systems,
        today: Date,
        created: Option<Created>,
        root: &Node<'a>,
    ) -> Self {
        let entries = match root.kind() {
            "Bundle" => root.children("entry"),
            _ => Vec::new(),
        };
        let entries = entries
            .iter()
            .filter_map(|entry| {
                let resource = entry.child("resource")?;
                Some(Entry {
                    full_url: entry.text_of("fullUrl"),
                    resource: Node::resource(resource.json(), resource.path()),
                })
            })
            .collect();
        Self {
            systems,
            today,
            created,
            issues: Issues::default(),
            entries,
        }
    }

    /// The resource of the bundle's first entry.
    pub(crate) fn first(&self) -> Option<Node<'a>> {
        self.entries.first().map(|entry| entry.resource.clone())
    }

    pub(crate) fn bad(&mut self, cause: Cause, node: &Node<'_>, words: impl Into<String>) {
        self.issues.add(cause, node.path(), words);
    }

    /// An element that must be there; `words` say what it should be.
    pub(crate) fn must(&mut self, node: &Node<'a>, name: &str, words: &str) -> Option<Node<'a>> {
        let found = node.child(name);
        if found.is_none() {
            let words = format!("is not there: {words}");
            self.issues.add(Cause::Missing, node.path_of(name), words);
        }
        found
    }

    /// The first of an element that must be there at least once.
    pub(crate) fn must_one(
        &mut self,
        node: &Node<'a>,
        name: &str,
        words: &str,
    ) -> Option<Node<'a>> {
        let all = node.children(name);
        match all.as_slice() {
            [] => {
                let words = format!("is not there: {words}");
                self.issues.add(Cause::Missing, node.path_of(name), words);
                None
            }
            [only] => Some(only.clone()),
            [_, second, ..] => {
                let words = "is there more than once, and it cannot be told which counts: give one";
                self.bad(Cause::Contradiction, second, words);
                None
            }
        }
    }

    /// The resource that a reference means: one that came with it, of one of these types.
    pub(crate) fn resolve(&mut self, reference: &Node<'a>, kinds: &[&str]) -> Option<Node<'a>> {
        let Some(text) = reference.text_of("reference") else {
            let words = format!(
                "refers to nothing that was sent: put the {} into the message",
                kinds.join(" or ")
            );
            self.bad(Cause::Missing, reference, words);
            return None;
        };
        let Some(found) = self.find(reference, text) else {
            self.unfound(reference, text);
            return None;
        };
        if kinds.contains(&found.kind()) {
            Some(found)
        } else {
            let words = format!(
                "refers to another type of resource: refer to {}",
                kinds.join(" or ")
            );
            self.bad(Cause::WrongType, reference, words);
            None
        }
    }

    fn find(&self, reference: &Node<'a>, text: &str) -> Option<Node<'a>> {
        if let Some(id) = text.strip_prefix('#') {
            return reference.contained(id);
        }
        let named = |entry: &&Entry<'a>| entry.full_url == Some(text);
        let relative = |entry: &&Entry<'a>| {
            let id = entry.resource.text_of("id").unwrap_or_default();
            text.split_once('/') == Some((entry.resource.kind(), id))
        };
        if let Some(entry) = self.entries.iter().find(named) {
            return Some(entry.resource.clone());
        }
        let mut alike = self.entries.iter().filter(relative);
        // Of two with one type and id it cannot be told which is meant.
        match (alike.next(), alike.next()) {
            (Some(only), None) => Some(only.resource.clone()),
            _ => None,
        }
    }

    fn unfound(&mut self, reference: &Node<'a>, text: &str) {
        let local = text.starts_with('#') || text.starts_with("urn:uuid:");
        let (cause, words) = if local {
            (
                Cause::BrokenReference,
                "refers to a resource that was not sent: put it into the message",
            )
        } else {
            (
                Cause::ForeignReference,
                "refers to another server, where nothing is fetched: put the resource into the \
                 message and refer to it there",
            )
        };
        self.issues
            .add(cause, reference.path_of("reference"), words);
    }

    /// The code of our list in a `CodeableConcept`.
    pub(crate) fn coded<C: Coded>(&mut self, concept: &Node<'a>, system: &str) -> Option<C> {
        let ours = |c: &Node<'a>| c.text_of("system") == Some(system);
        let codings: Vec<_> = concept
            .children("coding")
            .into_iter()
            .filter(ours)
            .collect();
        let choices = C::choices();
        let (cause, at, words) = match codings.as_slice() {
            [] => (
                Cause::Missing,
                concept.path_of("coding"),
                format!("has no code of the system {system}: give one of {choices}"),
            ),
            [coding] => match coding.text_of("code").and_then(C::find) {
                Some(code) => return Some(code),
                None => (
                    Cause::UnknownCode,
                    coding.path_of("code"),
                    format!("is not in the list: give one of {choices}"),
                ),
            },
            [_, second, ..] => (
                Cause::Contradiction,
                second.path().to_owned(),
                "is a second code of the same list: give one".to_owned(),
            ),
        };
        self.issues.add(cause, at, words);
        None
    }

    /// A `code` of our list.
    pub(crate) fn code<C: Coded>(&mut self, node: &Node<'a>) -> Option<C> {
        let found = node.text().and_then(C::find);
        if found.is_none() {
            let words = format!("is not in the list: give one of {}", C::choices());
            self.bad(Cause::UnknownCode, node, words);
        }
        found
    }

    /// The value of the identifier of that system, in the element `identifier`. Of two that differ
    /// it cannot be told which counts.
    pub(crate) fn identifier(&mut self, node: &Node<'a>, system: &str) -> Option<Node<'a>> {
        let ours = |id: &Node<'a>| {
            id.text_of("system") == Some(system) && id.text_of("use") != Some("old")
        };
        let all = node.children("identifier").into_iter();
        let values: Vec<_> = all
            .filter(ours)
            .filter_map(|id| id.child("value"))
            .collect();
        let first = values.first()?;
        if let Some(other) = values.iter().find(|value| value.text() != first.text()) {
            let words =
                "is another than the one before of the same system: give the one that counts";
            self.bad(Cause::Contradiction, other, words);
            return None;
        }
        Some(first.clone())
    }

    /// One line of text.
    pub(crate) fn line(&mut self, node: &Node<'a>, most: usize) -> Option<String> {
        let read = text::line(node.text()?, most);
        self.said(node, read)
    }

    /// Text of several lines.
    pub(crate) fn prose(&mut self, node: &Node<'a>, most: usize) -> Option<Personal<String>> {
        let read = text::clean(node.text()?, most);
        self.said(node, read).map(Personal::new)
    }

    fn said(&mut self, node: &Node<'a>, read: Result<String, text::BadText>) -> Option<String> {
        match read {
            Ok(text) => Some(text),
            Err(bad) => {
                let cause = match bad {
                    text::BadText::TooLong { .. } => Cause::TooLong,
                    text::BadText::Empty
                    | text::BadText::Control
                    | text::BadText::LineEnd
                    | text::BadText::Direction
                    | text::BadText::NoCharacter => Cause::BadValue,
                };
                self.bad(cause, node, bad.to_string());
                None
            }
        }
    }

    /// A point in time, to the microsecond.
    pub(crate) fn time(&mut self, node: &Node<'a>) -> Option<Timestamp> {
        let read = node
            .text()
            .filter(|text| crate::shape::primitive::is_instant(text))
            .and_then(|text| text.parse::<Timestamp>().ok())
            .and_then(|time| Timestamp::from_microsecond(time.as_microsecond()).ok());
        if read.is_none() {
            let words = "has no time or no zone: write such as 2026-03-02T09:00:00Z";
            self.bad(Cause::BadValue, node, words);
        }
        read
    }

    /// A day.
    pub(crate) fn day(&mut self, node: &Node<'a>) -> Option<Date> {
        let text = node.text().filter(|text| text.len() == 10);
        let read = text.and_then(|text| text.parse().ok());
        if read.is_none() {
            let words = "is not a day: write it as year-month-day, such as 2026-03-02";
            self.bad(Cause::BadValue, node, words);
        }
        read
    }

    /// An id that is a `UUIDv7`.
    pub(crate) fn id(&mut self, node: &Node<'a>) -> Option<Id> {
        self.uuid(node, node.text()?)
    }

    /// A `UUIDv7` that is part of an element.
    pub(crate) fn uuid(&mut self, node: &Node<'a>, text: &str) -> Option<Id> {
        let read = text.parse().ok().filter(|_| text.get(14..15) == Some("7"));
        if read.is_none() {
            let words = "is not a UUIDv7: write it in lower case with hyphens (RFC 9562)";
            self.bad(Cause::BadValue, node, words);
        }
        read
    }

    /// An agency's short name.
    pub(crate) fn agency_id(&mut self, node: &Node<'a>) -> Option<AgencyId> {
        let read = node.text()?.parse().ok();
        if read.is_none() {
            let words = "is not an agency: give its short name, such as london-probation";
            self.bad(Cause::BadValue, node, words);
        }
        read
    }

    /// Refuses a resource whose `active` says that it is no longer in use.
    pub(crate) fn active(&mut self, node: &Node<'a>) {
        if node.json().get("active") == Some(&Json::Bool(false)) {
            let words = "says that this is no longer in use: send one that is";
            self.issues
                .add(Cause::Modifier, node.path_of("active"), words);
        }
    }
}
