//! The serving loop: accepts connections, speaks TLS where it is configured, and hands requests
//! to an axum router with the peer's address and certificate. A connection that is slow, silent
//! or broken costs one place among many for a bounded time, and never the loop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

use crate::activity::Activity;

/// The client certificate that the handshake verified: SHA-256 of its DER, lower-case
/// hexadecimal. None where the client showed none. A request extension of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate(pub Option<String>);

/// Where the connection comes from. A request extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// What a listener allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at the same time; more wait in the kernel's queue.
    pub connections: usize,
    /// Time for the TLS handshake.
    pub handshake: Duration,
    /// Time for the header of a request, waiting for it on an open connection included.
    pub header_read: Duration,
    /// Time that a connection may have nothing under way.
    pub idle: Duration,
    /// Time for requests under way to end, once the listener is told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(10),
            header_read: Duration::from_secs(20),
            idle: Duration::from_mins(1),
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves `app` over TLS until `stop` holds true (or its sender is gone), and returns when the
/// requests under way have ended or their time has run out.
pub async fn serve_tls(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    app: Router,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    serve(listener, Some(TlsAcceptor::from(config)), app, limits, stop).await;
}

/// As [`serve_tls`], in plain HTTP/1.1: for the operator's listener on loopback.
pub async fn serve_plain(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    serve(listener, None, app, limits, stop).await;
}

async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    let mut backoff = Duration::ZERO;
    loop {
        while connections.try_join_next().is_some() {}
        let place = Arc::clone(&places).acquire_owned();
        let accepted = tokio::select! {
            accepted = async { (place.await, listener.accept().await) } => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, peer) = match accepted.1 {
            Ok(accepted) => accepted,
            Err(error) => {
                backoff = wait_after(&error, backoff).await;
                continue;
            }
        };
        backoff = Duration::ZERO;
        let connection = Connection {
            peer,
            app: app.clone(),
            limits,
            stop: stop.clone(),
        };
        let (tls, place) = (tls.clone(), accepted.0);
        connections.spawn(async move {
            connection.run(stream, tls).await;
            drop(place);
        });
    }
    drop(listener);
    // Each ends within its own time to drain.
    while connections.join_next().await.is_some() {}
}

/// Accept fails when the peer is gone already, or when the process has no file handle left:
/// wait a little longer each time, at most a second, and go on.
async fn wait_after(error: &io::Error, backoff: Duration) -> Duration {
    if error.kind() == io::ErrorKind::ConnectionAborted {
        return backoff;
    }
    let next = (backoff * 2).clamp(Duration::from_millis(5), Duration::from_secs(1));
    tracing::warn!(error.kind = ?error.kind(), "cannot accept a connection; trying again");
    sleep(next).await;
    next
}

/// Returns when the listener has been told to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that nobody is left to tell us.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// One connection and what it serves.
struct Connection {
    peer: SocketAddr,
    app: Router,
    limits: Limits,
    stop: watch::Receiver<bool>,
}

impl Connection {
    async fn run(mut self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.http(stream, false, PeerCertificate(None)).await;
        };
        let handshake = timeout(self.limits.handshake, tls.accept(stream));
        let stream = tokio::select! {
            done = handshake => match done {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(error.kind = ?error.kind(), "handshake failed"),
                Err(_) => return tracing::debug!("handshake took too long"),
            },
            () = stopped(&mut self.stop) => return,
        };
        let certificate = peer_certificate(&stream);
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        self.http(stream, http2, certificate).await;
    }

    async fn http<S>(mut self, stream: S, http2: bool, certificate: PeerCertificate)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new();
        let (app, peer) = (self.app, PeerAddress(self.peer));
        let service = service_fn(|request: Request<Incoming>| {
            let (app, certificate) = (app.clone(), certificate.clone());
            let at_work = activity.begin();
            async move {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(peer);
                request.extensions_mut().insert(certificate);
                let answer: Result<Response, Infallible> = app.oneshot(request).await;
                answer.map(|response| at_work.until_sent(response))
            }
        });
        let builder = builder(&self.limits, http2);
        let mut connection =
            std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let left = tokio::select! {
            done = connection.as_mut() => {
                if done.is_err() {
                    tracing::debug!("connection ended early");
                }
                return;
            }
            () = stopped(&mut self.stop) => self.limits.drain,
            () = activity.idle(self.limits.idle) => self.limits.header_read,
        };
        connection.as_mut().graceful_shutdown();
        let _ = timeout(left, connection).await;
    }
}

/// The version is settled by ALPN, never guessed from the first bytes: waiting for those has
/// no time limit.
fn builder(limits: &Limits, http2: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(limits.idle)
        .keep_alive_timeout(limits.header_read);
    if http2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    }
}

fn peer_certificate(stream: &TlsStream<TcpStream>) -> PeerCertificate {
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    PeerCertificate(
        certificates
            .first()
            .map(|own| hex::encode(Sha256::digest(own))),
    )
}
