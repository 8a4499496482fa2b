//! A whole mail, or the entity that was in an envelope, read in one call.

use gateway_core::Personal;

use crate::bounce::{self, Report};
use crate::entity::Entity;
use crate::headers::{self, Headers};
use crate::limits::{Limits, Refused};
use crate::parts::{self, Note, Part};
use crate::protected::{self, Protected, Protection};

/// A mail, read. Nothing in it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The header. Of an entity from within an envelope, only what it carries itself.
    pub headers: Headers,
    /// Header fields that the signature around this entity covers, where it says so.
    pub protected: Option<Protected>,
    /// The text that was written, line ends as LF; empty where there is none.
    pub text: Personal<String>,
    /// The text was made of HTML; the HTML is among the parts.
    pub from_html: bool,
    /// What a reader has to know about the text.
    pub notes: Vec<Note>,
    /// Everything that was attached, in order.
    pub parts: Vec<Part>,
    /// The report that it is, where it is one.
    pub report: Option<Report>,
}

/// Reads a mail, or the entity that was in an envelope. Any bytes are answered, with a mail
/// or with the limit that they are beyond; where the signature covers `bytes`, so it does
/// everything in the answer.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Mail, Refused> {
    if bytes.trim_ascii().is_empty() {
        return Err(Refused::NotMail);
    }
    let mut root = Entity::read_or_text(bytes, limits.header_bytes)?;
    let mut protected = protected::read(&root);
    if let Some(inner) = protected::wrapped(&root) {
        let inner = Entity::read(inner, limits.header_bytes)?;
        protected =
            protected::read(&inner).or_else(|| Some(protected::fields(&inner, Protection::Older)));
        root = inner;
    }
    let taken = parts::take(&root, limits)?;
    let report = bounce::read(&root, &taken.parts, limits.header_bytes);
    Ok(Mail {
        headers: headers::read(&root),
        protected,
        text: Personal::new(taken.text),
        from_html: taken.from_html,
        notes: taken.notes,
        parts: taken.parts,
        report,
    })
}
