//! The serving loop: accepts connections, gives each its place, and ends them in order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::Id;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::Handler;
use crate::config::Config;
use crate::envelope::{Encryption, Session};
use crate::quota::{Place, Quotas};
use crate::talk::{Shared, Talk};
use crate::wire::{End, Io, Wire};

/// An SMTP or LMTP listener.
pub struct Server {
    /// Where connections come in.
    pub listener: TcpListener,
    /// What it takes.
    pub config: Config,
    /// Who takes it.
    pub handler: Arc<dyn Handler>,
}

impl Server {
    /// Serves until `stop` holds true (or its sender is gone). Then each connection is told
    /// 421 as soon as it is not in [`crate::Sink::finish`], and this returns when all are
    /// gone, or when the time to drain has run out.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        let quotas = Quotas::new(self.config.limits);
        let drain = self.config.timeouts.drain;
        let shared = Shared::new(self.config, self.handler);
        let mut connections = JoinSet::new();
        let mut backoff = Duration::ZERO;
        loop {
            while let Some(ended) = connections.try_join_next() {
                report(&ended);
            }
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    backoff = wait_after(&error, backoff).await;
                    continue;
                }
            };
            backoff = Duration::ZERO;
            let exempt = shared.config.is_relay(peer.ip());
            let Some(place) = quotas.connect(peer.ip(), exempt) else {
                turn_away(&stream);
                continue;
            };
            let _ = stream.set_nodelay(true);
            let (shared, stop) = (Arc::clone(&shared), stop.clone());
            connections.spawn(converse(shared, place, Box::new(stream), peer, stop));
        }
        drop(self.listener);
        let ended = timeout(drain, async {
            while connections.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!(
                mail.connections = connections.len(),
                "closed what did not end in time"
            );
            connections.shutdown().await;
        }
    }
}

impl Shared {
    pub(crate) fn new(config: Config, handler: Arc<dyn Handler>) -> Arc<Self> {
        let acceptor = config.tls.clone().map(TlsAcceptor::from);
        Arc::new(Self {
            config,
            handler,
            acceptor,
        })
    }
}

/// A conversation that broke down takes nobody else with it, but is not passed over.
fn report(ended: &Result<(), JoinError>) {
    if ended.is_err() {
        tracing::error!("a conversation broke down: what it had under way was dropped");
    }
}

/// There is room in a fresh connection's buffer, and nothing is waited for.
fn turn_away(stream: &TcpStream) {
    let _ = stream.try_write(b"421 4.3.2 too many connections; try again later\r\n");
    tracing::info!("connection turned away: too many are open");
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

/// One connection from its greeting to its end.
pub(crate) async fn converse(
    shared: Arc<Shared>,
    place: Place,
    stream: Box<dyn Io>,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    let config = &shared.config;
    let session = Session {
        id: Id::new(&config.clock),
        mode: config.mode,
        peer,
        trusted_relay: config.is_relay(peer.ip()),
        hello: None,
        encryption: None,
    };
    tracing::debug!(mail.session = %session.id, mail.relay = session.trusted_relay, "connected");
    let wire = Wire::new(stream, stop.clone(), config.timeouts.command);
    let mut talk = Talk {
        shared: Arc::clone(&shared),
        place,
        wire,
        session,
        errors: 0,
        hello: None,
        transaction: None,
        idle: 0,
    };
    talk.greet();
    loop {
        match talk.run().await {
            Err(end) => return bye(talk, end).await,
            Ok(()) => match encrypt(talk, &mut stop).await {
                Some(encrypted) => talk = encrypted,
                None => return,
            },
        }
    }
}

async fn bye(talk: Talk, end: End) {
    let code = match &end {
        End::Gone => None,
        End::Told(reply) => Some(reply.code()),
    };
    tracing::debug!(mail.session = %talk.session.id, mail.code = code, "connection ends");
    // What was under way is dropped before the goodbye, and the place given back after it.
    drop(talk.transaction);
    talk.wire.close(end).await;
}

/// The handshake, and a conversation that knows nothing of what was said before it but how
/// often the client erred.
async fn encrypt(talk: Talk, stop: &mut watch::Receiver<bool>) -> Option<Talk> {
    let config = &talk.shared.config;
    let acceptor = talk.shared.acceptor.as_ref()?;
    let handshake = timeout(
        config.timeouts.handshake,
        acceptor.accept(talk.wire.into_stream()),
    );
    let stream = tokio::select! {
        done = handshake => done,
        _ = stop.wait_for(|stop| *stop) => return None,
    };
    let Ok(Ok(stream)) = stream else {
        tracing::debug!(mail.session = %talk.session.id, "handshake failed or took too long");
        return None;
    };
    let encryption = encryption(&stream);
    let wire = Wire::new(Box::new(stream), stop.clone(), config.timeouts.command);
    Some(Talk {
        wire,
        session: Session {
            hello: None,
            encryption: Some(encryption),
            ..talk.session
        },
        hello: None,
        transaction: None,
        shared: talk.shared,
        place: talk.place,
        errors: talk.errors,
        idle: talk.idle,
    })
}

fn encryption(stream: &TlsStream<Box<dyn Io>>) -> Encryption {
    let connection = stream.get_ref().1;
    let version = connection.protocol_version();
    let suite = connection.negotiated_cipher_suite();
    let name = |text: Option<&'static str>| text.unwrap_or("unknown").to_owned();
    Encryption {
        version: name(version.and_then(|version| version.as_str())),
        cipher: name(suite.and_then(|suite| suite.suite().as_str())),
    }
}
