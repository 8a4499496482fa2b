//! What a leaf commits to, and the salt that keeps it from being guessed.

use std::fmt;

use gateway_core::event::Event;
use rand::RngCore as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{b64, hash::digest};

/// 32 random bytes, fresh for each leaf. Without it a leaf tells nothing about its event;
/// with it, and the event, the leaf is open. Destroying it closes the leaf for ever.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A fresh salt from the process's cryptographic generator.
    pub fn fresh() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// A salt that was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to keep or to hand to a party of the event.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard base 64, as it stands in a receipt.
    pub fn to_base64(&self) -> String {
        b64::encode(self.0)
    }

    /// Reads [`Salt::to_base64`]; none for anything else.
    pub fn from_base64(text: &str) -> Option<Self> {
        b64::decode32(text).map(Self)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[salt]")
    }
}

/// The event cannot be made a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The formula below is that of version 1.
    #[error("the event is of form `{0}`, and only form 1 is known: use a newer gateway")]
    Version(u8),
    /// RFC 8785 has no form for it.
    #[error("the event has no canonical form (RFC 8785): {0}")]
    NotCanonical(String),
}

/// The leaf's data: SHA-256("mappa-gateway/event/v1" LF, salt, JCS(event)), JCS being RFC 8785.
pub fn leaf_data(salt: &Salt, event: &Event) -> Result<[u8; 32], LeafError> {
    if event.v != 1 {
        return Err(LeafError::Version(event.v));
    }
    let canonical = serde_json_canonicalizer::to_vec(event)
        .map_err(|error| LeafError::NotCanonical(error.to_string()))?;
    Ok(digest(&[b"mappa-gateway/event/v1\n", &salt.0, &canonical]).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;

    fn event() -> Event {
        serde_json::from_str(
            r#"{"v":1,"id":"01","at":"2026-03-02T09:00:00Z","area":"london","kind":"exchange-recorded",
                "exchange":"e1","nominal":null,"from":"met-police","to":["southwark-housing"],
                "policy":"00","rules":["ISP-01"],"content":[],"rows":null,"detail":{"b":"2","a":"é\n"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_leaf_is_the_hash_of_prefix_salt_and_canonical_event() {
        let salt = Salt::from_bytes([9; 32]);
        let canonical = "{\"area\":\"london\",\"at\":\"2026-03-02T09:00:00Z\",\"content\":[],\
            \"detail\":{\"a\":\"é\\n\",\"b\":\"2\"},\"exchange\":\"e1\",\"from\":\"met-police\",\
            \"id\":\"01\",\"kind\":\"exchange-recorded\",\"nominal\":null,\"policy\":\"00\",\"rows\":null,\
            \"rules\":[\"ISP-01\"],\"to\":[\"southwark-housing\"],\"v\":1}";
        let mut whole = b"mappa-gateway/event/v1\n".to_vec();
        whole.extend([9; 32]);
        whole.extend(canonical.as_bytes());
        assert_eq!(Hash(leaf_data(&salt, &event()).unwrap()), digest(&[&whole]));
    }

    #[test]
    fn another_salt_makes_another_leaf() {
        let (one, two) = (Salt::fresh(), Salt::fresh());
        assert_ne!(one, two);
        assert_ne!(leaf_data(&one, &event()), leaf_data(&two, &event()));
    }

    #[test]
    fn an_event_of_an_unknown_form_is_no_leaf() {
        let mut event = event();
        event.v = 2;
        assert_eq!(
            leaf_data(&Salt::fresh(), &event),
            Err(LeafError::Version(2))
        );
    }

    #[test]
    fn debug_shows_nothing_of_a_salt() {
        assert_eq!(format!("{:?}", Salt::from_bytes([65; 32])), "[salt]");
    }
}
