//! What is known of a message before its first octet: the session it came in, and its envelope.

use std::fmt;
use std::net::SocketAddr;

use gateway_core::Id;
use jiff::Timestamp;

use crate::Address;

/// Which protocol a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// RFC 5321.
    Smtp,
    /// RFC 2033: the same with LHLO, and one reply a recipient.
    Lmtp,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// As TLS names it, such as `TLSv1_3`.
    pub version: String,
    /// As TLS names it, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
}

/// One connection, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the connection in logs; safe to show.
    pub id: Id,
    /// The protocol.
    pub mode: Mode,
    /// Where the client connects from, by its own address.
    pub peer: SocketAddr,
    /// Whether that address is one of the relays that are trusted to bring others' mail.
    pub trusted_relay: bool,
    /// The name that the client gave itself: a claim.
    pub hello: Option<String>,
    /// None while the connection is in clear.
    pub encryption: Option<Encryption>,
}

/// What the sender said that the body is (RFC 6152).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Nothing, or `7BIT`.
    SevenBit,
    /// `8BITMIME`.
    EightBit,
}

/// How much of the message a notice of non-delivery brings back (RFC 3461 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// `FULL`.
    Full,
    /// `HDRS`.
    Headers,
}

/// When the sender wants a notice for a recipient (RFC 3461 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// Nothing was said.
    Default,
    /// `NEVER`.
    Never,
    /// Of these.
    On {
        /// When it is delivered.
        success: bool,
        /// When it cannot be.
        failure: bool,
        /// When it takes long.
        delay: bool,
    },
}

/// A value as it came, still encoded as xtext (RFC 3461 section 4), so that what is in it
/// cannot break a line when it is said again. Its `Debug` is redacted: it may name a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Xtext(pub(crate) String);

impl Xtext {
    /// The encoded value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Xtext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Xtext(redacted)")
    }
}

/// A recipient that the handler accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// When the sender wants a notice.
    pub notify: Notify,
    /// `ORCPT`, as it came, still encoded (RFC 3461 section 4.2). Personal: not to be logged.
    pub original: Option<Xtext>,
}

/// The envelope of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Names the message in logs; safe to show.
    pub id: Id,
    /// When the message began to arrive.
    pub at: Timestamp,
    /// The connection it comes in, as it stands then.
    pub session: Session,
    /// The return path: a claim. None is the null path of notices.
    pub sender: Option<Address>,
    /// Octets, as the sender says (RFC 1870).
    pub size: Option<u64>,
    /// What the body is said to be.
    pub body: Body,
    /// Whether `SMTPUTF8` was said (RFC 6531): headers may be UTF-8.
    pub utf8: bool,
    /// `RET`.
    pub ret: Option<Return>,
    /// `ENVID`, as it came, still encoded (RFC 3461 section 4.4).
    pub envelope_id: Option<Xtext>,
    /// At least one, in the order that they came.
    pub recipients: Vec<Recipient>,
}
