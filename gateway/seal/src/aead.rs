//! AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, for columns and keys at
//! rest. Layout: head, nonce (12 bytes), ciphertext, tag (16 bytes); the head is bound too.
//!
//! Random nonces bound a key to 2³² seals (SP 800-38D section 8.3): rotate long before.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::SealError;
use crate::key_bytes::KeyBytes;

/// The bytes of a tag.
const TAG_LEN: usize = 16;

/// Joins `parts` under `label` so that no two lists of parts give the same bytes.
pub(crate) fn frame(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut framed =
        Vec::with_capacity(label.len() + parts.iter().map(|p| p.len() + 8).sum::<usize>() + 8);
    for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        framed.extend((part.len() as u64).to_be_bytes());
        framed.extend(part);
    }
    framed
}

/// Seals `plain`; `head` goes in front, in clear, and is bound beside `place`.
pub(crate) fn seal(
    key: &KeyBytes,
    head: &[u8],
    place: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| SealError::Refused)?;

    let start = head.len() + NONCE_LEN;
    let mut sealed = Vec::with_capacity(start + plain.len() + TAG_LEN);
    sealed.extend(head);
    sealed.extend(nonce);
    sealed.extend(plain);
    let (_, text) = sealed.split_at_mut(start);
    let tag = cipher(key)
        .and_then(|key| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.seal_in_place_separate_tag(nonce, Aad::from(bound(head, place)), text)
                .ok()
        })
        .ok_or(SealError::Refused)?;
    sealed.extend(tag.as_ref());
    Ok(sealed)
}

/// Opens what [`seal`] made, its head taken off; `None` when anything at all differs.
pub(crate) fn open(
    key: &KeyBytes,
    head: &[u8],
    place: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = cipher(key)?
        .open_in_place(nonce, Aad::from(bound(head, place)), &mut text)
        .ok()?
        .len();
    text.truncate(length);
    Some(text)
}

fn cipher(key: &KeyBytes) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.expose())
        .ok()
        .map(LessSafeKey::new)
}

fn bound(head: &[u8], place: &[u8]) -> Vec<u8> {
    frame("head", &[head, place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framed_parts_do_not_run_into_each_other() {
        assert_ne!(frame("l", &[b"ab", b"c"]), frame("l", &[b"a", b"bc"]));
        assert_ne!(frame("l", &[b"ab"]), frame("l", &[b"ab", b""]));
        assert_ne!(frame("la", &[b"b"]), frame("l", &[b"ab"]));
    }

    #[test]
    fn a_nonce_is_never_used_twice() {
        let key = KeyBytes::generate();
        let one = seal(&key, b"", b"", b"same").unwrap();
        let two = seal(&key, b"", b"", b"same").unwrap();
        assert_ne!(one[..NONCE_LEN], two[..NONCE_LEN]);
        assert_ne!(one[NONCE_LEN..], two[NONCE_LEN..]);
    }
}
