//! A listener on a free port with a small router, and certificates for its clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use gateway_http::{
    Fault, Json, Limits, Path, PeerAddress, PeerCertificate, Query, harden, serve_plain, serve_tls,
    server_config,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// A certificate authority of its own.
pub struct Pki(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
pub struct Credentials {
    pub certificate: String,
    pub key: String,
    pub fingerprint: String,
}

impl Pki {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn client(&self, name: &str) -> Credentials {
        self.issue(name, ExtendedKeyUsagePurpose::ClientAuth)
    }

    pub fn server(&self) -> Credentials {
        self.issue("localhost", ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub fn ca(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> Credentials {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Credentials {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            fingerprint: hex::encode(Sha256::digest(certificate.der())),
        }
    }
}

/// A client that trusts the authority and nothing else, and shows `own` where there is one.
pub fn client(pki: &Pki, own: Option<&Credentials>) -> reqwest::Client {
    use_our_cryptography();
    let ca = reqwest::Certificate::from_pem(pki.ca().as_bytes()).unwrap();
    let mut builder = reqwest::Client::builder().tls_certs_only([ca]);
    if let Some(own) = own {
        let pem = format!("{}{}", own.certificate, own.key);
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder.build().unwrap()
}

/// The client library takes the process's provider; all tests install the same one.
fn use_our_cryptography() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A running listener.
pub struct Listener {
    pub address: SocketAddr,
    pub stop: watch::Sender<bool>,
    pub entered: Arc<Notify>,
    pub go_on: Arc<Notify>,
    scheme: &'static str,
    task: Option<JoinHandle<()>>,
}

const LIMITS: Limits = Limits {
    connections: 64,
    handshake: Duration::from_millis(300),
    header_read: Duration::from_millis(300),
    idle: Duration::from_secs(5),
    drain: Duration::from_secs(20),
};

impl Listener {
    pub async fn tls(pki: &Pki) -> Self {
        let own = pki.server();
        let config = server_config(
            own.certificate.as_bytes(),
            own.key.as_bytes(),
            Some(pki.ca().as_bytes()),
        );
        let config = config.unwrap();
        Self::start("https", |listener, app, stop| {
            tokio::spawn(serve_tls(listener, config, app, LIMITS, stop))
        })
        .await
    }

    pub async fn plain() -> Self {
        Self::plain_with(|_| {}).await
    }

    pub async fn plain_with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = LIMITS;
        change(&mut limits);
        Self::start("http", |listener, app, stop| {
            tokio::spawn(serve_plain(listener, app, limits, stop))
        })
        .await
    }

    async fn start(
        scheme: &'static str,
        serve: impl FnOnce(TcpListener, Router, watch::Receiver<bool>) -> JoinHandle<()>,
    ) -> Self {
        use_our_cryptography();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (stop, stopped) = watch::channel(false);
        let app = app(Arc::clone(&entered), Arc::clone(&go_on));
        let task = Some(serve(listener, app, stopped));
        Self {
            address,
            stop,
            entered,
            go_on,
            scheme,
            task,
        }
    }

    pub fn url(&self, path: &str) -> String {
        // The certificate is for the name; the listener is on the address it resolves to.
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    pub async fn ended(&mut self) {
        self.task.take().unwrap().await.unwrap();
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sized {
    size: u8,
}

fn app(entered: Arc<Notify>, go_on: Arc<Notify>) -> Router {
    let wait = async move || {
        entered.notify_one();
        go_on.notified().await;
        "done"
    };
    let router = Router::new()
        .route("/whoami", get(whoami))
        .route(
            "/address",
            get(async |Extension(at): Extension<PeerAddress>| at.0.ip().to_string()),
        )
        .route("/wait", get(wait))
        .route("/panic", get(panics))
        .route("/not-yours", get(async || Fault::NotFound))
        .route("/number/{n}", get(async |Path(n): Path<u32>| n.to_string()))
        .route(
            "/query",
            get(async |Query(given): Query<Sized>| given.size.to_string()),
        )
        .route("/post", post(async |Json(given): Json<Sized>| Json(given)))
        .route(
            "/cached",
            get(async || [("cache-control", "public, immutable")]),
        )
        .layer(DefaultBodyLimit::max(1000));
    harden(router)
}

async fn whoami(Extension(PeerCertificate(certificate)): Extension<PeerCertificate>) -> String {
    certificate.unwrap_or_else(|| "nobody".to_owned())
}

async fn panics() -> String {
    let nothing: Result<String, &str> = std::hint::black_box(Err("secret"));
    nothing.expect("it panics")
}
