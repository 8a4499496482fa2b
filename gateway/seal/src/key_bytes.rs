//! Thirty-two secret bytes, zeroized on drop, never shown.

use std::fmt;

use rand::RngCore;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::KeyTextError;

/// How many bytes each symmetric key has (AES-256, HMAC-SHA-256).
pub(crate) const KEY_BYTES: usize = 32;

/// A symmetric key. Boxed, so that moving it leaves no copy behind.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct KeyBytes(Box<[u8; KEY_BYTES]>);

impl KeyBytes {
    /// A fresh key, from a generator that the operating system seeds.
    pub(crate) fn generate() -> Self {
        let mut bytes = Box::new([0; KEY_BYTES]);
        rand::rng().fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// A key that was kept.
    pub(crate) fn from_slice(bytes: &[u8]) -> Result<Self, KeyTextError> {
        let mut key = Box::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(KeyTextError::Length(bytes.len()));
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }

    /// The bytes in clear.
    pub(crate) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
