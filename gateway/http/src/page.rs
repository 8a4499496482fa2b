//! Cursors of lists: opaque to the caller, and good only for the list they came from.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Fault;

/// The longest cursor that is looked at, in characters.
const LONGEST: usize = 1024;

const TAG_BYTES: usize = 32;

/// The key that cursors are bound with. A new key makes old cursors void, and nothing worse.
pub struct CursorKey(hmac::Key);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey([secret])")
    }
}

impl CursorKey {
    /// A key from 32 random bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The cursor of `position` in the list of `owner`: the agency, and the list's name where
    /// it has more than one. Base64url of an HMAC-SHA-256 and the position's JSON.
    pub fn encode<T: Serialize>(&self, owner: &str, position: &T) -> Result<String, Fault> {
        let json = serde_json::to_vec(position).map_err(|error| Fault::internal(&error))?;
        let tag = hmac::sign(&self.0, &bound(owner, &json));
        Ok(URL_SAFE_NO_PAD.encode([tag.as_ref(), &json].concat()))
    }

    /// The position that a cursor of `owner`'s list stands for. One of another owner, or one
    /// that was changed, is a bad request.
    pub fn decode<T: DeserializeOwned>(&self, owner: &str, cursor: &str) -> Result<T, Fault> {
        self.open(owner, cursor).ok_or_else(|| {
            Fault::BadRequest(
                "`cursor` is not one of this list: give `next` of the page before, or leave it out"
                    .into(),
            )
        })
    }

    fn open<T: DeserializeOwned>(&self, owner: &str, cursor: &str) -> Option<T> {
        if cursor.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, json) = bytes.split_at_checked(TAG_BYTES)?;
        hmac::verify(&self.0, &bound(owner, json), tag).ok()?;
        serde_json::from_slice(json).ok()
    }
}

/// What the tag is of. The owner's length goes first: no owner and position run together.
fn bound(owner: &str, json: &[u8]) -> Vec<u8> {
    let length = u64::try_from(owner.len()).unwrap_or(u64::MAX).to_be_bytes();
    [
        b"mappa-gateway/cursor/v1\n",
        length.as_slice(),
        owner.as_bytes(),
        json,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_for_its_owner_and_for_nobody_else() {
        let key = CursorKey::new(&[7; 32]);
        let cursor = key
            .encode("inbox:metropolitan-police", &("2026-03-02", 17))
            .unwrap();
        let position: (String, u32) = key.decode("inbox:metropolitan-police", &cursor).unwrap();
        assert_eq!(position, ("2026-03-02".to_owned(), 17));
        for other in [
            "inbox:southwark-housing",
            "inbox:metropolitan-polic",
            "",
            "holds:metropolitan-police",
        ] {
            let refused = key.decode::<(String, u32)>(other, &cursor);
            assert!(matches!(refused, Err(Fault::BadRequest(_))), "{other}");
        }
        assert!(
            CursorKey::new(&[8; 32])
                .decode::<(String, u32)>("inbox:metropolitan-police", &cursor)
                .is_err()
        );
    }

    #[test]
    fn a_changed_cursor_is_a_bad_request() {
        let key = CursorKey::new(&[7; 32]);
        let cursor = key.encode("a", &17).unwrap();
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(key.decode::<u32>("a", &changed).is_err(), "{at}");
        }
        for bad in ["", "x", "=", "é", &"A".repeat(5000)] {
            assert!(key.decode::<u32>("a", bad).is_err());
        }
    }
}
