//! Keys at rest, under the master key.
//!
//! Layout: version (1 byte), fingerprint of the master key (8), nonce (12), ciphertext, tag
//! (16). The fingerprint tells "another master key" from "broken".

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::aead;
use crate::bech::{self, Case};
use crate::key_bytes::KeyBytes;
use crate::{KeyTextError, OpenError, SealError};

const PREFIX: &str = "gateway-master-key-";
const LABEL: &str = "mappa-gateway/secret/v1";
const FINGERPRINT_LABEL: &[u8] = b"mappa-gateway/master-fingerprint/v1";
const VERSION: u8 = 1;
const FINGERPRINT_BYTES: usize = 8;
const HEAD_BYTES: usize = 1 + FINGERPRINT_BYTES;

/// The key under which the vault's other keys lie at rest. Its text, `GATEWAY-MASTER-KEY-1…`,
/// carries a checksum (Bech32, BIP-173), so that a mistyped one is noticed. Never in a backup.
pub struct MasterKey(KeyBytes);

impl MasterKey {
    /// A fresh key.
    pub fn generate() -> Self {
        Self(KeyBytes::generate())
    }

    /// The text of the key, for its file, without a newline.
    ///
    /// # Errors
    /// [`SealError::Refused`] when the key cannot be written as text.
    pub fn to_text(&self) -> Result<SecretString, SealError> {
        bech::encode(PREFIX, Case::Upper, self.0.expose())
            .map(|text| SecretString::from(text.as_str()))
            .ok_or(SealError::Refused)
    }

    /// Eight bytes that tell two master keys apart and nothing of either.
    fn fingerprint(&self) -> [u8; FINGERPRINT_BYTES] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        let tag = hmac::sign(&key, FINGERPRINT_LABEL);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    fn head(&self) -> [u8; HEAD_BYTES] {
        let mut head = [VERSION; HEAD_BYTES];
        head[1..].copy_from_slice(&self.fingerprint());
        head
    }
}

impl FromStr for MasterKey {
    type Err = KeyTextError;

    /// Takes the text of a key file: the one line, with or without its newline.
    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let bytes = bech::decode(PREFIX, Case::Upper, text).ok_or(KeyTextError::MasterKey)?;
        KeyBytes::from_slice(&bytes)
            .map(Self)
            .map_err(|_| KeyTextError::MasterKey)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([secret])")
    }
}

/// What a sealed secret is: it opens only under this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyName<'a> {
    /// What it is for, such as `reader`, `hold` or `column`: a key for one purpose never
    /// serves another.
    pub purpose: &'a str,
    /// Which one it is.
    pub id: &'a str,
}

impl KeyName<'_> {
    fn bytes(&self) -> Vec<u8> {
        aead::frame(LABEL, &[self.purpose.as_bytes(), self.id.as_bytes()])
    }
}

/// Seals a secret for rest, bound to its name.
///
/// # Errors
/// [`SealError::Refused`] when the cryptographic library does.
pub fn seal_secret(
    master: &MasterKey,
    name: &KeyName<'_>,
    secret: &[u8],
) -> Result<Vec<u8>, SealError> {
    aead::seal(&master.0, &master.head(), &name.bytes(), secret)
}

/// Opens a sealed secret.
///
/// # Errors
/// [`OpenError::NotMine`] when it is under another master key, [`OpenError::Broken`] when it
/// is altered or has another name.
pub fn open_secret(
    master: &MasterKey,
    name: &KeyName<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (head, text) = sealed
        .split_first_chunk::<HEAD_BYTES>()
        .ok_or(OpenError::Broken)?;
    let expected = master.head();
    if head[0] != VERSION {
        return Err(OpenError::Broken);
    }
    if *head != expected {
        return Err(OpenError::NotMine);
    }
    aead::open(&master.0, head, &name.bytes(), text).ok_or(OpenError::Broken)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const NAME: KeyName<'static> = KeyName {
        purpose: "reader",
        id: "southwark-housing",
    };

    #[test]
    fn its_text_gives_it_back_and_a_slip_is_noticed() {
        let master = MasterKey::generate();
        let text = master.to_text().unwrap();
        let text = text.expose_secret();
        assert!(text.starts_with("GATEWAY-MASTER-KEY-1"));
        let sealed = seal_secret(&master, &NAME, b"secret").unwrap();
        for same in [text.to_owned(), format!("{text}\n")] {
            let again: MasterKey = same.parse().unwrap();
            assert_eq!(
                open_secret(&again, &NAME, &sealed).unwrap().as_slice(),
                b"secret"
            );
        }
        let (rest, last) = text.split_at(text.len() - 1);
        let slip = format!("{rest}{}", if last == "Q" { "P" } else { "Q" });
        for wrong in [
            slip,
            text.to_lowercase(),
            format!("{text}\n\n"),
            String::new(),
        ] {
            assert_eq!(
                wrong.parse::<MasterKey>().unwrap_err(),
                KeyTextError::MasterKey
            );
        }
    }

    #[test]
    fn another_master_key_is_told_from_a_broken_secret() {
        let master = MasterKey::generate();
        let sealed = seal_secret(&master, &NAME, b"secret").unwrap();
        let other = open_secret(&MasterKey::generate(), &NAME, &sealed);
        assert!(matches!(other, Err(OpenError::NotMine)));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(
                open_secret(&master, &NAME, &altered).is_err(),
                "byte {at} altered"
            );
            assert!(
                open_secret(&master, &NAME, &sealed[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn a_secret_under_another_name_does_not_open() {
        let master = MasterKey::generate();
        let sealed = seal_secret(&master, &NAME, b"secret").unwrap();
        for other in [
            KeyName {
                purpose: "hold",
                ..NAME
            },
            KeyName {
                id: "london-probation",
                ..NAME
            },
            KeyName {
                purpose: "readers",
                id: "outhwark-housing",
            },
        ] {
            assert!(matches!(
                open_secret(&master, &other, &sealed),
                Err(OpenError::Broken)
            ));
        }
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(
            format!("{:?}", MasterKey::generate()),
            "MasterKey([secret])"
        );
    }
}
