//! What the other side's certificate is held against.

use std::fmt::Debug;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::RouteError;

/// The authorities in this PEM, at least one; the system's where none are given.
pub(super) fn roots(pem: Option<&[u8]>) -> Result<RootCertStore, RouteError> {
    let mut roots = RootCertStore::empty();
    let Some(pem) = pem else {
        // With none in the system, nobody is trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    for root in CertificateDer::pem_slice_iter(pem) {
        let root = root.map_err(|_| RouteError::Roots)?;
        roots.add(root).map_err(|_| RouteError::Roots)?;
    }
    if roots.is_empty() {
        Err(RouteError::Roots)
    } else {
        Ok(roots)
    }
}

/// TLS 1.2 or later, with who has a certificate for its name by one of these authorities.
pub(super) fn trusting(roots: RootCertStore) -> Result<ClientConfig, RouteError> {
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| RouteError::Tls)?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.resumption = afresh();
    Ok(config)
}

/// TLS 1.2 or later, with whom a rule lets pass.
pub(super) fn judged_by(rule: impl Rule + 'static) -> Result<ClientConfig, RouteError> {
    let provider = provider();
    let judge = Judge {
        rule,
        provider: Arc::clone(&provider),
    };
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| RouteError::Tls)?.dangerous();
    let builder = builder.with_custom_certificate_verifier(Arc::new(judge));
    let mut config = builder.with_no_client_auth();
    config.resumption = afresh();
    Ok(config)
}

/// A session that is resumed shows no certificate: an expired or exchanged one would go unseen,
/// and what is written of how the host was verified would not be true.
fn afresh() -> Resumption {
    Resumption::disabled()
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Says whether a certificate is good, in place of the authorities.
pub(super) trait Rule: Debug + Send + Sync {
    /// The host's own certificate first, then what it sent along.
    fn allows(
        &self,
        chain: (&CertificateDer<'_>, &[CertificateDer<'_>]),
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error>;
}

/// Nobody is known to be there; it keeps out only who listens (RFC 7435).
#[derive(Debug)]
pub(super) struct Anybody;

impl Rule for Anybody {
    fn allows(
        &self,
        _: (&CertificateDer<'_>, &[CertificateDer<'_>]),
        _: &ServerName<'_>,
        _: UnixTime,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// A rule for the certificate; that the host has its key is proved as always.
#[derive(Debug)]
struct Judge<R> {
    rule: R,
    provider: Arc<CryptoProvider>,
}

impl<R: Rule> ServerCertVerifier for Judge<R> {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.rule.allows((own, others), name, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, own, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, own, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
