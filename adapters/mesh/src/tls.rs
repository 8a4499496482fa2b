//! Mutual TLS by AWS-LC: MESH lets nobody in without a client certificate that it issued.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};

/// Why TLS to MESH cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// MESH's authority cannot be read.
    #[error("MESH's authority is not usable: give its certificates as PEM")]
    Authority(#[source] pem::Error),
    /// The client's certificates cannot be read.
    #[error("the client certificate is not usable: give it as PEM, its issuers after it")]
    Certificate(#[source] pem::Error),
    /// One of the files holds no certificate.
    #[error("there is no certificate in the PEM text: it needs at least one `BEGIN CERTIFICATE`")]
    NoCertificate,
    /// The private key cannot be read.
    #[error("the client's key is not usable: give it as PEM of PKCS#8, SEC 1 or PKCS#1")]
    Key(#[source] pem::Error),
    /// Certificate and key do not belong together, or the authority is no certificate.
    #[error("the certificates and the key cannot be used together: see that they belong together")]
    Unusable(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3 to a MESH that `authority` vouches for, as the holder of `certificate` and
/// `key`. All three are PEM text; the certificate's issuers may follow it.
pub fn mutual_tls(
    authority: &[u8],
    certificate: &[u8],
    key: &[u8],
) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    for trusted in certificates(authority).map_err(TlsError::Authority)? {
        roots.add(trusted)?;
    }
    let own = certificates(certificate).map_err(TlsError::Certificate)?;
    if roots.is_empty() || own.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
    Ok(
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_root_certificates(roots)
            .with_client_auth_cert(own, key)?,
    )
}

/// TLS that trusts nobody, for a base that is plain HTTP on this machine.
pub(crate) fn none() -> Result<ClientConfig, rustls::Error> {
    Ok(
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    )
}

fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_or_key_is_named() {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (chain, key) = (pair.cert.pem(), pair.signing_key.serialize_pem());
        let (chain, key) = (chain.as_bytes(), key.as_bytes());
        let foreign = other.signing_key.serialize_pem();
        assert!(mutual_tls(chain, chain, key).is_ok());
        for (authority, certificate, key) in [(&b""[..], chain, key), (chain, &b""[..], key)] {
            let error = mutual_tls(authority, certificate, key).unwrap_err();
            assert!(matches!(error, TlsError::NoCertificate));
        }
        assert!(matches!(
            mutual_tls(chain, chain, b""),
            Err(TlsError::Key(_))
        ));
        assert!(matches!(
            mutual_tls(chain, chain, foreign.as_bytes()),
            Err(TlsError::Unusable(_))
        ));
    }
}
