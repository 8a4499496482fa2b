//! The recipient of an item's body (C2SP age, X25519 recipient stanza), on AWS-LC's X25519: every
//! item has one, and of a short item it is most of the work. Opening is left to age.

use std::collections::HashSet;
use std::io;

use age::EncryptError;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{aead_encrypt, hkdf};
use aws_lc_rs::agreement::{
    self, EphemeralPrivateKey, PrivateKey, PublicKey, UnparsedPublicKey, X25519,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

const STANZA: &str = "X25519";
const INFO: &[u8] = b"age-encryption.org/v1/X25519";

/// The public half of an item's key. It is never published ([`crate::ItemKey`] says why).
pub(crate) struct ItemRecipient(PublicKey);

impl ItemRecipient {
    /// Of a private key's 32 bytes; `None` where the library refuses them.
    pub(crate) fn of(private: &[u8]) -> Option<Self> {
        let key = PrivateKey::from_private_key(&X25519, private).ok()?;
        Some(Self(key.compute_public_key().ok()?))
    }

    fn stanza(&self, file_key: &FileKey) -> Result<Stanza, Unspecified> {
        let ephemeral = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new())?;
        let share = ephemeral.compute_public_key()?;
        let salt = [share.as_ref(), self.0.as_ref()].concat();
        let peer = UnparsedPublicKey::new(&X25519, &self.0);
        let body = agreement::agree_ephemeral(ephemeral, peer, Unspecified, |agreed| {
            let key = Zeroizing::new(hkdf(&salt, INFO, agreed));
            Ok(aead_encrypt(&key, file_key.expose_secret()))
        })?;
        Ok(Stanza {
            tag: STANZA.to_owned(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(share.as_ref())],
            body,
        })
    }
}

impl age::Recipient for ItemRecipient {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let stanza = self.stanza(file_key);
        let stanza = stanza.map_err(|error| EncryptError::Io(io::Error::other(error)))?;
        Ok((vec![stanza], HashSet::new()))
    }
}

#[cfg(test)]
mod tests {
    use age::{Identity as _, Recipient as _, x25519};

    use crate::ItemKey;

    use super::*;

    #[test]
    fn ages_own_identity_opens_what_is_wrapped_and_another_does_not() {
        let file_key = || FileKey::new(Box::new([7; 16]));
        let key = ItemKey::generate();
        let (stanzas, labels) = key.recipient().unwrap().wrap_file_key(&file_key()).unwrap();
        assert!(labels.is_empty());
        let opened = key.identity().unwrap_stanzas(&stanzas).unwrap().unwrap();
        assert_eq!(opened.expose_secret(), file_key().expose_secret());
        let other = x25519::Identity::generate();
        assert!(other.unwrap_stanzas(&stanzas).is_none());
        let (again, _) = key.recipient().unwrap().wrap_file_key(&file_key()).unwrap();
        assert_ne!(stanzas[0].args, again[0].args);
    }

    #[test]
    fn a_key_of_another_length_is_none() {
        assert!(ItemRecipient::of(&[7; 31]).is_none());
        assert!(ItemRecipient::of(&[]).is_none());
    }
}
