//! What can go wrong, in words that tell nothing about what is kept.

use gateway_seal::{ColumnError, KeyTextError, OpenError, SealError};
use gateway_store::StoreError;
use serde::{Deserialize, Serialize};

/// Why the vault did not do it. No message holds a secret or repeats what was sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum VaultError {
    /// The keys at rest are under another master key.
    #[error(
        "this master key does not open the key store: give the one that the key store was made with, or the key store that belongs to it"
    )]
    WrongMasterKey,
    /// Not readable. The same whatever the reason, so that nothing shows of what is there; the
    /// reason is in the operator's log.
    #[error("there is nothing here that this reader may open now")]
    Refused,
    /// The database's head lies behind a checkpoint that has been given out: it is older than
    /// what others have seen, and a signature would fork the log (C2SP tlog-checkpoint).
    #[error(
        "log `{log}` stands at {found} entries, behind the checkpoint of {known} that has been given out: this database is an older copy; move it aside and run `gateway restore`, which opens a new epoch"
    )]
    BehindKnownCheckpoint {
        /// The log.
        log: String,
        /// Entries of the checkpoint given out.
        known: u64,
        /// Entries of the head that was to be signed on.
        found: u64,
    },
    /// A later epoch has taken the log's place.
    #[error(
        "log `{0}` was closed when `gateway restore` opened a new epoch, and nothing is signed in it again: this database is an older copy; move it aside and run `gateway restore`"
    )]
    LogClosed(String),
    /// The new head does not come after the old one.
    #[error("log `{log}` would go back from {from} to {to} entries: nothing is signed")]
    Backwards {
        /// The log.
        log: String,
        /// Entries before.
        from: u64,
        /// Entries after.
        to: u64,
    },
    /// A root hash is not 64 hexadecimal digits.
    #[error("a root hash of log `{0}` does not read: give 64 hexadecimal digits")]
    Root(String),
    /// The log's key signs under another name.
    #[error("the key of log `{log}` signs as `{origin}`: ask under that name")]
    OtherOrigin {
        /// The log.
        log: String,
        /// The name that the key was made for.
        origin: String,
    },
    /// The name cannot be a log's origin.
    #[error("{0}")]
    Origin(String),
    /// There is no key of this purpose for whom it is asked.
    #[error("there is no {purpose} key for `{scope}`: make it first")]
    NoKey {
        /// What it is for.
        purpose: String,
        /// Whose.
        scope: String,
    },
    /// The agency has a key already.
    #[error("agency `{0}` has a key of another custody or recipient: rotate it instead")]
    KeyExists(String),
    /// The key is not, or no longer, one to wrap for.
    #[error("key `{0}` is not in use for new wraps: ask for the reader's key again")]
    NotInUse(String),
    /// The key is not one that opens this.
    #[error("key `{0}` is not the one for this: take it from the row that it belongs to")]
    OtherKey(String),
    /// The agency holds the private key itself.
    #[error(
        "key `{0}` is held by the agency itself: only the agency can open what is sealed to it"
    )]
    HeldByAgency(String),
    /// The key was destroyed, and with it what it sealed.
    #[error("key `{0}` has been destroyed: what was sealed to it cannot be read any more")]
    Destroyed(String),
    /// The text is not a public key to wrap for.
    #[error("{0}")]
    Recipient(String),
    /// A scope or a retention class is empty or has a slash too many.
    #[error("`{0}` cannot name what a retention key is for: use words without a slash")]
    Scope(String),
    /// A sealed column does not open.
    #[error("a sealed value does not open: {0}")]
    Column(String),
    /// A wrap or a key at rest does not open.
    #[error("a sealed key does not open: {0}")]
    Broken(String),
    /// Sealing failed.
    #[error("{0}")]
    Seal(String),
    /// The gateway's S/MIME key does not do.
    #[error("{0}")]
    MailKey(String),
    /// The database is away: try again.
    #[error("{0}")]
    Unavailable(String),
    /// The database refused, or a row in it cannot be read.
    #[error("{0}")]
    Database(String),
    /// The vault answered something else than was asked (a vault of another version).
    #[error("the vault answered something else than was asked: see that both are of one version")]
    Unexpected,
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Unavailable(_)) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Database(error.to_string())
        }
    }
}

impl From<SealError> for VaultError {
    fn from(error: SealError) -> Self {
        Self::Seal(error.to_string())
    }
}

impl From<ColumnError> for VaultError {
    fn from(error: ColumnError) -> Self {
        Self::Column(error.to_string())
    }
}

impl From<OpenError> for VaultError {
    fn from(error: OpenError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<KeyTextError> for VaultError {
    fn from(error: KeyTextError) -> Self {
        Self::Recipient(error.to_string())
    }
}
