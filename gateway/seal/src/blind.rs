//! Blind indexes: equal values are found without being readable.
//!
//! HMAC-SHA-256 (RFC 2104) under a key of its own. Whoever holds the key can try every value,
//! so only the vault holds it; and equal values show as equal, so an index is made only for
//! unique identifiers, never for names or dates.

use aws_lc_rs::hmac;

use crate::KeyTextError;
use crate::aead::frame;
use crate::key_bytes::{KEY_BYTES, KeyBytes};

const IDENTIFIER_LABEL: &str = "mappa-gateway/blind/v1";
const CONTENT_LABEL: &str = "mappa-gateway/content/v1";

/// The key of the blind indexes. A new one means that every index is made again.
#[derive(Debug)]
pub struct BlindKey(KeyBytes);

impl BlindKey {
    /// A fresh key.
    pub fn generate() -> Self {
        Self(KeyBytes::generate())
    }

    /// A key that was kept.
    ///
    /// # Errors
    /// [`KeyTextError::Length`] unless it has 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyTextError> {
        KeyBytes::from_slice(bytes).map(Self)
    }

    /// The key in clear: only to seal it under a [`crate::MasterKey`].
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        self.0.expose()
    }
}

/// The blind index of a unique identifier, in its one normal form. Areas and columns have
/// indexes of their own, so one value in two of them does not show as one.
pub fn blind(key: &BlindKey, area: &str, column: &str, value: &str) -> [u8; 32] {
    let parts = [area.as_bytes(), column.as_bytes(), value.as_bytes()];
    mac(key, &frame(IDENTIFIER_LABEL, &parts))
}

/// A keyed fingerprint of content, from its SHA-256: finds the same document again within an
/// area, and tells nothing to who knows the document but not the key.
pub fn content_fingerprint(key: &BlindKey, area: &str, sha256: &[u8; 32]) -> [u8; 32] {
    mac(key, &frame(CONTENT_LABEL, &[area.as_bytes(), sha256]))
}

fn mac(key: &BlindKey, message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), message);
    let mut mac = [0; 32];
    mac.iter_mut()
        .zip(tag.as_ref())
        .for_each(|(to, from)| *to = *from);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_agree_only_under_one_key_area_and_column() {
        let key = BlindKey::from_bytes(&[7; 32]).unwrap();
        let index = blind(&key, "london", "pnc", "1999/0123456X");
        assert_eq!(index, blind(&key, "london", "pnc", "1999/0123456X"));
        for other in [
            blind(&key, "kent", "pnc", "1999/0123456X"),
            blind(&key, "london", "cro", "1999/0123456X"),
            blind(&key, "london", "pnc", "1999/0123457X"),
            blind(&key, "londonp", "nc", "1999/0123456X"),
            blind(&BlindKey::generate(), "london", "pnc", "1999/0123456X"),
        ] {
            assert_ne!(index, other);
        }
    }

    #[test]
    fn an_index_is_hmac_sha_256_of_the_framed_words() {
        // Computed apart from this code, with Python's hmac, hashlib and struct.
        let key = BlindKey::from_bytes(&[7; 32]).unwrap();
        let index = blind(&key, "london", "pnc", "1999/0123456X");
        assert_eq!(index, BLIND_VECTOR);
    }

    #[test]
    fn a_fingerprint_is_kept_apart_from_an_index_and_by_area() {
        let key = BlindKey::generate();
        let content = content_fingerprint(&key, "london", &[1; 32]);
        assert_eq!(content, content_fingerprint(&key, "london", &[1; 32]));
        assert_ne!(content, content_fingerprint(&key, "kent", &[1; 32]));
        assert_ne!(content, content_fingerprint(&key, "london", &[2; 32]));
        assert_ne!(
            content,
            content_fingerprint(&BlindKey::generate(), "london", &[1; 32])
        );
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", BlindKey::generate()), "BlindKey([secret])");
    }

    const BLIND_VECTOR: [u8; 32] = [
        0xda, 0x0e, 0xf7, 0xf3, 0x79, 0x6c, 0x9e, 0xe3, 0xc3, 0xea, 0x3e, 0x1a, 0x1c, 0xd6, 0x15,
        0x33, 0xa6, 0xa0, 0x7e, 0xc3, 0x62, 0x4e, 0xb7, 0xc0, 0xce, 0xb5, 0x5f, 0x41, 0xcf, 0x52,
        0xbb, 0x38,
    ];
}
