//! The keys of readers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use age::x25519;
use aws_lc_rs::agreement;
use bech32::primitives::decode::CheckedHrpstring;
use secrecy::{ExposeSecret, SecretString};

use crate::hybrid::{HybridIdentity, HybridRecipient};
use crate::{KeyTextError, SealError};

/// Whom a wrap is for: the public key of a reader.
///
/// Two kinds (C2SP age): post-quantum hybrid, `age1pq1…` (mlkem768x25519), and classic,
/// `age1…` (X25519). The gateway makes only hybrid ones for readers in its custody, since
/// these records outlive today's ciphers; classic ones are for agencies whose own tools know
/// no other.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(RecipientKind);

#[derive(Clone, PartialEq, Eq)]
enum RecipientKind {
    Hybrid(Arc<HybridRecipient>),
    Classic(x25519::Recipient),
}

impl Recipient {
    /// Whether a wrap for it withstands a quantum computer.
    pub fn is_post_quantum(&self) -> bool {
        match self.0 {
            RecipientKind::Hybrid(_) => true,
            RecipientKind::Classic(_) => false,
        }
    }

    pub(crate) fn as_age(&self) -> &dyn age::Recipient {
        match &self.0 {
            RecipientKind::Hybrid(recipient) => recipient.as_ref(),
            RecipientKind::Classic(recipient) => recipient,
        }
    }
}

impl FromStr for Recipient {
    type Err = KeyTextError;

    /// Takes one `age1pq1…` or `age1…`, as it was made: lower case, nothing around it. Other
    /// kinds, plugins' among them, are refused.
    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        if text
            .trim_start()
            .to_ascii_uppercase()
            .starts_with("AGE-SECRET-KEY-")
        {
            return Err(KeyTextError::SecretGiven);
        }
        if let Some(recipient) = HybridRecipient::parse(text) {
            return Ok(Self(RecipientKind::Hybrid(Arc::new(recipient))));
        }
        let recipient: x25519::Recipient = text.parse().map_err(|_| KeyTextError::Recipient)?;
        if recipient.to_string() != text {
            return Err(KeyTextError::Recipient);
        }
        if is_low_order(text) {
            return Err(KeyTextError::WeakRecipient);
        }
        Ok(Self(RecipientKind::Classic(recipient)))
    }
}

/// Whether a classic recipient is a point with which every shared secret is zero (RFC 7748
/// section 6.1). age panics on one when it wraps, so none may come in. Every private key is
/// a multiple of eight, so one fresh key finds all such points.
fn is_low_order(text: &str) -> bool {
    let Ok(point) = CheckedHrpstring::new::<bech32::Bech32>(text) else {
        return true;
    };
    let point: Vec<u8> = point.byte_iter().collect();
    let Ok(key) = agreement::PrivateKey::generate(&agreement::X25519) else {
        return true;
    };
    let point = agreement::UnparsedPublicKey::new(&agreement::X25519, point);
    agreement::agree(&key, point, (), |_| Ok(())).is_err()
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RecipientKind::Hybrid(recipient) => f.write_str(recipient.text()),
            RecipientKind::Classic(recipient) => recipient.fmt(f),
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

/// A reader's private key: it opens the wraps made for its [`Recipient`]. Zeroized on drop;
/// `Debug` shows nothing.
pub struct Identity(IdentityKind);

enum IdentityKind {
    Hybrid(Box<HybridIdentity>),
    Classic(x25519::Identity),
}

impl Identity {
    /// A fresh post-quantum hybrid identity: what the gateway makes for every reader.
    ///
    /// # Errors
    /// [`SealError::Refused`] when the cryptographic library does.
    pub fn generate() -> Result<Self, SealError> {
        let identity = HybridIdentity::generate().ok_or(SealError::Refused)?;
        Ok(Self(IdentityKind::Hybrid(Box::new(identity))))
    }

    /// A fresh classic identity, for an agency whose own tools know no other.
    pub fn generate_classic() -> Self {
        Self(IdentityKind::Classic(x25519::Identity::generate()))
    }

    /// The text `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`, without a newline.
    ///
    /// # Errors
    /// [`SealError::Refused`] when the key cannot be written as text.
    pub fn to_text(&self) -> Result<SecretString, SealError> {
        match &self.0 {
            IdentityKind::Hybrid(identity) => identity
                .to_text()
                .map(|text| SecretString::from(text.as_str()))
                .ok_or(SealError::Refused),
            IdentityKind::Classic(identity) => Ok(identity.to_string()),
        }
    }

    /// The public key that belongs to it.
    ///
    /// # Errors
    /// [`SealError::Refused`] when the key cannot be written as text.
    pub fn to_recipient(&self) -> Result<Recipient, SealError> {
        Ok(Recipient(match &self.0 {
            IdentityKind::Hybrid(identity) => {
                RecipientKind::Hybrid(Arc::new(identity.to_recipient().ok_or(SealError::Refused)?))
            }
            IdentityKind::Classic(identity) => RecipientKind::Classic(identity.to_public()),
        }))
    }

    pub(crate) fn as_age(&self) -> &dyn age::Identity {
        match &self.0 {
            IdentityKind::Hybrid(identity) => identity.as_ref(),
            IdentityKind::Classic(identity) => identity,
        }
    }
}

impl FromStr for Identity {
    type Err = KeyTextError;

    /// Takes one `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`, as it was made: capitals,
    /// nothing around it.
    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        if let Some(identity) = HybridIdentity::parse(text) {
            return Ok(Self(IdentityKind::Hybrid(Box::new(identity))));
        }
        let identity: x25519::Identity = text.parse().map_err(|_| KeyTextError::Identity)?;
        if identity.to_string().expose_secret() != text {
            return Err(KeyTextError::Identity);
        }
        Ok(Self(IdentityKind::Classic(identity)))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity([secret])")
    }
}

#[cfg(test)]
mod tests {
    use crate::bech::{self, Case};

    use super::*;

    #[test]
    fn a_fresh_identity_is_post_quantum_and_its_texts_give_it_back() {
        let reader = Identity::generate().unwrap();
        let text = reader.to_text().unwrap();
        let recipient = reader.to_recipient().unwrap();
        assert!(recipient.is_post_quantum());
        assert!(text.expose_secret().starts_with("AGE-SECRET-KEY-PQ-1"));
        assert!(recipient.to_string().starts_with("age1pq1"));
        assert_eq!(
            recipient.to_string().parse::<Recipient>().unwrap(),
            recipient
        );
        let again: Identity = text.expose_secret().parse().unwrap();
        assert_eq!(again.to_recipient().unwrap(), recipient);
    }

    #[test]
    fn a_classic_identity_gives_back_its_texts() {
        let reader = Identity::generate_classic();
        let text = reader.to_text().unwrap();
        let recipient = reader.to_recipient().unwrap();
        assert!(!recipient.is_post_quantum());
        assert_eq!(
            recipient.to_string().parse::<Recipient>().unwrap(),
            recipient
        );
        let again: Identity = text.expose_secret().parse().unwrap();
        assert_eq!(again.to_recipient().unwrap(), recipient);
    }

    #[test]
    fn a_text_that_is_not_exactly_a_key_is_refused() {
        for reader in [Identity::generate().unwrap(), Identity::generate_classic()] {
            let public = reader.to_recipient().unwrap().to_string();
            let secret = reader.to_text().unwrap();
            let secret = secret.expose_secret();
            for wrong in [
                public.to_uppercase(),
                format!("{public}\n"),
                format!(" {public}"),
            ] {
                assert_eq!(
                    wrong.parse::<Recipient>().unwrap_err(),
                    KeyTextError::Recipient
                );
            }
            for wrong in [secret.to_lowercase(), format!("{secret}\n"), public.clone()] {
                assert_eq!(
                    wrong.parse::<Identity>().unwrap_err(),
                    KeyTextError::Identity
                );
            }
            for slip in 0..public.len() {
                let mut slipped = public.clone().into_bytes();
                slipped[slip] = if slipped[slip] == b'q' { b'p' } else { b'q' };
                let slipped = String::from_utf8(slipped).unwrap();
                assert!(slipped.parse::<Recipient>().is_err(), "a slip at {slip}");
            }
            for pasted in [secret.to_owned(), format!(" {}", secret.to_lowercase())] {
                assert_eq!(
                    pasted.parse::<Recipient>().unwrap_err(),
                    KeyTextError::SecretGiven
                );
            }
        }
        for wrong in ["", "age1", "age1pq1", "ssh-ed25519 AAAA", "age1yubikey1qq"] {
            assert_eq!(
                wrong.parse::<Recipient>().unwrap_err(),
                KeyTextError::Recipient
            );
        }
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        for (prefix, length) in [("age1pq", 1215), ("age1pq", 1217), ("age", 31), ("age", 33)] {
            let text = bech::encode(prefix, Case::Lower, &vec![9; length]).unwrap();
            assert_eq!(
                text.parse::<Recipient>().unwrap_err(),
                KeyTextError::Recipient
            );
        }
        for prefix in ["age-secret-key-", "age-secret-key-pq-"] {
            let text = bech::encode(prefix, Case::Upper, &[9; 31]).unwrap();
            assert_eq!(
                text.parse::<Identity>().unwrap_err(),
                KeyTextError::Identity
            );
        }
    }

    #[test]
    fn a_public_key_outside_ml_kem_is_refused() {
        // FIPS 203 section 7.2: every coefficient is below 3,329.
        let text = bech::encode("age1pq", Case::Lower, &[0xff; 1216]).unwrap();
        assert_eq!(
            text.parse::<Recipient>().unwrap_err(),
            KeyTextError::Recipient
        );
    }

    #[test]
    fn a_point_of_low_order_is_refused() {
        // u = 0, 1, p - 1, p, p + 1, and the two points of order eight.
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        let last = |at, byte| {
            let mut point = p;
            point[at] = byte;
            point
        };
        let mut one = [0; 32];
        one[0] = 1;
        let eight = [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ]
        .map(|hex| {
            std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        });
        for point in [
            [0; 32],
            one,
            last(0, 0xec),
            p,
            last(0, 0xee),
            eight[0],
            eight[1],
        ] {
            let text = bech::encode("age", Case::Lower, &point).unwrap();
            assert_eq!(
                text.parse::<Recipient>().unwrap_err(),
                KeyTextError::WeakRecipient
            );
        }
    }

    #[test]
    fn debug_shows_nothing_of_an_identity() {
        assert_eq!(
            format!("{:?}", Identity::generate().unwrap()),
            "Identity([secret])"
        );
        assert_eq!(
            format!("{:?}", Identity::generate_classic()),
            "Identity([secret])"
        );
    }
}
