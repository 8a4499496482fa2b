//! The octets of outgoing mail: pure, 7-bit, CRLF. The same arguments give the same octets, so
//! that a mail can be made again and its signature still holds.
//!
//! [`entity`] makes the part that people read, [`Head`] the header around it; [`clear`],
//! [`signed`] and [`enveloped`] put the two together. Nothing that goes into a header can end
//! its line; what is not ASCII is encoded (RFC 2047, RFC 2231).

mod base64;
mod entity;
mod head;
mod header;
mod quoted;

pub use entity::{Attachment, Protected, Protection, entity, protected_entity};
pub use head::Head;

use base64::base64_lines;
use entity::boundary;

/// What an encrypted message is, as its `smime-type` names it (RFC 8551 section 3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enveloped {
    /// `enveloped-data`: CBC.
    Data,
    /// `authEnveloped-data`: GCM (RFC 5083).
    Authenticated,
}

impl Enveloped {
    const fn name(self) -> &'static str {
        match self {
            Self::Data => "enveloped-data",
            Self::Authenticated => "authEnveloped-data",
        }
    }
}

/// A mail in clear: the header, and an [`entity`] (or any other MIME entity with CRLF ends).
pub fn clear(head: &Head, entity: &[u8]) -> Vec<u8> {
    let mut mail = head.lines();
    mail.extend_from_slice(b"MIME-Version: 1.0\r\n");
    mail.extend_from_slice(entity);
    mail
}

/// A signed mail that everybody can read (RFC 8551 section 3.5.3): `signature` is a detached
/// CMS signature in DER over exactly the octets of `entity`, with SHA-256.
pub fn signed(head: &Head, entity: &[u8], signature: &[u8]) -> Vec<u8> {
    clear(head, &signed_entity(&head.message_id, entity, signature))
}

/// The `multipart/signed` entity of [`signed`] without a header, as it is encrypted. Its
/// boundary is made from `seed`.
pub fn signed_entity(seed: &str, entity: &[u8], signature: &[u8]) -> Vec<u8> {
    let boundary = boundary('s', seed, &[entity]);
    let mut out = format!(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
    )
    .into_bytes();
    out.extend_from_slice(entity);
    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
    out.extend_from_slice(
        b"Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
          Content-Transfer-Encoding: base64\r\n\
          Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n",
    );
    base64_lines(signature, &mut out);
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// An encrypted mail (RFC 8551 section 3.3): `der` is CMS, in DER or BER.
pub fn enveloped(head: &Head, der: &[u8], kind: Enveloped) -> Vec<u8> {
    let mut part = format!(
        "Content-Type: application/pkcs7-mime; smime-type={};\r\n name=\"smime.p7m\"\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n",
        kind.name()
    )
    .into_bytes();
    base64_lines(der, &mut part);
    clear(head, &part)
}
