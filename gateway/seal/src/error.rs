//! What can go wrong, in the words of someone who holds a key and a sealed thing. No message
//! repeats what it was given: it may be a secret.

use std::io;

use thiserror::Error;

/// A text is not the key that it should be.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum KeyTextError {
    /// Not a recipient of a kind that the gateway wraps for (C2SP age: X25519 and
    /// mlkem768x25519 recipients).
    #[error(
        "not an age recipient: give one line that begins `age1pq1` or `age1`, with nothing before or after it"
    )]
    Recipient,
    /// A secret key was given where a recipient belongs.
    #[error(
        "this is a secret key: keep it to yourself, and give the recipient that belongs to it, which begins `age1pq1` or `age1`"
    )]
    SecretGiven,
    /// A low-order point: everyone could read what is wrapped for it (RFC 7748 section 6.1).
    #[error(
        "this recipient keeps nothing secret (a low-order point): ask its holder to make a new key"
    )]
    WeakRecipient,
    /// Not an identity of a kind that the gateway reads with.
    #[error(
        "not an age identity: give one line that begins `AGE-SECRET-KEY-PQ-1` or `AGE-SECRET-KEY-1`, with nothing before or after it"
    )]
    Identity,
    /// Not an item key.
    #[error("not an item key: give one line that begins `AGE-SECRET-KEY-1`")]
    ItemKey,
    /// Not a master key.
    #[error(
        "not a master key: give the one line that begins `GATEWAY-MASTER-KEY-1`, as it was made"
    )]
    MasterKey,
    /// A symmetric key that is not 32 bytes long.
    #[error("a key has 32 bytes, this has `{0}`: restore it from where it is kept")]
    Length(usize),
}

/// Something could not be sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// The writer underneath failed.
    #[error("the sealed bytes could not be written: {0}")]
    Io(#[from] io::Error),
    /// The cryptographic library refused, as it does without a source of randomness.
    #[error(
        "the cryptographic library refused to seal: see that the machine has a source of randomness, then try again"
    )]
    Refused,
}

/// An age file or a sealed key does not open.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It was sealed for another key. An age file whose stanza was altered says this as well:
    /// a stanza does not tell for whom it is.
    #[error("not sealed for this key: open it with the key that it was sealed for")]
    NotMine,
    /// It is for this key, but is altered, cut short, or not in the format.
    #[error("altered, cut short, or not in the format: take it again from where it is kept")]
    Broken,
    /// The reader underneath failed.
    #[error("the sealed bytes could not be read: {0}")]
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    /// Finds again the reason that a [`crate::BodyReader`] gave through [`io::Read`].
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(reason) => reason,
            Err(error) => Self::Io(error),
        }
    }
}

/// A sealed column does not open, or the keys for it are not in order.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum ColumnError {
    /// Two keys have one id, so a value would not say which of them opens it.
    #[error("two column keys have the id `{0}`: give each key an id of its own")]
    DuplicateKey(u32),
    /// The value is under a key that is not at hand.
    #[error("sealed under column key `{0}`, which is not at hand: add that key")]
    UnknownKey(u32),
    /// The value has a version that this gateway does not know.
    #[error("sealed in version `{0}`, which this gateway does not know: use a newer gateway")]
    UnknownVersion(u8),
    /// Altered, cut short, or moved here from another area, table, row or column.
    #[error("altered, or sealed for another place: restore the row from a backup")]
    Broken,
}
