//! A relay, and the connections to it that are used again.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::{
    Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::time::Instant;

use super::connection::{Connection, Connector};
use super::fault::Fault;
use super::{Letter, RelayConfig, RelayTls, RouteError, Sent, is_here};
use crate::Address;

/// How many idle connections are kept.
const IDLE: usize = 4;
/// How long a connection may rest before it is not used again.
const REST: Duration = Duration::from_secs(20);

/// A relay whose settings were checked, and a few idle connections to it.
pub struct Relay {
    connector: Connector,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Relay")
    }
}

impl Relay {
    /// Checks the settings. Nothing is connected to yet.
    pub(super) fn new(relay: RelayConfig) -> Result<Self, RouteError> {
        if relay.tls == RelayTls::None && !is_here(&relay.host) {
            return Err(RouteError::ClearOverNetwork(relay.host));
        }
        let required = matches!(relay.tls, RelayTls::Required(_));
        if relay.credentials.is_some() && !required {
            return Err(RouteError::CredentialsInClear(relay.host));
        }
        let as_address = format!("gateway@{}", relay.hello);
        if Address::parse(&as_address, false).is_none() {
            return Err(RouteError::Hello(relay.hello));
        }
        let connector = Connector {
            hello: ClientId::Domain(relay.hello.clone()),
            tls: parameters(&relay)?,
            relay,
        };
        Ok(Self {
            connector,
            idle: Mutex::new(Vec::new()),
        })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Sent {
        if letter.to.is_empty() {
            let status = Some("5.1.3".to_owned());
            return Sent::Refused { status };
        }
        if let Some(idle) = self.take() {
            let mut begun = false;
            match self.deliver(idle, letter, &mut begun).await {
                Ok(()) => return Sent::Accepted,
                // The relay may have closed it while it rested.
                Err(Fault::Smtp(error)) if !begun && error.status().is_none_or(is_goodbye) => {}
                Err(fault) => return fault.outcome(),
            }
        }
        let fresh = match self.connector.connect().await {
            Ok(fresh) => fresh,
            Err(fault) => return fault.before_the_letter(),
        };
        match self.deliver(fresh, letter, &mut false).await {
            Ok(()) => Sent::Accepted,
            Err(fault) => fault.outcome(),
        }
    }

    async fn deliver(
        &self,
        mut connection: Connection,
        letter: &Letter,
        begun: &mut bool,
    ) -> Result<(), Fault> {
        let done = self.connector.deliver(&mut connection, letter, begun).await;
        let broken = done.as_ref().is_err_and(|fault| !fault.is_reply());
        let spare = if broken {
            Some(connection)
        } else {
            self.give(connection)
        };
        if let Some(connection) = spare {
            connection.close().await;
        }
        done
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < REST);
        idle.pop().map(|(connection, _)| connection)
    }

    /// Keeps a connection, or gives it back where there are enough.
    fn give(&self, connection: Connection) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= IDLE {
            return Some(connection);
        }
        idle.push((connection, Instant::now()));
        None
    }
}

/// 421: the relay closes the connection, whatever was asked (RFC 5321 section 3.8).
fn is_goodbye(code: lettre::transport::smtp::response::Code) -> bool {
    u16::from(code) == 421
}

/// What the relay's certificate is held against; none where there is to be no TLS.
fn parameters(relay: &RelayConfig) -> Result<Option<TlsParameters>, RouteError> {
    let builder = TlsParameters::builder(relay.host.clone());
    let builder = match &relay.tls {
        RelayTls::None => return Ok(None),
        // Nobody is known to be there; it keeps out only who listens (RFC 7435).
        RelayTls::Opportunistic => builder
            .certificate_store(CertificateStore::None)
            .dangerous_accept_invalid_certs(true)
            .dangerous_accept_invalid_hostnames(true),
        RelayTls::Required(None) => builder,
        RelayTls::Required(Some(pem)) => with_roots(builder, pem)?,
    };
    builder.build().map(Some).map_err(|_| RouteError::Roots)
}

fn with_roots(
    builder: TlsParametersBuilder,
    pem: &[u8],
) -> Result<TlsParametersBuilder, RouteError> {
    let mut builder = builder.certificate_store(CertificateStore::None);
    let mut none = true;
    for root in CertificateDer::pem_slice_iter(pem) {
        let root = root.map_err(|_| RouteError::Roots)?;
        let root = Certificate::from_der(root.to_vec()).map_err(|_| RouteError::Roots)?;
        builder = builder.add_root_certificate(root);
        none = false;
    }
    if none {
        Err(RouteError::Roots)
    } else {
        Ok(builder)
    }
}
