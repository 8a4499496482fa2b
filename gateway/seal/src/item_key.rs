//! The key of one item.

use std::fmt;
use std::str::FromStr;

use age::x25519;
use secrecy::{ExposeSecret, SecretString};

use crate::KeyTextError;
use crate::bech::{self, Case};
use crate::item_recipient::ItemRecipient;

/// What its text begins with, before the separator.
const PREFIX: &str = "age-secret-key-";

/// The fresh age X25519 identity of one item.
///
/// An item's body is an ordinary age v1 file to this one recipient, so any age tool opens it.
/// The recipient is used at sealing and **never published**, and this type has no way to show
/// it: the body's X25519 stanza holds only an ephemeral share and a file key sealed under a
/// secret shared with that unknown point (C2SP age, X25519 recipient stanza). So a quantum
/// attacker has no public key to start from. What carries the key to a reader in the gateway's
/// custody is a post-quantum [`crate::wrap`]; a wrap for an agency's own classic `age1…` key
/// is only as strong as that key ([`crate::Recipient::is_post_quantum`] tells them apart).
///
/// Its text is a secret: it is zeroized on drop, and `Debug` shows nothing.
pub struct ItemKey(x25519::Identity);

impl ItemKey {
    /// A fresh key. Make one for each item; never use it for two.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// The text `AGE-SECRET-KEY-1…`, as `age -i` takes it, without a newline.
    pub fn to_text(&self) -> SecretString {
        self.0.to_string()
    }

    pub(crate) fn identity(&self) -> &x25519::Identity {
        &self.0
    }

    /// Whom its body is sealed to; `None` where the library refuses.
    pub(crate) fn recipient(&self) -> Option<ItemRecipient> {
        let text = self.to_text();
        let private = bech::decode(PREFIX, Case::Upper, text.expose_secret())?;
        ItemRecipient::of(&private)
    }
}

impl FromStr for ItemKey {
    type Err = KeyTextError;

    /// Takes exactly the text that [`ItemKey::to_text`] gives.
    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let key: x25519::Identity = text.parse().map_err(|_| KeyTextError::ItemKey)?;
        if key.to_string().expose_secret() != text {
            return Err(KeyTextError::ItemKey);
        }
        Ok(Self(key))
    }
}

impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemKey([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_gives_it_back_and_nothing_else_does() {
        let key = ItemKey::generate();
        let text = key.to_text();
        let text = text.expose_secret();
        assert!(text.starts_with("AGE-SECRET-KEY-1"));
        assert_eq!(
            text.parse::<ItemKey>().unwrap().to_text().expose_secret(),
            text
        );
        for wrong in [
            text.to_lowercase(),
            format!("{text}\n"),
            format!(" {text}"),
            String::new(),
        ] {
            assert_eq!(wrong.parse::<ItemKey>().unwrap_err(), KeyTextError::ItemKey);
        }
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", ItemKey::generate()), "ItemKey([secret])");
    }
}
