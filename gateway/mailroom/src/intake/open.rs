//! The S/MIME layers of a mail taken off, each signature looked at on the way: signed and then
//! encrypted, the other way round, or three times wrapped (RFC 8551 section 3.7).

use gateway_cms::{Kind, Limits as CmsLimits, Signer, Verified, kind, verify};
use gateway_email::{Layer, Limits, layer};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::Trouble;
use crate::room::Mailroom;

/// What is so small, bytes, is verified where it is: that takes less than handing it on.
const AT_ONCE: usize = 64 * 1024;
/// The most layers of a mail.
const LAYERS: usize = 8;

/// A mail without its layers.
pub(crate) struct Opened {
    /// The MIME entity within; the mail itself where it has no layers.
    pub entity: Zeroizing<Vec<u8>>,
    /// The signatures, the outermost first.
    pub signatures: Vec<Signature>,
}

/// One signature layer.
pub(crate) struct Signature {
    /// Who signed.
    pub signers: Vec<Signer>,
    /// SHA-256 of what is signed.
    pub content: [u8; 32],
    /// Nothing within it is encrypted: who signed has seen what is signed.
    pub innermost: bool,
}

/// Why a mail was not opened; nobody outside is told.
pub(crate) enum NotOpened {
    /// It did not open with the gateway's keys.
    Sealed,
    /// It is malformed, or of a form that is not read.
    Unreadable,
    /// Something that is needed is away.
    Trouble(Trouble),
}

/// Takes the layers off. What a layer was taken from is let go of before the next is opened: a
/// large mail is not kept several times over.
pub(crate) async fn open(room: &Mailroom, mail: Zeroizing<Vec<u8>>) -> Result<Opened, NotOpened> {
    let mut opened = Opened {
        entity: mail,
        signatures: Vec::new(),
    };
    for _ in 0..LAYERS {
        let found = next(&opened.entity)?;
        if !matches!(found, Next::Clear) {
            opened.entity = Zeroizing::default();
        }
        match found {
            Next::Clear => return Ok(opened),
            Next::Enveloped(der) => {
                for signature in &mut opened.signatures {
                    signature.innermost = false;
                }
                opened.entity = decrypt(room, der).await?;
            }
            Next::Signed { der, detached } => {
                let (signature, content) = verified(room, &der, detached)?;
                opened.signatures.push(signature);
                opened.entity = content;
            }
        }
    }
    Err(NotOpened::Unreadable)
}

enum Next {
    Clear,
    Enveloped(Vec<u8>),
    Signed {
        der: Vec<u8>,
        detached: Option<Zeroizing<Vec<u8>>>,
    },
}

fn next(entity: &[u8]) -> Result<Next, NotOpened> {
    let found = layer(entity, &Limits::default()).map_err(|_| NotOpened::Unreadable)?;
    match found {
        Layer::Clear => inside_multipart(entity),
        Layer::Detached { content, signature } => Ok(Next::Signed {
            der: signature,
            detached: Some(with_crlf(content)),
        }),
        Layer::Opaque { der, .. } => opaque(der),
    }
}

fn opaque(der: Vec<u8>) -> Result<Next, NotOpened> {
    match kind(&der) {
        Some(Kind::Enveloped | Kind::AuthEnveloped) => Ok(Next::Enveloped(der)),
        Some(Kind::Signed) => Ok(Next::Signed {
            der,
            detached: None,
        }),
        None => Err(NotOpened::Unreadable),
    }
}

/// A mailing list or a gateway on the way may have put the one S/MIME part beside a footer: then
/// only that part is the officer's mail.
fn inside_multipart(entity: &[u8]) -> Result<Next, NotOpened> {
    let head = &entity[..entity.len().min(64 * 1024)];
    if !contains(head, b"pkcs7-mime") {
        return Ok(Next::Clear);
    }
    let Ok(mail) = gateway_email::read(entity, &Limits::default()) else {
        return Ok(Next::Clear);
    };
    let mut sealed = mail.parts.into_iter().filter(|part| {
        matches!(
            part.media_type.as_str(),
            "application/pkcs7-mime" | "application/x-pkcs7-mime"
        )
    });
    match (sealed.next(), sealed.next()) {
        (Some(part), None) => opaque(part.bytes.into_inner()).or(Ok(Next::Clear)),
        _ => Ok(Next::Clear),
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|at| at == needle)
}

/// Text is signed with CRLF at its line ends (RFC 8551 section 3.1.1); what a relay made of
/// them is undone.
fn with_crlf(content: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(content.len() + content.len() / 32));
    let mut before = 0;
    for &byte in content {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}

async fn decrypt(room: &Mailroom, der: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    match room.0.flow.vault.open_mail(der).await {
        Ok(content) => Ok(content),
        Err(gateway_vault::VaultError::Refused) => Err(NotOpened::Sealed),
        Err(error) => Err(NotOpened::Trouble(error.into())),
    }
}

fn verified(
    room: &Mailroom,
    der: &[u8],
    detached: Option<Zeroizing<Vec<u8>>>,
) -> Result<(Signature, Zeroizing<Vec<u8>>), NotOpened> {
    let trust = room.trust();
    let at = room.0.flow.clock.now();
    let outside = detached.as_ref().map(|content| content.as_slice());
    let work = || verify(der, outside, &trust, at, &CmsLimits::default());
    let done = match der.len() + outside.map_or(0, <[u8]>::len) <= AT_ONCE {
        true => work(),
        false => tokio::task::block_in_place(work),
    };
    let Verified {
        content, signers, ..
    } = done.map_err(|error| {
        tracing::info!(%error, "a signature does not read");
        NotOpened::Unreadable
    })?;
    let content = detached.or(content).unwrap_or_default();
    let signature = Signature {
        signers,
        content: Sha256::digest(&content).into(),
        innermost: true,
    };
    Ok((signature, content))
}
