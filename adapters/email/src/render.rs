//! The clear parts of what the gateway sends by mail: subjects, texts, files and headers, as
//! plain text that reads aloud well. No subject, header or notice holds personal data. The
//! message itself is built, signed and enveloped elsewhere.

mod failure;
mod invitation;
mod notice;
mod receipt;
mod words;

use std::fmt;

use crate::thread::ThreadRef;

pub use failure::{Failure, FailureReason, MeshFailure, failure};
pub use invitation::{Invitation, invitation};
pub use notice::{
    FactorChange, FlagMatter, HealthMatter, Matter, Urgency, hold_notice, incomplete_notice,
    key_notice, matter_notice, notice,
};
pub use receipt::{ItemLine, Receipt, RecipientLine, RuleWords, receipt};
pub use words::{time, wrap};

/// A file to attach.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The subject, with its thread's reference.
    pub subject: String,
    /// The text, lines of at most 72 characters but for links, line ends as LF.
    pub text: String,
    /// Files to attach.
    pub files: Vec<File>,
    /// Header fields to add, name and value, all ASCII.
    pub headers: Vec<(&'static str, String)>,
}

/// What every mail of the gateway carries.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The gateway's domain.
    pub domain: &'a str,
    /// The thread it belongs to.
    pub thread: Option<&'a ThreadRef>,
    /// The newest checkpoint, base64 of the note.
    pub checkpoint: Option<&'a str>,
}

impl Frame<'_> {
    fn subject(&self, words: &str) -> String {
        match self.thread {
            Some(thread) => format!("{words} {}", thread.tag()),
            None => words.to_owned(),
        }
    }

    /// Header fields: a machine wrote it (RFC 3834, 3.1.8), the thread, the checkpoint.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "All".to_owned()),
        ];
        let thread = self.thread.map(|thread| thread.message_id(self.domain));
        headers.extend(thread.map(|id| ("References", id)));
        let checkpoint = self.checkpoint.map(str::to_owned);
        headers.extend(checkpoint.map(|note| ("X-Ledger-Checkpoint", note)));
        headers
    }

    fn mail(&self, subject: &str, text: String, files: Vec<File>) -> Outgoing {
        Outgoing {
            subject: self.subject(subject),
            text,
            files,
            headers: self.headers(),
        }
    }
}

#[cfg(test)]
mod tests;
