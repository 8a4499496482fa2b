use std::sync::Arc;

use gateway_mail::Config;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Gateway, Peer};

/// A certificate for loopback.
pub struct Identity {
    pub pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    pub fn new() -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let pair = rcgen::generate_simple_self_signed(names).unwrap();
        Self {
            pem: pair.cert.pem(),
            certificate: pair.cert.der().clone(),
            key: pair.signing_key.serialize_der(),
        }
    }

    pub fn server(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key);
        Arc::new(config.unwrap())
    }

    pub async fn start(&self, configure: impl FnOnce(&mut Config)) -> Gateway {
        Gateway::start(|config| {
            config.tls = Some(self.server());
            configure(config);
        })
        .await
    }

    async fn encrypt(&self, stream: TcpStream) -> std::io::Result<Peer<TlsStream<TcpStream>>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.map(Peer)
    }
}

#[tokio::test]
async fn after_starttls_all_is_forgotten_and_the_envelope_says_how_it_came() {
    let identity = Identity::new();
    let gateway = identity.start(|_| ()).await;
    let mut peer = gateway.connect().await;
    peer.ask("STARTTLS", 503).await;
    assert!(
        peer.ask("EHLO client.example", 250)
            .await
            .contains("STARTTLS")
    );
    peer.envelope().await;
    peer.ask("STARTTLS", 220).await;
    let mut peer = identity.encrypt(peer.0).await.unwrap();
    peer.ask("RCPT TO:<housing@gateway.example>", 503).await;
    peer.ask("MAIL FROM:<a@b.example>", 503).await;
    assert!(
        !peer
            .ask("EHLO secret.example", 250)
            .await
            .contains("STARTTLS")
    );
    peer.ask("STARTTLS", 503).await;
    peer.envelope().await;
    peer.ask("DATA", 354).await;
    peer.ask("a\r\n.", 250).await;
    let (envelope, _) = gateway.keeper.only();
    assert_eq!(envelope.session.hello.as_deref(), Some("secret.example"));
    let encryption = envelope.session.encryption.unwrap();
    assert_eq!(encryption.version, "TLSv1_3");
    assert!(encryption.cipher.starts_with("TLS13_"), "{encryption:?}");
    peer.ask("QUIT", 221).await;
    assert_eq!(peer.rest().await, "");
}

#[tokio::test]
async fn what_is_sent_behind_starttls_ends_the_conversation() {
    let identity = Identity::new();
    let gateway = identity.start(|_| ()).await;
    for injected in [
        "EHLO x\r\n",
        "MAIL FROM:<a@b.example>\r\n",
        "x",
        "\r\n",
        "\0",
    ] {
        let mut peer = gateway.client().await;
        peer.send(format!("STARTTLS\r\n{injected}")).await;
        peer.reply(421).await;
        assert_eq!(peer.rest().await, "");
    }
}

#[tokio::test]
async fn what_is_injected_after_the_220_fails_the_handshake() {
    let identity = Identity::new();
    let gateway = identity.start(|_| ()).await;
    let mut peer = gateway.client().await;
    peer.ask("STARTTLS", 220).await;
    peer.send("MAIL FROM:<a@b.example>\r\n").await;
    assert!(identity.encrypt(peer.0).await.is_err());
    gateway.sender().await;
}

#[tokio::test]
async fn mail_in_clear_is_refused_where_tls_is_required() {
    let identity = Identity::new();
    let gateway = identity.start(|config| config.require_tls = true).await;
    let mut peer = gateway.client().await;
    assert!(
        peer.ask("MAIL FROM:<a@b.example>", 530)
            .await
            .contains("5.7.0")
    );
    peer.ask("STARTTLS", 220).await;
    let mut peer = identity.encrypt(peer.0).await.unwrap();
    peer.ask("EHLO client.example", 250).await;
    peer.envelope().await;
}
