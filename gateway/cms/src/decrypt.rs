//! Opening what was encrypted to us.

use std::fmt;

use openssl::{cms::CmsContentInfo, error::ErrorStack};
use zeroize::Zeroizing;

use crate::{Cipher, KeyPair, Limits, armour, envelope, ffi};

/// A message that was opened. What it holds is not yet proved by anybody: with a cipher that
/// does not authenticate (CBC) a changed message can open to changed content, so that only a
/// good signature inside says whose it is.
pub struct Opened {
    /// The content, most often a MIME part.
    pub content: Zeroizing<Vec<u8>>,
    /// The cipher it came in.
    pub cipher: Cipher,
    /// Which of the given keys opened it.
    pub key: usize,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("cipher", &self.cipher)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A message was not opened. There is one error for every reason, and its text never says which,
/// so that nobody learns from an answer how a forged message fails (RFC 3218). Its `Debug` form
/// has the reason, for the operator's log alone.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be opened: encrypt it to the gateway's present certificate")]
pub struct CmsError(Reason);

impl CmsError {
    /// Why, for the operator's log alone.
    pub fn reason(&self) -> &Reason {
        &self.0
    }
}

/// Why a message was not opened. Never to be told to a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is larger than the limit.
    TooLarge,
    /// It is none of the forms of a CMS message, or is cut short.
    NotCms,
    /// It is not AES in CBC or GCM, or its nonce or tag has a wrong length.
    CipherRefused,
    /// It is encrypted to none of our certificates.
    NotForUs,
    /// A key of ours was named, and it did not open; OpenSSL's codes.
    Failed(Vec<u64>),
}

/// Opens a message (DER or BER, PEM, base64, or a whole `application/pkcs7-mime` part) with
/// whichever of our keys it is encrypted to.
///
/// Memory: the message, OpenSSL's copy of it, and the content. Hold a [`crate::Bounded`] place.
pub fn decrypt(message: &[u8], keys: &[KeyPair], limits: &Limits) -> Result<Opened, CmsError> {
    open(message, keys, limits).map_err(CmsError)
}

fn open(message: &[u8], keys: &[KeyPair], limits: &Limits) -> Result<Opened, Reason> {
    if message.len() > limits.message_bytes {
        return Err(Reason::TooLarge);
    }
    let der = armour::to_der(message).ok_or(Reason::NotCms)?;
    if envelope::kind(&der).is_none() {
        return Err(Reason::NotCms);
    }
    let cipher = envelope::cipher(&der).ok_or(Reason::CipherRefused)?;
    let mut failed = None;
    let mut unused = None;
    for (index, pair) in keys.iter().enumerate() {
        // Read anew after a failure, which leaves its random key behind.
        let mut cms = match unused.take() {
            Some(cms) => cms,
            None => CmsContentInfo::from_der(&der).map_err(|_| Reason::NotCms)?,
        };
        match ffi::decrypt(&mut cms, &pair.key, &pair.certificate, der.len()) {
            Ok(Some(content)) => {
                return Ok(Opened {
                    content,
                    cipher,
                    key: index,
                });
            }
            Ok(None) => unused = Some(cms),
            Err(error) => failed = Some(codes(&error)),
        }
    }
    Err(failed.map_or(Reason::NotForUs, Reason::Failed))
}

fn codes(error: &ErrorStack) -> Vec<u64> {
    error
        .errors()
        .iter()
        .map(openssl::error::Error::code)
        .collect()
}
