//! What is wrong with a line, and what would be right. A value is never repeated: it may be
//! an identifier, or stand in the wrong place.

use std::fmt;

use gateway_core::identifier::BadIdentifier;
use gateway_core::text::BadText;

use super::Name;

/// A fault of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line in the text, from 1.
    pub line: usize,
    /// The name that it begins with, where that is known.
    pub name: Option<Name>,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The name is unknown, but near a known one.
    #[error("begins with an unknown name: write `{0}`")]
    NearName(&'static str),
    /// The name is unknown.
    #[error("begins with an unknown name: give one of {}", known())]
    UnknownName,
    /// Not a line of the block.
    #[error(
        "does not begin with a name and a colon: leave an empty line before the message, and begin a line that continues another with a space"
    )]
    NoName,
    /// The name was there before.
    #[error("is given again after line {first}: give it once; the first was read")]
    Doubled {
        /// The line that had it first.
        first: usize,
    },
    /// No value.
    #[error("is empty: write it behind the colon, or leave the line out")]
    Empty,
    /// An identifier that is none.
    #[error("has what is {0}")]
    Identifier(BadIdentifier),
    /// An identifier without its word.
    #[error(
        "has an identifier without its kind: write one of PNC, CRO, NHS, PRISON, CRN, VISOR, DOB, NAME, REF before each, and `;` between them"
    )]
    NoKind,
    /// An identifier's word that is near a known one.
    #[error("has an unknown kind of identifier: write `{0}`")]
    NearKind(&'static str),
    /// A code that is near a known one.
    #[error("has an unknown {list}: write `{near}`")]
    NearCode {
        /// The list, in words.
        list: &'static str,
        /// The known one.
        near: &'static str,
    },
    /// A code that is in no list.
    #[error("has an unknown {list}: give one of {choices}")]
    UnknownCode {
        /// The list, in words.
        list: &'static str,
        /// Its words.
        choices: String,
    },
    /// Not an agency's id.
    #[error(
        "names no agency: give each by its id, such as `london-probation`, with commas between them"
    )]
    Agency,
    /// Not a person's address.
    #[error("has something in angle brackets that is no address: write `agency <person@domain>`")]
    Person,
    /// Not of the form `NAME = VALUE`.
    #[error("is not of the form `file name = value`: write it so, as in `report.pdf = RISK`")]
    Pair,
    /// No attachment has that name.
    #[error("names no attachment of this mail: write the file's name as it is attached")]
    NoSuchAttachment,
    /// More than one attachment has that name.
    #[error("names more than one attachment: give each file a name of its own")]
    AmbiguousAttachment,
    /// Not the id of an exchange.
    #[error("is no exchange's id: copy it from the receipt, or reply to the mail instead")]
    Exchange,
    /// Text that is not taken.
    #[error("{0}")]
    Text(BadText),
    /// More than is taken.
    #[error("has more than {max}: send fewer")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// Recipients confirmed without an emergency.
    #[error("confirms recipients without an emergency: write an `Emergency` line as well")]
    NoEmergency,
}

fn known() -> String {
    let names: Vec<&str> = Name::ALL.iter().map(|name| name.as_str()).collect();
    names.join(", ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(
                f,
                "line {}: `{}` {}",
                self.line,
                name.as_str(),
                self.problem
            ),
            None => write!(f, "line {} {}", self.line, self.problem),
        }
    }
}

impl std::error::Error for Fault {}
