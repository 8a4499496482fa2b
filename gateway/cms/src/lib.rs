//! S/MIME by OpenSSL: opens what is encrypted to the gateway, says who signed what, signs, and
//! encrypts as a stream (RFC 5652, RFC 5083, RFC 8551, RFC 8550).
//!
//! It reads no network, no database, no clock and no file: certificates, revocation lists and
//! the time are arguments. It parses no MIME beyond the header of a part, and it decides
//! nothing: a signer that is not good is reported with its reason. To add to it, write a safe
//! function here over the `openssl` crate; only what that crate cannot do goes into `ffi.rs`,
//! the one module of the project with `unsafe` in it (`scripts/cms-valgrind` runs it under
//! valgrind).

mod armour;
mod ber;
mod bounded;
mod capabilities;
mod carried;
mod decrypt;
mod encrypt;
mod envelope;
#[expect(
    unsafe_code,
    reason = "OpenSSL's CMS has no safe interface for OAEP, a SHA-256 KDF, streams or single signers"
)]
mod ffi;
mod keys;
mod sign;
mod time;
mod trust;
mod verify;

pub use bounded::{Bounded, Place};
pub use capabilities::Capabilities;
pub use decrypt::{CmsError, Opened, Reason, decrypt};
pub use encrypt::{EncryptError, KeyTransport, Profile, encrypt};
pub use envelope::{Cipher, Kind, kind};
pub use keys::{KeyError, KeyPair, Recipient};
pub use sign::{Form, SignError, sign};
pub use trust::{Fault, Revocation, Trust, TrustError};
pub use verify::{Certificate, Digest, Signer, Verified, VerifyError, verify};

/// How much is taken. Opening a message takes about three times its size in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest message, in bytes as it comes (base64 included).
    pub message_bytes: usize,
    /// The most signers of one message.
    pub signers: usize,
    /// The most certificates in one message.
    pub certificates: usize,
}

impl Default for Limits {
    /// 50 MiB, 8 signers, 32 certificates.
    fn default() -> Self {
        Self {
            message_bytes: 50 * 1024 * 1024,
            signers: 8,
            certificates: 32,
        }
    }
}

/// The OpenSSL that is linked, as it names itself.
pub fn openssl_version() -> &'static str {
    openssl::version::version()
}
