//! Signing what the gateway sends.

use jiff::Timestamp;
use openssl::error::ErrorStack;

use crate::{KeyPair, capabilities, ffi, time};

/// Where the content of a signed message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Beside the signature, in a `multipart/signed`: everybody can read it.
    Detached,
    /// Inside the signed message: relays cannot change it.
    Opaque,
}

/// A message was not signed.
#[derive(Debug, thiserror::Error)]
#[error("the message was not signed: look at the gateway's key; OpenSSL says `{0}`")]
pub struct SignError(#[from] ErrorStack);

/// Signs content with SHA-256 and answers the DER. The signer's certificate and chain, the time
/// and the gateway's S/MIME capabilities (AES-GCM and AES-CBC, 256 and 128) go along.
///
/// The content is signed byte for byte: it must have its CRLF line ends already.
pub fn sign(
    content: &[u8],
    form: Form,
    signer: &KeyPair,
    at: Timestamp,
) -> Result<Vec<u8>, SignError> {
    let (tag, text) = time::to_attribute(at);
    let cms = ffi::sign(
        content,
        form == Form::Detached,
        &signer.certificate,
        &signer.key,
        &*signer.chain()?,
        (tag, &text),
        &capabilities::OURS,
    )?;
    Ok(cms.to_der()?)
}
