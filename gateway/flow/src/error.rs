//! What can go wrong with an exchange, in the words of whoever has to mend it.

use gateway_protocol::LoadError;
use gateway_seal::{OpenError, SealError};
use gateway_store::StoreError;
use gateway_vault::VaultError;

/// How the words begin of what the database has already.
pub(crate) const EXISTS: &str = "it exists already";

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Where, as a JSON Pointer (RFC 6901) into the submission.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl FieldFault {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// Why the flow did not do it.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Fields are wrong; nothing was recorded.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<FieldFault>),
    /// Not there, or not this caller's: the two are one.
    #[error("there is nothing here for you")]
    NotFound,
    /// The caller may not, and may know why.
    #[error("{0}")]
    Forbidden(String),
    /// It has happened already, or something else has meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// Tried too often: not before so many seconds.
    #[error("{words}")]
    TooOften {
        /// What was tried, when to try again, and whom to ask.
        words: String,
        /// How long to wait, seconds.
        seconds: u64,
    },
    /// The store or the vault is away: nothing was recorded, try again.
    #[error("the store cannot be reached")]
    Unavailable(String),
    /// Something that should not happen. The text is for the operator.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Conflict(what) => Self::Conflict(format!("{EXISTS} ({what})")),
            StoreError::Corrupt { .. }
            | StoreError::Uncovered { .. }
            | StoreError::Address(_)
            | StoreError::Migrate(_)
            | StoreError::Database(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<VaultError> for FlowError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other fault is the operator's"
    )]
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unavailable(why) => Self::Unavailable(why),
            VaultError::Refused => Self::NotFound,
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<SealError> for FlowError {
    fn from(error: SealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<OpenError> for FlowError {
    fn from(error: OpenError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<LoadError> for FlowError {
    fn from(error: LoadError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<serde_json::Error> for FlowError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("stored JSON does not read: {error}"))
    }
}

impl From<std::io::Error> for FlowError {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(format!("the folder of sealed bodies: {error}"))
    }
}
