//! What a message says of itself before any key is tried: its kind, its cipher, its nonce and
//! its authentication tag (RFC 5652, RFC 5083, RFC 5084).

use crate::ber::{
    CONTEXT_0, CONTEXT_1, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, small_integer,
};

const PKCS7: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
const AUTH_ENVELOPED: [u8; 11] = [
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17,
];
pub(crate) const AES: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];

/// The kinds of CMS message that mail carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SignedData` (RFC 5652 section 5).
    Signed,
    /// `EnvelopedData`: encrypted, not authenticated (RFC 5652 section 6).
    Enveloped,
    /// `AuthEnvelopedData`: encrypted and authenticated (RFC 5083).
    AuthEnveloped,
}

/// The ciphers that are taken: AES alone, as RFC 8551 section 2.7 has it. Triple DES and RC2
/// are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES-128 in cipher block chaining: a changed bit can pass unseen.
    Aes128Cbc,
    /// AES-192 in cipher block chaining.
    Aes192Cbc,
    /// AES-256 in cipher block chaining.
    Aes256Cbc,
    /// AES-128 in Galois counter mode.
    Aes128Gcm,
    /// AES-192 in Galois counter mode.
    Aes192Gcm,
    /// AES-256 in Galois counter mode.
    Aes256Gcm,
}

impl Cipher {
    /// The cipher of an object identifier's bytes (RFC 3565, RFC 5084).
    pub(crate) fn from_oid(oid: &[u8]) -> Option<Self> {
        match oid.strip_prefix(&AES)? {
            [2] => Some(Self::Aes128Cbc),
            [6] => Some(Self::Aes128Gcm),
            [22] => Some(Self::Aes192Cbc),
            [26] => Some(Self::Aes192Gcm),
            [42] => Some(Self::Aes256Cbc),
            [46] => Some(Self::Aes256Gcm),
            _ => None,
        }
    }

    /// Whether a changed bit is always noticed.
    pub fn authenticates(self) -> bool {
        match self {
            Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm => true,
            Self::Aes128Cbc | Self::Aes192Cbc | Self::Aes256Cbc => false,
        }
    }
}

/// Which kind a DER or BER message is; `None` where it is none of them.
pub fn kind(message: &[u8]) -> Option<Kind> {
    content(message).map(|(kind, _)| kind)
}

fn content(message: &[u8]) -> Option<(Kind, &[u8])> {
    let mut info = Reader(Reader(message).expect(SEQUENCE)?);
    let oid = info.expect(OID)?;
    let body = info.expect(CONTEXT_0)?;
    let kind = match oid.strip_prefix(&PKCS7) {
        Some([2]) => Kind::Signed,
        Some([3]) => Kind::Enveloped,
        None if oid == AUTH_ENVELOPED => Kind::AuthEnveloped,
        Some(_) | None => return None,
    };
    Some((kind, body))
}

/// The cipher of an enveloped message, with its nonce and tag found to be of a good length.
///
/// OpenSSL copied a nonce of any length to its stack before 3.0.19 (CVE-2025-15467) and takes a
/// tag of one byte, which a forger guesses in 256 tries; RFC 5084 section 3.2 allows 12 to 16.
pub(crate) fn cipher(message: &[u8]) -> Option<Cipher> {
    let (kind, body) = content(message)?;
    let mut data = Reader(Reader(body).expect(SEQUENCE)?);
    data.expect(INTEGER)?;
    data.optional(CONTEXT_0);
    data.expect(SET)?;
    let mut encrypted = Reader(data.expect(SEQUENCE)?);
    encrypted.expect(OID)?;
    let mut algorithm = Reader(encrypted.expect(SEQUENCE)?);
    let cipher = Cipher::from_oid(algorithm.expect(OID)?)?;
    match (kind, cipher.authenticates()) {
        (Kind::Enveloped, false) => (algorithm.expect(OCTET_STRING)?.len() == 16).then_some(cipher),
        (Kind::AuthEnveloped, true) => {
            let mut parameters = Reader(algorithm.expect(SEQUENCE)?);
            let nonce = parameters.expect(OCTET_STRING)?.len();
            let stated = match parameters.optional(INTEGER) {
                Some(length) => small_integer(length)?,
                None => 12,
            };
            data.optional(CONTEXT_1);
            let tag = data.expect(OCTET_STRING)?.len();
            ((8..=16).contains(&nonce) && (12..=16).contains(&tag) && (12..=16).contains(&stated))
                .then_some(cipher)
        }
        (Kind::Signed | Kind::Enveloped | Kind::AuthEnveloped, _) => None,
    }
}
