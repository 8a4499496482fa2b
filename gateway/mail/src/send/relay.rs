//! A relay, and the connections to it that are used again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::Instant;

use super::connection::{Connection, Connector};
use super::evidence::{Evidence, TlsVersion, VerifiedBy};
use super::fault::Fault;
use super::secure::{Security, Tls};
use super::{Letter, RelayConfig, RelayTls, RouteError, Sent, is_here, said_as, tls};

/// How many idle connections are kept.
const IDLE: usize = 4;
/// How long a connection may rest before it is not used again.
const REST: Duration = Duration::from_secs(20);

/// A relay whose settings were checked, and a few idle connections to it.
pub struct Relay {
    config: RelayConfig,
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
    pub(super) fn new(mut relay: RelayConfig) -> Result<Self, RouteError> {
        if relay.tls == RelayTls::None && !is_here(&relay.host) {
            return Err(RouteError::ClearOverNetwork(relay.host));
        }
        let required = matches!(relay.tls, RelayTls::Required(_));
        if relay.credentials.is_some() && !required {
            return Err(RouteError::CredentialsInClear(relay.host));
        }
        let connector = Connector {
            hello: said_as(&relay.hello)?,
            security: security(&relay)?,
            credentials: relay.credentials.take(),
            timeout: relay.timeout,
        };
        Ok(Self {
            config: relay,
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
                Ok(tls) => return self.accepted(tls),
                // The relay may have closed it while it rested.
                Err(Fault::Smtp(error)) if !begun && error.status().is_none_or(is_goodbye) => {}
                Err(fault) => return fault.outcome(),
            }
        }
        let fresh = match self.connector.connect(dial(&self.config)).await {
            Ok(fresh) => fresh,
            Err(fault) => return fault.before_the_letter(),
        };
        match self.deliver(fresh, letter, &mut false).await {
            Ok(tls) => self.accepted(tls),
            Err(fault) => fault.outcome(),
        }
    }

    async fn deliver(
        &self,
        mut connection: Connection,
        letter: &Letter,
        begun: &mut bool,
    ) -> Result<Option<TlsVersion>, Fault> {
        let tls = connection.tls;
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
        done.map(|()| tls)
    }

    fn accepted(&self, tls: Option<TlsVersion>) -> Sent {
        Sent::Accepted(Some(Evidence {
            host: self.config.host.clone(),
            tls,
            verified_by: match self.connector.security {
                Security::Required(_) => VerifiedBy::Pkix,
                Security::Opportunistic(_) | Security::Clear => VerifiedBy::Nobody,
            },
            mta_sts: None,
        }))
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

/// Whether TLS is spoken with it, and what its certificate is held against.
fn security(relay: &RelayConfig) -> Result<Security, RouteError> {
    let with = |config| {
        let name = ServerName::try_from(relay.host.clone());
        Ok(Tls {
            config: Arc::new(config),
            name: name.map_err(|_| RouteError::Host(relay.host.clone()))?,
        })
    };
    Ok(match &relay.tls {
        RelayTls::None => Security::Clear,
        RelayTls::Opportunistic => Security::Opportunistic(with(tls::judged_by(tls::Anybody)?)?),
        RelayTls::Required(pem) => {
            let roots = tls::roots(pem.as_deref())?;
            Security::Required(with(tls::trusting(roots)?)?)
        }
    })
}

async fn dial(relay: &RelayConfig) -> Option<TcpStream> {
    let found = lookup_host((relay.host.as_str(), relay.port)).await;
    let clear = relay.tls == RelayTls::None;
    // Wherever `localhost` points to: what goes in clear stays on this machine.
    for address in found.ok()?.filter(|to| !clear || to.ip().is_loopback()) {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Some(stream);
        }
    }
    None
}
