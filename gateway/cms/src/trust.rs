//! Whom we believe: roots, intermediates, revocation lists, and the check of a chain (RFC 5280,
//! RFC 8550).

use std::fmt;

use jiff::Timestamp;
use openssl::{
    error::ErrorStack,
    stack::{Stack, StackRef},
    x509::{
        X509, X509Crl, X509PurposeId, X509Ref, X509StoreContext,
        store::{X509Store, X509StoreBuilder},
        verify::{X509VerifyFlags, X509VerifyParam},
    },
};
use openssl_sys as sys;

use crate::{
    Recipient,
    armour::blocks,
    carried::{Believed, Set, Sets},
    ffi,
    keys::{fingerprint, read_certificates},
    time,
};

/// The longest chain between a certificate and its root.
const DEEPEST: i32 = 8;
/// OpenSSL's security level 2: 112 bits, so no RSA under 2,048 bits and no SHA-1 in a chain.
const LEVEL: i32 = 2;

/// Why a trust list was not read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// There is no root.
    #[error("no root certificate is given: nothing could be trusted; give a PEM file of them")]
    NoRoots,
    /// A revocation list does not read.
    #[error(
        "revocation list `{0}` (the first is 0) does not read: give PEM blocks `X509 CRL` or DER"
    )]
    RevocationList(usize),
    /// OpenSSL refused a certificate or a list.
    #[error("OpenSSL refused a certificate or a revocation list: `{0}`")]
    OpenSsl(#[from] ErrorStack),
}

/// Whether revocation was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The certificate and each of its chain is on none of its issuers' current lists.
    Good,
    /// For one of them at least there is no list.
    NotListed,
}

/// Why a signer, or a certificate to encrypt to, is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The message lacks the signer's certificate.
    #[error("the signer's certificate is not in the message: send it along")]
    NoCertificate,
    /// The digest is weak or unknown; SHA-256, SHA-384 and SHA-512 are taken.
    #[error("the signature's digest is not SHA-256, SHA-384 or SHA-512: sign with SHA-256")]
    Digest,
    /// There are no signed attributes, or they do not say that the content is data. Without
    /// them a signature over attributes can be passed off as one over content (RFC 5652
    /// section 5.3, RFC 8933).
    #[error("the signature has no signed attributes of plain content: sign it again as S/MIME")]
    Attributes,
    /// The signature does not fit the content: one of them was changed.
    #[error("the signature does not fit the content: one of them was changed; send it again")]
    Changed,
    /// The chain does not reach a root that is trusted.
    #[error(
        "the certificate's issuer is not one that is trusted here: use an enrolled certificate"
    )]
    UnknownIssuer,
    /// The certificate is its own issuer, and not trusted as such.
    #[error("the certificate is signed by itself: use one from a trusted issuer")]
    SelfSigned,
    /// It, or one of its chain, is no longer valid.
    #[error("the certificate, or one of its chain, has expired: renew it")]
    Expired,
    /// It, or one of its chain, is not valid yet.
    #[error("the certificate, or one of its chain, is not valid yet: look at the clock")]
    NotYetValid,
    /// It, or one of its chain, is revoked.
    #[error("the certificate, or one of its chain, is revoked: use another")]
    Revoked,
    /// Its key usage or extended key usage does not allow this (RFC 8550 sections 4.4.2, 4.4.4).
    #[error("the certificate is not for this use in mail: use one for e-mail protection")]
    WrongUsage,
    /// A key or a signature in its chain is too weak.
    #[error(
        "a key or a signature in the certificate's chain is too weak: use RSA 2048 and SHA-256 or better"
    )]
    Weak,
    /// A revocation list is out of date: the operator is to fetch a new one.
    #[error("a revocation list is out of date: fetch the issuer's present one")]
    StaleRevocationList,
    /// A revocation list was needed and there is none.
    #[error("there is no revocation list for the certificate's chain: add the issuers' lists")]
    RevocationUnknown,
    /// Anything else, in OpenSSL's words.
    #[error("the certificate's chain does not verify: `{0}`")]
    Chain(String),
}

/// What a certificate is wanted for.
#[derive(Clone, Copy)]
enum Purpose {
    Sign,
    Encrypt,
}

/// Roots, intermediates and revocation lists, made once and shared between threads.
pub struct Trust {
    to_sign: X509Store,
    to_encrypt: X509Store,
    intermediates: Vec<X509>,
    /// From when to when every revocation list is in force; `None` where one does not say.
    lists: Option<(Timestamp, Timestamp)>,
    has_lists: bool,
    revocation_required: bool,
    pub(crate) sets: Sets,
}

impl Trust {
    /// Roots and intermediates as PEM (or one in DER); each revocation list as PEM or DER.
    ///
    /// A list is used for what its issuer issued. Where there is none, the answer is
    /// [`Revocation::NotListed`], or, with `revocation_required`, a fault.
    pub fn new(
        roots: &[u8],
        intermediates: &[u8],
        revocation_lists: &[&[u8]],
        revocation_required: bool,
    ) -> Result<Self, TrustError> {
        let roots = read_certificates(roots)?;
        if roots.is_empty() {
            return Err(TrustError::NoRoots);
        }
        let mut crls = Vec::new();
        for (index, list) in revocation_lists.iter().enumerate() {
            crls.extend(read_crls(list).ok_or(TrustError::RevocationList(index))?);
        }
        Ok(Self {
            to_sign: store(&roots, &crls, Purpose::Sign)?,
            to_encrypt: store(&roots, &crls, Purpose::Encrypt)?,
            intermediates: read_certificates(intermediates)?,
            lists: in_force(&crls),
            has_lists: !crls.is_empty(),
            revocation_required,
            sets: Sets::default(),
        })
    }

    /// Whether a certificate may be encrypted to at a time: chain, validity, revocation, and
    /// extended key usage where it has one.
    pub fn may_encrypt_to(&self, to: &Recipient, at: Timestamp) -> Result<Revocation, Fault> {
        if let Some(usage) = to.certificate.extended_key_usage() {
            use openssl::x509::X509ExtendedKeyUsage as Usage;
            if !usage.intersects(Usage::SMIME | Usage::ANYEKU) {
                return Err(Fault::WrongUsage);
            }
        }
        let known = crate::keys::stack(&self.intermediates).map_err(|e| other(&e))?;
        self.check(&self.to_encrypt, &to.certificate, &known, at)
            .map(|(revocation, _)| revocation)
    }

    /// Whether a certificate may sign mail at a time; `carried` are those in the message.
    ///
    /// A chain that held is not built again while all that it was checked by is in force.
    pub(crate) fn may_sign(
        &self,
        certificate: &X509Ref,
        carried: &Set,
        at: Timestamp,
    ) -> Result<Revocation, Fault> {
        let signer = fingerprint(certificate).map_err(|e| other(&e))?;
        if let Some(revocation) = carried.believed(&signer, at) {
            return Ok(revocation);
        }
        let known: Vec<X509> = self
            .intermediates
            .iter()
            .chain(&carried.certificates)
            .cloned()
            .collect();
        let known = crate::keys::stack(&known).map_err(|e| other(&e))?;
        let (revocation, window) = self.check(&self.to_sign, certificate, &known, at)?;
        if let Some((from, to)) = window {
            let found = Believed {
                from,
                to,
                revocation,
            };
            carried.believe(signer, found);
        }
        Ok(revocation)
    }

    fn check(
        &self,
        store: &X509Store,
        certificate: &X509Ref,
        known: &Stack<X509>,
        at: Timestamp,
    ) -> Result<(Revocation, Option<Window>), Fault> {
        let mut context = X509StoreContext::new().map_err(|e| other(&e))?;
        let (good, error, window) = context
            .init(store, certificate, known, |context| {
                ffi::check_at(context, at.as_second());
                let good = context.verify_cert()?;
                let window = context.chain().and_then(|chain| self.window(chain));
                Ok((good, context.error(), window))
            })
            .map_err(|e| other(&e))?;
        drop(ErrorStack::get());
        match (good, error.as_raw()) {
            (true, sys::X509_V_OK) if self.has_lists => Ok((Revocation::Good, window)),
            (true, sys::X509_V_OK | sys::X509_V_ERR_UNABLE_TO_GET_CRL) => {
                if self.revocation_required {
                    Err(Fault::RevocationUnknown)
                } else {
                    Ok((Revocation::NotListed, window))
                }
            }
            _ => Err(fault(error.as_raw(), error.error_string())),
        }
    }

    /// From when to when every certificate of a chain and every revocation list is in force.
    fn window(&self, chain: &StackRef<X509>) -> Option<Window> {
        chain.iter().try_fold(self.lists?, |(from, to), one| {
            let begins = time::from_asn1(one.not_before())?;
            let ends = time::from_asn1(one.not_after())?;
            Some((from.max(begins), to.min(ends)))
        })
    }
}

type Window = (Timestamp, Timestamp);

fn in_force(lists: &[X509Crl]) -> Option<Window> {
    let always = (Timestamp::MIN, Timestamp::MAX);
    lists.iter().try_fold(always, |(from, to), list| {
        let begins = time::from_asn1(list.last_update())?;
        let ends = time::from_asn1(list.next_update()?)?;
        Some((from.max(begins), to.min(ends)))
    })
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust(…)")
    }
}

fn store(roots: &[X509], crls: &[X509Crl], purpose: Purpose) -> Result<X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for root in roots {
        store.add_cert(root.clone())?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_depth(DEEPEST);
    parameters.set_auth_level(LEVEL);
    // For encryption the leaf's usage is looked at by hand: OpenSSL's purpose asks for
    // keyEncipherment, which a certificate on an elliptic curve need not have.
    if let Purpose::Sign = purpose {
        parameters.set_purpose(X509PurposeId::SMIME_SIGN)?;
    }
    if !crls.is_empty() {
        parameters.set_flags(X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL)?;
    }
    store.set_param(&parameters)?;
    for crl in crls {
        ffi::add_crl(&mut store, crl)?;
    }
    Ok(store.build())
}

fn read_crls(list: &[u8]) -> Option<Vec<X509Crl>> {
    if list.first() == Some(&0x30) {
        return Some(vec![X509Crl::from_der(list).ok()?]);
    }
    let crls: Vec<X509Crl> = blocks(list)
        .filter(|(label, _)| label == "X509 CRL")
        .map(|(_, der)| X509Crl::from_der(&der).ok())
        .collect::<Option<_>>()?;
    (!crls.is_empty()).then_some(crls)
}

fn other(error: &ErrorStack) -> Fault {
    Fault::Chain(error.to_string())
}

fn fault(error: i32, words: &str) -> Fault {
    // `openssl/x509_vfy.h`; the three of "too weak" are not in the bindings.
    const EE_KEY_TOO_SMALL: i32 = 66;
    const CA_MD_TOO_WEAK: i32 = 68;
    match error {
        sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | sys::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        | sys::X509_V_ERR_CERT_UNTRUSTED => Fault::UnknownIssuer,
        sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => Fault::SelfSigned,
        sys::X509_V_ERR_CERT_NOT_YET_VALID => Fault::NotYetValid,
        sys::X509_V_ERR_CERT_HAS_EXPIRED => Fault::Expired,
        sys::X509_V_ERR_CERT_REVOKED => Fault::Revoked,
        sys::X509_V_ERR_CRL_NOT_YET_VALID | sys::X509_V_ERR_CRL_HAS_EXPIRED => {
            Fault::StaleRevocationList
        }
        sys::X509_V_ERR_INVALID_CA
        | sys::X509_V_ERR_INVALID_PURPOSE
        | sys::X509_V_ERR_KEYUSAGE_NO_CERTSIGN => Fault::WrongUsage,
        EE_KEY_TOO_SMALL..=CA_MD_TOO_WEAK => Fault::Weak,
        _ => Fault::Chain(words.to_owned()),
    }
}
