//! The header of a mail.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::header::{clean, encoded_words, field_name, fold, text};

/// What is said of a mail outside its body. Everything here is seen by every relay: no personal
/// data beyond the addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// The name before the address of From, for people to read.
    pub from_name: Option<String>,
    /// The one address of From.
    pub from: String,
    /// The addresses of To.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// When it was made.
    pub date: Timestamp,
    /// `local@domain`, with or without its angle brackets. Boundaries are made from it too.
    pub message_id: String,
    /// Further fields, in order: `References`, `Auto-Submitted`, `X-Ledger-Checkpoint` … Their
    /// values fold at spaces.
    pub extra: Vec<(&'static str, String)>,
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("to", &self.to.len())
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}

impl Head {
    /// The fields, each ended by CRLF.
    pub(super) fn lines(&self) -> Vec<u8> {
        self.lines_with(&self.subject)
    }

    /// The fields, with another subject.
    pub(super) fn lines_with(&self, subject: &str) -> Vec<u8> {
        self.fields(subject).concat()
    }

    /// Each field with its folds and its CRLF.
    pub(super) fn fields(&self, subject: &str) -> Vec<Vec<u8>> {
        let mut fields = vec![
            field(|out| fold("From", self.author().into_iter(), out)),
            field(|out| fold("To", recipients(&self.to), out)),
            field(|out| text("Subject", subject, out)),
            field(|out| fold("Date", date(self.date).split(' ').map(str::to_owned), out)),
            field(|out| {
                fold(
                    "Message-ID",
                    std::iter::once(bracketed(&self.message_id)),
                    out,
                );
            }),
        ];
        for (name, value) in &self.extra {
            fields.push(field(|out| text(&field_name(name), value, out)));
        }
        fields
    }

    fn author(&self) -> Vec<String> {
        let name = self.from_name.as_deref().map(clean).unwrap_or_default();
        let mut words = if name.is_empty() {
            Vec::new()
        } else if name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ') {
            name.split_whitespace().map(str::to_owned).collect()
        } else {
            encoded_words("From", &name)
        };
        words.push(format!("<{}>", address(&self.from)));
        words
    }
}

fn field(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn recipients(addresses: &[String]) -> impl Iterator<Item = String> {
    let last = addresses.len().saturating_sub(1);
    let comma = move |(at, text): (usize, &String)| {
        let end = if at == last { "" } else { "," };
        format!("<{}>{end}", address(text))
    };
    // An empty group, where nobody is named (RFC 5322 section 3.4).
    let nobody = addresses
        .is_empty()
        .then(|| ["undisclosed-recipients:".to_owned(), ";".to_owned()]);
    addresses
        .iter()
        .enumerate()
        .map(comma)
        .chain(nobody.into_iter().flatten())
}

/// An address that is one address only: what could end it or begin another is `?`.
fn address(text: &str) -> String {
    let good = |c: char| {
        if c.is_ascii_graphic() && !"()<>[]:;,\\\"".contains(c) {
            c
        } else {
            '?'
        }
    };
    let address: String = text.chars().map(good).take(254).collect();
    if address.is_empty() {
        "?".to_owned()
    } else {
        address
    }
}

fn bracketed(id: &str) -> String {
    let id = id.trim_matches(|c| c == '<' || c == '>');
    format!("<{}>", address(id))
}

/// RFC 5322 section 3.3, in UTC.
fn date(at: Timestamp) -> String {
    let utc = at.to_zoned_datetime(TimeZone::UTC);
    utc.strftime("%a, %-d %b %Y %H:%M:%S +0000").to_string()
}
