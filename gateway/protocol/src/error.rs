//! Why policy files do not load: which file, which line, and what to do.

use std::fmt;
use std::io;

use gateway_core::obligation::BadObligation;
use gateway_core::question::BadReviewer;

/// A line in a policy file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, from the policies folder on.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The policy files do not load. Nothing is decided by files that are only partly right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("cannot read `{file}`: check that it exists and may be read")]
    Unreadable {
        /// Which.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no UTF-8, or too large for a policy file.
    #[error("`{file}` is not a text of at most 1 MiB: save it as UTF-8")]
    NotText {
        /// Which.
        file: String,
    },
    /// A file that must be there is absent.
    #[error("`{file}` is missing: add it, every kind of agency has its protocol")]
    Missing {
        /// Which.
        file: String,
    },
    /// A file stands where it would never be read.
    #[error(
        "`{file}` is not a file of the policies: move it away, or put its rules where they count (floor/*.cedar, protocols/<kind of agency>/protocol.cedar)"
    )]
    Unexpected {
        /// Which.
        file: String,
    },
    /// The schema cannot be read.
    #[error("{place}: the schema does not hold: {reason}")]
    Schema {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// A rule cannot be read.
    #[error("{place}: {reason}: correct the rule's syntax")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// A rule lacks an annotation that it needs.
    #[error("{place}: the rule has no `@{annotation}`: add one, with a text in it")]
    MissingAnnotation {
        /// Where.
        place: Place,
        /// Which.
        annotation: &'static str,
    },
    /// A rule has an annotation that nobody reads.
    #[error(
        "{place}: `@{annotation}` means nothing here: give id, rule, title, basis, obligations, reviewers"
    )]
    UnknownAnnotation {
        /// Where.
        place: Place,
        /// Which.
        annotation: String,
    },
    /// Two rules have one id.
    #[error("{place}: the id `{id}` is taken at {first}: give each rule an id of its own")]
    DoubleId {
        /// Where.
        place: Place,
        /// The id.
        id: String,
        /// Where it was given first.
        first: Place,
    },
    /// An obligation is no word of the list.
    #[error(
        "{place}: {source}: give words such as MARK, SPOC_ONLY, NOTIFY(coordinator), parted by commas"
    )]
    Obligation {
        /// Where.
        place: Place,
        /// Which.
        source: BadObligation,
    },
    /// A reviewer is no role at a seat.
    #[error("{place}: {source}")]
    Reviewer {
        /// Where.
        place: Place,
        /// Which.
        source: BadReviewer,
    },
    /// A rule compares with a word that is on no code list, so it could never fire.
    #[error(
        "{place}: `{word}` is on no code list: correct the spelling, or the rule could never apply"
    )]
    UnknownWord {
        /// Where.
        place: Place,
        /// Which.
        word: String,
    },
    /// A rule is not shaped as a permit, a hold or a refusal.
    #[error("{place}: `{id}` {reason}")]
    Shape {
        /// Where.
        place: Place,
        /// The rule.
        id: String,
        /// What is wrong, and what to do.
        reason: &'static str,
    },
    /// A rule does not agree with the schema, or could never apply.
    #[error("{place}: `{id}` does not validate: {reason}")]
    Invalid {
        /// Where.
        place: Place,
        /// The rule.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// A protocol's particulars cannot be read.
    #[error(
        "{place}: {reason}: give title, version, review (a date such as 2027-03-31), owner, basis, parties and signatories"
    )]
    Particulars {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// The engine's own words are not the schema's: a fault of this program.
    #[error("the rule engine does not know `{word}`: report this as a fault")]
    Engine {
        /// Which.
        word: &'static str,
    },
}
