//! What a TLS listener offers: TLS 1.2 and 1.3 by AWS-LC, the hybrid post-quantum key exchange
//! (X25519MLKEM768) first, HTTP/2 and HTTP/1.1.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};

/// Why a TLS listener cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate chain cannot be read.
    #[error(
        "the certificate chain is not PEM: give the server's certificate first, then its issuers"
    )]
    Chain(#[source] pem::Error),
    /// The file holds no certificate.
    #[error("there is no certificate in the PEM text: it needs at least one `BEGIN CERTIFICATE`")]
    NoCertificate,
    /// The private key cannot be read.
    #[error("the private key is not PEM of PKCS#8, SEC 1 or PKCS#1")]
    Key(#[source] pem::Error),
    /// The clients' authority cannot be read.
    #[error("the clients' certificate authority is not usable PEM")]
    ClientAuthority(#[source] pem::Error),
    /// The clients' authority cannot be used to verify with.
    #[error("the clients' certificate authority cannot be used")]
    Verifier(#[from] VerifierBuilderError),
    /// Key and certificate do not belong together, or are not usable.
    #[error("the certificate and its key cannot be used together")]
    Unusable(#[from] rustls::Error),
}

/// The configuration of a TLS listener. All three are PEM text; the chain begins with the
/// server's own certificate.
///
/// With `client_ca`, a client may show a certificate: one that this authority did not issue,
/// or that is out of date, ends the handshake; none at all is let through, because the public
/// log is read without one. Who must have one is then the routes' decision, by
/// [`crate::PeerCertificate`]. Sessions are never resumed there, so that a certificate is
/// verified anew for every connection.
pub fn server_config(
    chain: &[u8],
    key: &[u8],
    client_ca: Option<&[u8]>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
    let chain = certificates(chain).map_err(TlsError::Chain)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13, &TLS12])?;
    let mut config = match client_ca {
        Some(ca) => {
            let mut config = builder
                .with_client_cert_verifier(verifier(ca, provider)?)
                .with_single_cert(chain, key)?;
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
            config
        }
        None => builder.with_no_client_auth().with_single_cert(chain, key)?,
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn verifier(
    ca: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let authorities = certificates(ca).map_err(TlsError::ClientAuthority)?;
    if authorities.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority)?;
    }
    Ok(
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()?,
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
        let (chain, key) = (pair.cert.pem(), pair.signing_key.serialize_pem());
        let (chain, key) = (chain.as_bytes(), key.as_bytes());
        assert!(server_config(chain, key, None).is_ok());
        assert!(server_config(chain, key, Some(chain)).is_ok());
        assert!(matches!(
            server_config(b"", key, None),
            Err(TlsError::NoCertificate)
        ));
        assert!(matches!(
            server_config(chain, b"", None),
            Err(TlsError::Key(_))
        ));
        assert!(matches!(
            server_config(chain, key, Some(b"")),
            Err(TlsError::NoCertificate)
        ));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let pair = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = pair().signing_key.serialize_pem();
        let refused = server_config(pair().cert.pem().as_bytes(), key.as_bytes(), None);
        assert!(matches!(refused, Err(TlsError::Unusable(_))));
    }

    #[test]
    fn the_post_quantum_exchange_is_offered_first() {
        let groups = aws_lc_rs::default_provider().kx_groups;
        assert_eq!(groups[0].name(), rustls::NamedGroup::X25519MLKEM768);
    }
}
