//! Sealed columns: personal data in the database, each value bound to its place.
//!
//! Layout: version (1 byte), key id (4 bytes, big endian), nonce (12), ciphertext, tag (16):
//! 33 bytes more than the value. The length of a value shows.

use std::fmt;

use zeroize::Zeroizing;

use crate::aead;
use crate::key_bytes::{KEY_BYTES, KeyBytes};
use crate::{ColumnError, KeyTextError, SealError};

const LABEL: &str = "mappa-gateway/column/v1";
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 5;

/// Where a sealed value lies. A value that is moved to another place does not open there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The area whose data it is.
    pub area: &'a str,
    /// The table.
    pub table: &'a str,
    /// The row's id.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        let Self {
            area,
            table,
            row,
            column,
        } = self;
        aead::frame(
            LABEL,
            &[
                area.as_bytes(),
                table.as_bytes(),
                row.as_bytes(),
                column.as_bytes(),
            ],
        )
    }
}

/// One key for sealed columns. Rotate it long before 2³² values (NIST SP 800-38D section 8.3).
pub struct ColumnKey {
    id: u32,
    key: KeyBytes,
}

impl ColumnKey {
    /// A fresh key under `id`.
    pub fn generate(id: u32) -> Self {
        Self {
            id,
            key: KeyBytes::generate(),
        }
    }

    /// A key that was kept.
    ///
    /// # Errors
    /// [`KeyTextError::Length`] unless it has 32 bytes.
    pub fn from_bytes(id: u32, bytes: &[u8]) -> Result<Self, KeyTextError> {
        Ok(Self {
            id,
            key: KeyBytes::from_slice(bytes)?,
        })
    }

    /// Its id, as each value sealed under it carries it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The key in clear: only to seal it under a [`crate::MasterKey`].
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        self.key.expose()
    }
}

impl fmt::Debug for ColumnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ColumnKey({}, [secret])", self.id)
    }
}

/// The keys for sealed columns: one writes, all read. To rotate, put a new key first and seal
/// again the values that [`ColumnKeys::is_current`] denies; then the old key can go.
#[derive(Debug)]
pub struct ColumnKeys {
    writes: ColumnKey,
    reads: Vec<ColumnKey>,
}

impl ColumnKeys {
    /// Seals under `writes`; opens what is under it or any of `reads`.
    ///
    /// # Errors
    /// [`ColumnError::DuplicateKey`] when two have one id.
    pub fn new(writes: ColumnKey, reads: Vec<ColumnKey>) -> Result<Self, ColumnError> {
        let mut ids = vec![writes.id];
        for key in &reads {
            if ids.contains(&key.id) {
                return Err(ColumnError::DuplicateKey(key.id));
            }
            ids.push(key.id);
        }
        Ok(Self { writes, reads })
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// [`SealError::Refused`] when the cryptographic library does.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let head = head(self.writes.id);
        aead::seal(&self.writes.key, &head, &place.bytes(), plain)
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// [`ColumnError::UnknownVersion`] and [`ColumnError::UnknownKey`] by what the value says
    /// of itself; [`ColumnError::Broken`] when it is altered or belongs elsewhere.
    pub fn open(
        &self,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ColumnError> {
        let (id, text) = split(sealed)?;
        let key = std::iter::once(&self.writes)
            .chain(&self.reads)
            .find(|key| key.id == id)
            .ok_or(ColumnError::UnknownKey(id))?;
        aead::open(&key.key, &head(id), &place.bytes(), text).ok_or(ColumnError::Broken)
    }

    /// Whether a value is under the key that writes now, so that a rotation may pass it by.
    ///
    /// # Errors
    /// [`ColumnError::UnknownVersion`], [`ColumnError::Broken`]: it is no sealed value.
    pub fn is_current(&self, sealed: &[u8]) -> Result<bool, ColumnError> {
        split(sealed).map(|(id, _)| id == self.writes.id)
    }
}

fn head(id: u32) -> [u8; HEAD_BYTES] {
    let [a, b, c, d] = id.to_be_bytes();
    [VERSION, a, b, c, d]
}

fn split(sealed: &[u8]) -> Result<(u32, &[u8]), ColumnError> {
    let (&[version, a, b, c, d], text) = sealed
        .split_first_chunk::<HEAD_BYTES>()
        .ok_or(ColumnError::Broken)?;
    if version != VERSION {
        return Err(ColumnError::UnknownVersion(version));
    }
    Ok((u32::from_be_bytes([a, b, c, d]), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'static> = Place {
        area: "london",
        table: "nominal",
        row: "0198",
        column: "name",
    };

    fn keys() -> ColumnKeys {
        ColumnKeys::new(ColumnKey::generate(1), Vec::new()).unwrap()
    }

    #[test]
    fn a_value_opens_in_its_place() {
        let keys = keys();
        for plain in [b"".as_slice(), b"A. Person", &[0xff; 5000]] {
            let sealed = keys.seal(&HERE, plain).unwrap();
            assert_eq!(sealed.len(), plain.len() + 33);
            assert_eq!(keys.open(&HERE, &sealed).unwrap().as_slice(), plain);
        }
    }

    #[test]
    fn a_value_moved_elsewhere_does_not_open() {
        let keys = keys();
        let sealed = keys.seal(&HERE, b"A. Person").unwrap();
        for elsewhere in [
            Place {
                area: "kent",
                ..HERE
            },
            Place {
                table: "person",
                ..HERE
            },
            Place {
                row: "0199",
                ..HERE
            },
            Place {
                column: "alias",
                ..HERE
            },
            Place {
                area: "londonn",
                table: "ominal",
                ..HERE
            },
        ] {
            assert_eq!(
                keys.open(&elsewhere, &sealed).unwrap_err(),
                ColumnError::Broken
            );
        }
    }

    #[test]
    fn each_altered_or_missing_byte_is_refused() {
        let keys = keys();
        let sealed = keys.seal(&HERE, b"A. Person").unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(keys.open(&HERE, &altered).is_err(), "byte {at} altered");
            assert!(keys.open(&HERE, &sealed[..at]).is_err(), "cut at {at}");
        }
        let longer = [sealed.as_slice(), b"\0"].concat();
        assert_eq!(keys.open(&HERE, &longer).unwrap_err(), ColumnError::Broken);
    }

    #[test]
    fn a_rotation_reads_the_old_and_writes_the_new() {
        let old = ColumnKey::generate(1);
        let kept = ColumnKey::from_bytes(1, old.expose()).unwrap();
        let before = ColumnKeys::new(old, Vec::new())
            .unwrap()
            .seal(&HERE, b"old")
            .unwrap();

        let rotated = ColumnKeys::new(ColumnKey::generate(2), vec![kept]).unwrap();
        assert_eq!(rotated.open(&HERE, &before).unwrap().as_slice(), b"old");
        assert!(!rotated.is_current(&before).unwrap());
        let after = rotated.seal(&HERE, b"new").unwrap();
        assert!(rotated.is_current(&after).unwrap());

        let alone = ColumnKeys::new(ColumnKey::generate(3), Vec::new()).unwrap();
        assert_eq!(
            alone.open(&HERE, &after).unwrap_err(),
            ColumnError::UnknownKey(2)
        );
    }

    #[test]
    fn another_key_of_the_same_id_does_not_open_it() {
        let sealed = keys().seal(&HERE, b"A. Person").unwrap();
        assert_eq!(
            keys().open(&HERE, &sealed).unwrap_err(),
            ColumnError::Broken
        );
    }

    #[test]
    fn a_version_from_the_future_is_named() {
        let keys = keys();
        let mut sealed = keys.seal(&HERE, b"A. Person").unwrap();
        sealed[0] = 2;
        assert_eq!(
            keys.open(&HERE, &sealed).unwrap_err(),
            ColumnError::UnknownVersion(2)
        );
    }

    #[test]
    fn two_keys_of_one_id_are_refused() {
        let twice = ColumnKeys::new(ColumnKey::generate(7), vec![ColumnKey::generate(7)]);
        assert_eq!(twice.unwrap_err(), ColumnError::DuplicateKey(7));
        assert_eq!(
            ColumnKey::from_bytes(1, &[0; 31]).unwrap_err(),
            KeyTextError::Length(31)
        );
    }

    #[test]
    fn debug_shows_the_id_and_no_key() {
        assert_eq!(
            format!("{:?}", keys()),
            "ColumnKeys { writes: ColumnKey(1, [secret]), reads: [] }"
        );
    }
}
