//! Mutual TLS: MESH shows a certificate, and asks for one.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use gateway_mesh::{Client, Error, Listing, Retry, mutual_tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::proxy::answer;
use crate::sandbox::{OURS, Sandbox, config, outgoing};

/// An authority of certificates.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a host, and its key.
    fn vouch(&self, host: &str) -> (String, String) {
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A client of the mailbox, with a certificate of `issuer`, that trusts `authority`.
fn client(base: &str, authority: &Authority, issuer: &Authority) -> Client {
    let (own, key) = issuer.vouch("gateway.example");
    let tls = mutual_tls(authority.pem.as_bytes(), own.as_bytes(), key.as_bytes());
    let mut config = config(base, OURS);
    config.tls = Some(tls.unwrap());
    Client::new(config).unwrap()
}

/// MESH's authority, that of its clients, and one that nobody knows.
fn authorities() -> [Authority; 3] {
    ["MESH", "MESH clients", "A stranger"].map(Authority::new)
}

#[tokio::test]
async fn mesh_and_mailbox_trust_each_other_by_their_certificates() {
    let [authority, clients, stranger] = authorities();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (chain, key) = authority.vouch("127.0.0.1");
    let mesh = Sandbox::with(&[
        "--ssl-certfile",
        &file("chain.pem", &chain),
        "--ssl-keyfile",
        &file("key.pem", &key),
        "--ssl-ca-certs",
        &file("clients.pem", &clients.pem),
        "--ssl-cert-reqs",
        "2",
    ]);
    assert!(mesh.base().starts_with("https://"));
    let ours = client(mesh.base(), &authority, &clients);
    ours.handshake().await.unwrap();
    let id = ours.send(&outgoing(3), &Bytes::from("abc")).await.unwrap();
    assert!(ours.track(&id).await.unwrap().is_some());

    // This server breaks off without a word.
    let error = client(mesh.base(), &authority, &stranger).handshake().await;
    assert!(
        matches!(error, Err(Error::Cut | Error::Untrusted)),
        "{error:?}"
    );
    let error = client(mesh.base(), &stranger, &clients).handshake().await;
    assert!(matches!(error, Err(Error::Untrusted)), "{error:?}");
}

/// A server that asks for a certificate of `clients`, says why where it does not take one, and
/// answers every request with an empty inbox.
async fn server(authority: &Authority, clients: &Authority) -> String {
    let (chain, key) = authority.vouch("127.0.0.1");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(clients.pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let inbox = answer(200, "", br#"{"messages": []}"#);
            let _ = stream.write_all(&inbox).await;
            let _ = stream.shutdown().await;
        }
    });
    base
}

#[tokio::test]
async fn a_certificate_that_is_not_taken_is_nothing_to_try_again() {
    let [authority, clients, stranger] = authorities();
    let base = server(&authority, &clients).await;
    let ours = client(&base, &authority, &clients);
    ours.inbox(&Listing::default()).await.unwrap();
    for wrong in [
        client(&base, &authority, &stranger),
        client(&base, &stranger, &clients),
    ] {
        let error = wrong.inbox(&Listing::default()).await.unwrap_err();
        assert!(matches!(error, Error::Untrusted), "{error:?}");
        assert_eq!(error.retry(), Retry::Never);
    }
}
