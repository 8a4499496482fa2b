//! The S/MIME capabilities attribute (RFC 8551 section 2.5.2): what the other side can read.

use openssl::nid::Nid;

use crate::{
    Cipher,
    ber::{OID, Reader, SEQUENCE},
    encrypt::Profile,
};

/// What the gateway says that it reads, best first.
pub(crate) const OURS: [Nid; 4] = [
    Nid::AES_256_GCM,
    Nid::AES_128_GCM,
    Nid::AES_256_CBC,
    Nid::AES_128_CBC,
];

/// How many capabilities are looked at.
const MOST: usize = 64;

/// What a signer's mailer says that it reads. A claim, good only inside a good signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<Cipher>);

impl Capabilities {
    /// Reads the attribute's value; what is not known is passed over.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let mut list = Reader(Reader(der).expect(SEQUENCE)?);
        let mut ciphers = Vec::new();
        for _ in 0..MOST {
            if list.0.is_empty() {
                break;
            }
            let oid = Reader(list.expect(SEQUENCE)?).expect(OID)?;
            ciphers.extend(Cipher::from_oid(oid));
        }
        Some(Self(ciphers))
    }

    /// Whether it reads this cipher.
    pub fn supports(&self, cipher: Cipher) -> bool {
        self.0.contains(&cipher)
    }

    /// The profile to write to it in: AES-256-GCM where it reads that, else AES-256-CBC.
    pub fn profile(&self) -> Profile {
        if self.supports(Cipher::Aes256Gcm) {
            Profile::MODERN
        } else {
            Profile::CBC
        }
    }
}
