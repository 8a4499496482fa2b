//! Signing.

use std::fmt;

use jiff::Timestamp;
use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::common::headers::{Writable, Writer};
use mail_auth::dkim::{Canonicalization, Signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// The fields that are signed, each once more than it occurs, so that none can be added
/// (RFC 6376 section 8.15).
const FIELDS: [&str; 11] = [
    "From",
    "Reply-To",
    "Subject",
    "To",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "References",
    "Auto-Submitted",
];

/// An Ed25519 private key in PKCS#8 up to its seed (RFC 8410 section 7).
const ED25519_PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Why a mail is not signed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DkimKeyError {
    /// The key does not read.
    #[error(
        "the DKIM key does not read: give one PEM block `PRIVATE KEY` (PKCS#8) with an Ed25519 \
         key, or an RSA key of 2048 bits or more"
    )]
    Key,
    /// The domain or the selector is no domain name.
    #[error(
        "`{0}` is no name for DKIM: give a domain such as `gateway.example`, and a label such as `s1`"
    )]
    Name(String),
    /// The message has no header to sign.
    #[error("the message has no header: compose it before it is signed")]
    NoHeader,
}

/// Signs for one domain, relaxed in header and body.
pub struct DkimSigner {
    key: DkimKey,
    domain: String,
    selector: String,
}

impl fmt::Debug for DkimSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimSigner")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

impl DkimSigner {
    /// A signer with a key in PEM (PKCS#8): `ed25519-sha256` or `rsa-sha256`, as the key is.
    pub fn from_pem(pem: &[u8], domain: &str, selector: &str) -> Result<Self, DkimKeyError> {
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| DkimKeyError::Key)?;
        let ed25519 = Ed25519Key::from_pkcs8_maybe_unchecked_der(key.secret_der());
        let key = match ed25519 {
            Ok(key) => DkimKey::Ed25519(key),
            Err(_) => RsaKey::<Sha256>::from_key_der(key)
                .map(DkimKey::Rsa)
                .map_err(|_| DkimKeyError::Key)?,
        };
        Self::new(key, domain, selector)
    }

    /// A signer with the 32 octets of an Ed25519 seed.
    pub fn from_seed(seed: &[u8; 32], domain: &str, selector: &str) -> Result<Self, DkimKeyError> {
        let der = Zeroizing::new([ED25519_PKCS8.as_slice(), seed].concat());
        let key = PrivatePkcs8KeyDer::from(der.as_slice());
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(key.secret_pkcs8_der())
            .map_err(|_| DkimKeyError::Key)?;
        Self::new(DkimKey::Ed25519(key), domain, selector)
    }

    fn new(key: DkimKey, domain: &str, selector: &str) -> Result<Self, DkimKeyError> {
        for name in [domain, selector] {
            if !is_name(name) {
                return Err(DkimKeyError::Name(name.to_owned()));
            }
        }
        Ok(Self {
            key,
            domain: domain.to_ascii_lowercase(),
            selector: selector.to_owned(),
        })
    }

    /// The DNS record that must stand at `SELECTOR._domainkey.DOMAIN` (RFC 6376 section 3.6.1).
    pub fn record(&self) -> String {
        use base64::Engine;
        let encode = |octets: Vec<u8>| base64::engine::general_purpose::STANDARD.encode(octets);
        match &self.key {
            DkimKey::Rsa(key) => format!("v=DKIM1; k=rsa; p={}", encode(key.public_key())),
            DkimKey::Ed25519(key) => format!("v=DKIM1; k=ed25519; p={}", encode(key.public_key())),
        }
    }

    /// The `DKIM-Signature` field, its CRLF included, to be put before `message`.
    pub fn sign(&self, message: &[u8], at: Timestamp) -> Result<Vec<u8>, DkimKeyError> {
        let parsed = AuthenticatedMessage::parse(message).ok_or(DkimKeyError::NoHeader)?;
        let mut names = Vec::new();
        let mut signed = Vec::new();
        for name in FIELDS {
            for (found, value) in parsed.headers.iter().rev() {
                if found.eq_ignore_ascii_case(name.as_bytes()) {
                    names.push(name.to_owned());
                    signed.push((*found, *value));
                }
            }
            names.push(name.to_owned());
        }
        signed.reverse();
        let start = usize::try_from(parsed.body_offset).unwrap_or(usize::MAX);
        let body = message.get(start..).unwrap_or_default();
        let relaxed = Canonicalization::Relaxed;
        let mut signature = Signature {
            v: 1,
            a: self.key.algorithm(),
            d: self.domain.clone(),
            s: self.selector.clone(),
            h: names,
            t: u64::try_from(at.as_second()).unwrap_or_default(),
            bh: self
                .key
                .hash(relaxed.canonical_body(body, 0))
                .as_ref()
                .to_vec(),
            ..Signature::default()
        };
        let to_sign = ToSign(&signed, &signature);
        signature.b = self.key.sign(to_sign).map_err(|_| DkimKeyError::Key)?;
        let mut field = Vec::new();
        signature.write(&mut field, true);
        Ok(field)
    }

    /// The message with its signature before it.
    pub fn signed(&self, message: &[u8], at: Timestamp) -> Result<Vec<u8>, DkimKeyError> {
        let mut whole = self.sign(message, at)?;
        whole.extend_from_slice(message);
        Ok(whole)
    }
}

/// What a signature is over: the fields, and itself without its `b=`.
struct ToSign<'a>(&'a [(&'a [u8], &'a [u8])], &'a Signature);

impl Writable for ToSign<'_> {
    fn write(self, writer: &mut impl Writer) {
        Canonicalization::Relaxed
            .canonical_headers(self.0.to_vec())
            .write(writer);
        self.1.write(writer, false);
    }
}

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    name.len() <= 253 && name.split('.').all(label)
}
