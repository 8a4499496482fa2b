//! Encrypting what the gateway sends, as a stream.

use std::io::{self, Read, Write};

use openssl::{error::ErrorStack, symm};

use crate::{
    Cipher, Recipient,
    ffi::{self, StreamFault},
};

/// How the content's key reaches an RSA recipient. Elliptic curves always derive it with SHA-256
/// and wrap it with AES (RFC 5753).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTransport {
    /// OAEP with SHA-256 (RFC 4055).
    Oaep,
    /// PKCS#1 v1.5, only for those whose software has nothing better.
    Pkcs1,
}

/// What to encrypt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    cipher: Cipher,
    transport: KeyTransport,
}

impl Profile {
    /// AES-256-GCM and OAEP: for those who say that they read it.
    pub const MODERN: Self = Self::new(Cipher::Aes256Gcm, KeyTransport::Oaep);
    /// AES-256-CBC and OAEP.
    pub const CBC: Self = Self::new(Cipher::Aes256Cbc, KeyTransport::Oaep);
    /// AES-256-CBC and PKCS#1 v1.5, which everything reads.
    pub const COMPATIBLE: Self = Self::new(Cipher::Aes256Cbc, KeyTransport::Pkcs1);

    const fn new(cipher: Cipher, transport: KeyTransport) -> Self {
        Self { cipher, transport }
    }

    /// The content's cipher.
    pub fn cipher(self) -> Cipher {
        self.cipher
    }

    /// How an RSA recipient gets the key.
    pub fn transport(self) -> KeyTransport {
        self.transport
    }
}

/// A message was not encrypted. What was written until then is to be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// There is nobody to encrypt to.
    #[error("there is no recipient to encrypt to: give at least one certificate")]
    NoRecipients,
    /// There is no content; OpenSSL cannot write an empty message in GCM.
    #[error("there is nothing to encrypt: give a MIME part, which is never empty")]
    Empty,
    /// The content did not read.
    #[error("the content did not read: {0}")]
    Read(#[source] io::Error),
    /// The output was not written.
    #[error("the encrypted message was not written: {0}")]
    Write(#[source] io::Error),
    /// OpenSSL refused.
    #[error(
        "the message was not encrypted: look at the recipients' certificates; OpenSSL says `{0}`"
    )]
    OpenSsl(#[source] ErrorStack),
}

/// Encrypts content to every recipient and writes it as BER while it reads: memory does not grow
/// with the content. `AuthEnvelopedData` for GCM, `EnvelopedData` for CBC.
///
/// Whether the recipients are trusted is [`crate::Trust::may_encrypt_to`]'s to say, before.
pub fn encrypt(
    mut content: impl Read,
    recipients: &[Recipient],
    profile: Profile,
    mut to: impl Write,
) -> Result<(), EncryptError> {
    if recipients.is_empty() {
        return Err(EncryptError::NoRecipients);
    }
    let certificates: Vec<_> = recipients.iter().map(|r| &*r.certificate).collect();
    let cipher = if profile.cipher.authenticates() {
        symm::Cipher::aes_256_gcm()
    } else {
        symm::Cipher::aes_256_cbc()
    };
    let oaep = profile.transport == KeyTransport::Oaep;
    ffi::encrypt(&mut content, &mut to, &certificates, cipher, oaep).map_err(|fault| match fault {
        StreamFault::OpenSsl(error) => EncryptError::OpenSsl(error),
        StreamFault::Empty => EncryptError::Empty,
        StreamFault::Read(error) => EncryptError::Read(error),
        StreamFault::Write(error) => EncryptError::Write(error),
    })
}
