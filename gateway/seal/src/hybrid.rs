//! The post-quantum hybrid recipient of age (C2SP age, mlkem768x25519 recipient stanza):
//! HPKE (RFC 9180) with the X-Wing KEM (ML-KEM-768 and X25519), HKDF-SHA256 and
//! ChaCha20-Poly1305. Whoever records it today must break both halves.

use std::collections::HashSet;
use std::io;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use secrecy::ExposeSecret;
use zeroize::{Zeroize, Zeroizing};

use crate::bech::{self, Case};
use crate::key_bytes::KeyBytes;
use crate::xwing::{PublicKey, QuickXWing};

const RECIPIENT_PREFIX: &str = "age1pq";
const IDENTITY_PREFIX: &str = "age-secret-key-pq-";
const STANZA: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// The label that keeps age from putting a classic stanza beside this one.
const LABEL: &str = "postquantum";
/// A sealed file key: the key and the tag of ChaCha20-Poly1305.
const SEALED_FILE_KEY_BYTES: usize = FILE_KEY_BYTES + 16;

/// A public key: `age1pq1…`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HybridRecipient {
    key: PublicKey,
    text: String,
}

impl HybridRecipient {
    fn new(key: PublicKey) -> Option<Self> {
        let mut text = bech::encode(RECIPIENT_PREFIX, Case::Lower, &key.to_bytes())?;
        let text = std::mem::take(&mut *text);
        Some(Self { key, text })
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = bech::decode(RECIPIENT_PREFIX, Case::Lower, text)?;
        let key = PublicKey::from_bytes(&bytes).ok()?;
        Some(Self {
            key,
            text: text.to_owned(),
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (share, body) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, QuickXWing>(
            &OpModeS::Base,
            &self.key,
            INFO,
            file_key.expose_secret(),
            &[],
        )
        .map_err(|error| EncryptError::Io(io::Error::other(error.to_string())))?;
        let stanza = Stanza {
            tag: STANZA.to_owned(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(share.to_bytes())],
            body,
        };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

/// A private key: `AGE-SECRET-KEY-PQ-1…`, the 32 bytes that both halves grow from.
pub(crate) struct HybridIdentity {
    seed: KeyBytes,
    key: <XWing as Kem>::PrivateKey,
}

impl HybridIdentity {
    /// A fresh one.
    pub(crate) fn generate() -> Option<Self> {
        Self::from_seed(KeyBytes::generate())
    }

    fn from_seed(seed: KeyBytes) -> Option<Self> {
        let key = <XWing as Kem>::PrivateKey::from_bytes(seed.expose()).ok()?;
        Some(Self { seed, key })
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = bech::decode(IDENTITY_PREFIX, Case::Upper, text)?;
        Self::from_seed(KeyBytes::from_slice(&bytes).ok()?)
    }

    pub(crate) fn to_text(&self) -> Option<Zeroizing<String>> {
        bech::encode(IDENTITY_PREFIX, Case::Upper, self.seed.expose())
    }

    pub(crate) fn to_recipient(&self) -> Option<HybridRecipient> {
        HybridRecipient::new(QuickXWing::sk_to_pk(&self.key))
    }

    /// The share in a stanza of the right form; `None` where the form is wrong.
    fn share(stanza: &Stanza) -> Option<<XWing as Kem>::EncappedKey> {
        let [share] = stanza.args.as_slice() else {
            return None;
        };
        if stanza.body.len() != SEALED_FILE_KEY_BYTES {
            return None;
        }
        let share = BASE64_STANDARD_NO_PAD.decode(share).ok()?;
        <XWing as Kem>::EncappedKey::from_bytes(&share).ok()
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != STANZA {
            return None;
        }
        let Some(share) = Self::share(stanza) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        // A failure says that the stanza is for another key, as with X25519: a stanza does not
        // name its reader.
        let mut opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.key,
            &share,
            INFO,
            &stanza.body,
            &[],
        )
        .ok()?;
        let file_key = FileKey::try_init_with_mut(|key| {
            if opened.len() != key.len() {
                return Err(DecryptError::InvalidHeader);
            }
            key.copy_from_slice(&opened);
            Ok(())
        });
        opened.zeroize();
        Some(file_key)
    }
}
