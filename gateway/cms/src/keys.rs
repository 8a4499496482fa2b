//! Keys and certificates: our own pairs, and those that others are written to by.

use std::fmt;

use openssl::{
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{Id, PKey, Private},
    stack::Stack,
    x509::{X509, X509KeyUsage, X509Ref},
};

use crate::armour::blocks;

/// The smallest RSA key that is used, in bits (RFC 8551 section 4.4).
const SMALLEST_RSA: u32 = 2048;

/// Why a key or a certificate is not used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text holds no certificate.
    #[error("no certificate is in the file: give one PEM block `CERTIFICATE`, the holder's first")]
    NoCertificate,
    /// The key does not read.
    #[error("the private key does not read: give an unencrypted PKCS#8 PEM block `PRIVATE KEY`")]
    NoKey,
    /// The key is another's.
    #[error("the private key does not belong to the certificate: give the pair")]
    NotAPair,
    /// The key is neither RSA nor on an elliptic curve.
    #[error("the certificate's key is neither RSA nor on an elliptic curve: give another")]
    KeyKind,
    /// The RSA key is too short (RFC 8551 section 4.4).
    #[error("the RSA key has `{0}` bits: give one of 2048 or more")]
    TooShort(u32),
    /// The certificate's key usage does not let it be encrypted to (RFC 8550 section 4.4.2).
    #[error(
        "the certificate may not be encrypted to: its key usage names neither keyEncipherment (RSA) nor keyAgreement (elliptic curve)"
    )]
    NotForEncryption,
    /// OpenSSL refused, for a reason of its own.
    #[error("OpenSSL refused: `{0}`")]
    OpenSsl(#[from] ErrorStack),
}

/// A certificate with its private key, and the chain that is sent along.
#[derive(Clone)]
pub struct KeyPair {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
    pub(crate) chain: Vec<X509>,
}

impl KeyPair {
    /// Reads a PEM file of certificates (the holder's first, then its chain) and one of a key.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, KeyError> {
        let mut all = read_certificates(certificates)?.into_iter();
        let certificate = all.next().ok_or(KeyError::NoCertificate)?;
        // The callback is never to ask at a terminal: an encrypted key is refused.
        let key =
            PKey::private_key_from_pem_callback(key, |_| Ok(0)).map_err(|_| KeyError::NoKey)?;
        if !certificate.public_key()?.public_eq(&key) {
            return Err(KeyError::NotAPair);
        }
        check_strength(&certificate)?;
        Ok(Self {
            certificate,
            key,
            chain: all.collect(),
        })
    }

    /// The SHA-256 fingerprint of the certificate.
    pub fn fingerprint(&self) -> Result<[u8; 32], KeyError> {
        Ok(fingerprint(&self.certificate)?)
    }

    pub(crate) fn chain(&self) -> Result<Stack<X509>, ErrorStack> {
        stack(&self.chain)
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(…)")
    }
}

/// A certificate that can be encrypted to: RSA of 2,048 bits or more or an elliptic curve, with
/// a key usage that allows it. Whether it is trusted, in date and not revoked is
/// [`crate::Trust::may_encrypt_to`]'s to say.
#[derive(Clone)]
pub struct Recipient {
    pub(crate) certificate: X509,
}

impl Recipient {
    /// Reads the first certificate of a PEM file, or one in DER.
    pub fn from_bytes(certificate: &[u8]) -> Result<Self, KeyError> {
        let certificate = read_certificates(certificate)?
            .into_iter()
            .next()
            .ok_or(KeyError::NoCertificate)?;
        check_strength(&certificate)?;
        let needed = match certificate.public_key()?.id() {
            Id::RSA => X509KeyUsage::KEY_ENCIPHERMENT,
            _ => X509KeyUsage::KEY_AGREEMENT,
        };
        match certificate.key_usage() {
            Some(usage) if !usage.contains(needed) => Err(KeyError::NotForEncryption),
            _ => Ok(Self { certificate }),
        }
    }

    /// The addresses in the certificate.
    pub fn addresses(&self) -> Vec<String> {
        addresses(&self.certificate)
    }

    /// The certificate in DER.
    pub fn der(&self) -> Result<Vec<u8>, KeyError> {
        Ok(self.certificate.to_der()?)
    }

    /// The SHA-256 fingerprint of the certificate.
    pub fn fingerprint(&self) -> Result<[u8; 32], KeyError> {
        Ok(fingerprint(&self.certificate)?)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// Reads the certificates of a PEM file, or one in DER.
pub(crate) fn read_certificates(bytes: &[u8]) -> Result<Vec<X509>, ErrorStack> {
    if bytes.first() == Some(&0x30) {
        return Ok(vec![X509::from_der(bytes)?]);
    }
    blocks(bytes)
        .filter(|(label, _)| label == "CERTIFICATE" || label == "X509 CERTIFICATE")
        .map(|(_, der)| X509::from_der(&der))
        .collect()
}

fn check_strength(certificate: &X509Ref) -> Result<(), KeyError> {
    let key = certificate.public_key()?;
    match key.id() {
        Id::RSA if key.bits() < SMALLEST_RSA => Err(KeyError::TooShort(key.bits())),
        Id::EC | Id::RSA => Ok(()),
        _ => Err(KeyError::KeyKind),
    }
}

pub(crate) fn stack(certificates: &[X509]) -> Result<Stack<X509>, ErrorStack> {
    let mut stack = Stack::new()?;
    for certificate in certificates {
        stack.push(certificate.clone())?;
    }
    Ok(stack)
}

pub(crate) fn fingerprint(certificate: &X509Ref) -> Result<[u8; 32], ErrorStack> {
    let digest = certificate.digest(MessageDigest::sha256())?;
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    Ok(bytes)
}

/// The addresses that a certificate is for: each `rfc822Name` of its alternative names and each
/// `emailAddress` of its subject (RFC 8550 section 3). One with a byte in it that an address
/// cannot have, such as a NUL that hides what follows, is left out.
pub(crate) fn addresses(certificate: &X509Ref) -> Vec<String> {
    let named = certificate.subject_alt_names();
    let alternative = named
        .iter()
        .flatten()
        .filter_map(|name| name.email().map(str::to_owned));
    let subject = certificate
        .subject_name()
        .entries_by_nid(Nid::PKCS9_EMAILADDRESS)
        .filter_map(|entry| String::from_utf8(entry.data().as_slice().to_vec()).ok());
    let mut addresses: Vec<String> = Vec::new();
    for address in alternative.chain(subject).filter(|a| is_address(a)) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

fn is_address(text: &str) -> bool {
    text.len() <= 254
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}

/// A distinguished name on one line, each part `NAME=value`, for people to read.
pub(crate) fn name(name: &openssl::x509::X509NameRef) -> String {
    let parts: Vec<String> = name
        .entries()
        .map(|entry| {
            let value = String::from_utf8_lossy(entry.data().as_slice());
            let value: String = value
                .chars()
                .map(|c| if c.is_control() || c == ',' { ' ' } else { c })
                .take(128)
                .collect();
            format!(
                "{}={value}",
                entry.object().nid().short_name().unwrap_or("?")
            )
        })
        .collect();
    parts.join(", ")
}
