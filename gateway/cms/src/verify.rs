//! Who signed a message, and whether each of them is believed.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use openssl::{cms::CmsContentInfo, error::ErrorStack, nid::Nid, x509::X509};
use zeroize::Zeroizing;

use crate::{
    Capabilities, Fault, Kind, Limits, Revocation, Trust, armour,
    carried::Set,
    envelope,
    ffi::{self, RawSigner},
    keys, time,
};

/// The DER of the object identifier `id-data`, which a signed S/MIME message's content type is
/// (RFC 8551 section 2.4.2).
const ID_DATA: [u8; 11] = [
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,
];

/// A signed message, read. That there is one does not mean that anything in it is good: look at
/// [`Verified::believed`].
pub struct Verified {
    /// An opaque message's content, most often a MIME part; of a detached signature nothing,
    /// since the caller has the content.
    pub content: Option<Zeroizing<Vec<u8>>>,
    /// Every signer, in the message's order; at least one.
    pub signers: Vec<Signer>,
    /// The certificates in the message, DER, the signers' among them.
    pub certificates: Vec<Vec<u8>>,
}

impl Verified {
    /// The signers whose signature, chain, validity, usage and revocation are good.
    pub fn believed(&self) -> impl Iterator<Item = &Certificate> {
        self.signers
            .iter()
            .filter(|signer| signer.verdict.is_ok())
            .filter_map(|signer| signer.certificate.as_ref())
    }

    /// Whether every signer is believed.
    pub fn all_believed(&self) -> bool {
        self.signers.iter().all(|signer| signer.verdict.is_ok())
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("signers", &self.signers)
            .finish_non_exhaustive()
    }
}

/// One signer, good or not.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Its certificate, where the message has it. A claim until the verdict is good.
    pub certificate: Option<Certificate>,
    /// When it says that it signed: its own clock, never proof.
    pub signed_at: Option<Timestamp>,
    /// The digest; `None` for one that is refused.
    pub digest: Option<Digest>,
    /// What its mailer says that it reads.
    pub capabilities: Option<Capabilities>,
    /// Whether it is believed, and how far revocation could be looked up.
    pub verdict: Result<Revocation, Fault>,
}

/// The digests that are taken; SHA-1 and MD5 are not (RFC 8551 section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What is said of a signer's certificate. Its `Debug` form has the fingerprint alone: names and
/// addresses are personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The addresses that it is for, as written.
    pub addresses: Vec<String>,
    /// The subject, on one line, to be read by people.
    pub subject: String,
    /// The issuer, on one line, to be read by people.
    pub issuer: String,
    /// The serial number, upper-case hexadecimal.
    pub serial: String,
    /// The SHA-256 of the DER.
    pub fingerprint: [u8; 32],
    /// When it becomes valid.
    pub not_before: Option<Timestamp>,
    /// When it ceases to be valid.
    pub not_after: Option<Timestamp>,
    /// The certificate itself.
    pub der: Vec<u8>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate(")?;
        for byte in self.fingerprint {
            write!(f, "{byte:02x}")?;
        }
        write!(f, ")")
    }
}

/// A message that is no signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is larger than the limit, or so is its content.
    #[error(
        "the signed message is larger than is taken: send what is large by the portal or the API"
    )]
    TooLarge,
    /// It does not read as CMS signed data.
    #[error("the message does not read as a CMS signed message: sign it again")]
    NotSigned,
    /// Its content is something other than plain data.
    #[error("what is signed is not plain content: sign a MIME part, as S/MIME does")]
    NotData,
    /// It has no signer, or more than are taken.
    #[error("the message has no signer, or more than are taken: sign it once")]
    Signers,
    /// It carries more certificates than are taken.
    #[error("the message has more certificates than are taken: send the signer's chain alone")]
    Certificates,
    /// A detached signature, and its content is not there.
    #[error("the signature is detached and its content is not there: send both parts")]
    NoContent,
    /// The content is there twice, so that it is not plain which is signed.
    #[error("the content is both inside the signature and beside it: send one of them")]
    TwoContents,
}

/// Reads a signed message (DER or BER, PEM, base64, or a whole `application/pkcs7-mime` part) and
/// checks every signer at a time.
///
/// For a detached signature `detached` is the signed part, byte for byte as it came between its
/// boundary lines, with CRLF line ends (RFC 8551 section 3.1.1). Nothing is made canonical.
pub fn verify(
    message: &[u8],
    detached: Option<&[u8]>,
    trust: &Trust,
    at: Timestamp,
    limits: &Limits,
) -> Result<Verified, VerifyError> {
    let largest = message.len().max(detached.map_or(0, <[u8]>::len));
    if largest > limits.message_bytes {
        return Err(VerifyError::TooLarge);
    }
    let der = armour::to_der(message).ok_or(VerifyError::NotSigned)?;
    if envelope::kind(&der) != Some(Kind::Signed) {
        return Err(VerifyError::NotSigned);
    }
    let unread = |_: ErrorStack| VerifyError::NotSigned;
    let taken = trust.sets.take(&der);
    let bare = taken.as_ref().map_or(der.as_ref(), |(bare, _)| bare);
    let mut cms = CmsContentInfo::from_der(bare).map_err(unread)?;
    match (ffi::shape(&mut cms), detached) {
        ((_, false), _) => return Err(VerifyError::NotData),
        ((true, true), None) => return Err(VerifyError::NoContent),
        ((false, true), Some(_)) => return Err(VerifyError::TwoContents),
        ((true, true), Some(_)) | ((false, true), None) => {}
    }
    if !(1..=limits.signers).contains(&ffi::signer_count(&cms)) {
        return Err(VerifyError::Signers);
    }
    let carried = match taken {
        Some((_, set)) => set,
        None => Arc::new(Set::new(
            ffi::certificates(&mut cms)
                .map_err(unread)?
                .into_iter()
                .collect(),
        )),
    };
    if carried.certificates.len() > limits.certificates {
        return Err(VerifyError::Certificates);
    }
    let room = if detached.is_some() { 0 } else { der.len() };
    let known = keys::stack(&carried.certificates).map_err(unread)?;
    let (content, signers) = ffi::read_signed(&mut cms, &known, detached, room).map_err(unread)?;
    let signers = signers
        .into_iter()
        .map(|raw| signer(raw, &carried, trust, at))
        .collect();
    Ok(Verified {
        content: detached.is_none().then_some(content),
        signers,
        certificates: carried
            .certificates
            .iter()
            .filter_map(|certificate| certificate.to_der().ok())
            .collect(),
    })
}

fn signer(raw: RawSigner, carried: &Set, trust: &Trust, at: Timestamp) -> Signer {
    let digest = match raw.digest {
        Nid::SHA256 => Some(Digest::Sha256),
        Nid::SHA384 => Some(Digest::Sha384),
        Nid::SHA512 => Some(Digest::Sha512),
        _ => None,
    };
    let verdict = match &raw.certificate {
        None => Err(Fault::NoCertificate),
        Some(_) if digest.is_none() => Err(Fault::Digest),
        Some(_) if raw.content_type.as_deref() != Some(&ID_DATA) => Err(Fault::Attributes),
        Some(_) if !raw.good => Err(Fault::Changed),
        Some(certificate) => trust.may_sign(certificate, carried, at),
    };
    let certificate = raw.certificate.and_then(|c| describe(&c).ok());
    Signer {
        // A certificate that cannot be described is none that anybody could be known by.
        verdict: if certificate.is_none() {
            Err(Fault::NoCertificate)
        } else {
            verdict
        },
        certificate,
        signed_at: raw.signing_time.as_deref().and_then(time::from_der),
        digest,
        capabilities: raw.capabilities.as_deref().and_then(Capabilities::from_der),
    }
}

fn describe(certificate: &X509) -> Result<Certificate, ErrorStack> {
    Ok(Certificate {
        addresses: keys::addresses(certificate),
        subject: keys::name(certificate.subject_name()),
        issuer: keys::name(certificate.issuer_name()),
        serial: certificate
            .serial_number()
            .to_bn()?
            .to_hex_str()?
            .to_string(),
        fingerprint: keys::fingerprint(certificate)?,
        not_before: time::from_asn1(certificate.not_before()),
        not_after: time::from_asn1(certificate.not_after()),
        der: certificate.to_der()?,
    })
}
