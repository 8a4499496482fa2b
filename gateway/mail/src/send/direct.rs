//! Straight to the mail hosts of a letter's own domain, over verified TLS only: by authorities
//! (RFC 5280) for the name of the host, or by the domain's own signed records (DANE, RFC 7672).
//! In both ways the domain's MTA-STS policy (RFC 8461) says which hosts may be asked.
//!
//! The gateway never sends over less, whatever a domain's records ask for, so they can only make
//! its choice of hosts narrower. Whether mail may go to a domain at all is not decided here.

mod dane;
mod dns;
mod hosts;
mod network;
mod policy;
mod sts;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::Clock;
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::Instant;

use self::dns::{Unanswered, plain};
use self::hosts::{Hosts, hosts_of};
use self::sts::Policies;
use super::connection::{Connection, Connector};
use super::evidence::{Evidence, MtaSts, VerifiedBy};
use super::fault::Fault;
use super::secure::{Security, Tls};
use super::{Letter, RouteError, Sent, Why, said_as, tls};
use crate::Address;

pub use self::dns::{Dns, DnsError, DnsRecord, Dnssec, Tlsa};

/// How many hosts are asked for one letter.
const HOSTS: usize = 8;
/// How many addresses of a host are tried.
const ADDRESSES: usize = 4;
/// How often the timeout passes before no further host is asked.
const PATIENCE: u32 = 4;

/// What it takes to reach a domain's own hosts.
#[derive(Debug, Clone)]
pub struct DirectConfig {
    /// Where they are looked up.
    pub dns: Dns,
    /// What the gateway calls itself.
    pub hello: String,
    /// Who vouches for mail hosts and the web hosts of policies (PEM); the system's authorities
    /// where none are given.
    pub authorities: Option<Vec<u8>>,
    /// How long each may take: a connection with its handshake, a policy, a command, the message.
    pub timeout: Duration,
    /// Where hosts listen.
    pub ports: Ports,
    /// By what time policies age.
    pub clock: Clock,
}

/// Where hosts listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// For mail.
    pub mail: u16,
    /// For policies.
    pub web: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { mail: 25, web: 443 }
    }
}

/// The way to every domain's own hosts, and the policies known of them: these are kept in memory
/// only, so after a start each is fetched again.
pub struct Direct {
    dns: Dns,
    hello: ClientId,
    own: String,
    trusting: Arc<ClientConfig>,
    policies: Policies,
    timeout: Duration,
    port: u16,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

/// A host is not the last word: another is asked, and this said if none takes the letter.
struct AskAnother(Sent);

impl Direct {
    pub(super) fn new(config: DirectConfig) -> Result<Self, RouteError> {
        let trusting = tls::trusting(tls::roots(config.authorities.as_deref())?)?;
        Ok(Self {
            hello: said_as(&config.hello)?,
            policies: Policies::new(
                config.dns.clone(),
                trusting.clone(),
                config.ports.web,
                config.clock,
                config.timeout,
            )?,
            dns: config.dns,
            own: config.hello,
            trusting: Arc::new(trusting),
            timeout: config.timeout,
            port: config.ports.mail,
        })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Sent {
        let domain = match one_domain(&letter.to) {
            Ok(domain) => domain,
            Err(status) => {
                let status = Some(status.to_owned());
                return Sent::Refused { status };
            }
        };
        let hosts = match hosts_of(&self.dns, &domain, &self.own, &letter.id).await {
            Ok(hosts) => hosts,
            Err(sent) => return sent,
        };
        let policy = self.policies.of(&domain).await;
        let Hosts { names, secure } = hosts;
        let allowed = names.iter().filter(|host| policy.allows(host));
        let end = Instant::now() + self.timeout * PATIENCE;
        let mut last = later(Why::NotSecure);
        for (nth, host) in allowed.take(HOSTS).enumerate() {
            if nth > 0 && Instant::now() >= end {
                break;
            }
            match self.ask(host, secure, policy.told, letter).await {
                Ok(sent) => return sent,
                Err(AskAnother(sent)) if nth == 0 || weight(&sent) > weight(&last) => last = sent,
                Err(AskAnother(_)) => {}
            }
        }
        last
    }

    /// One host, which takes the letter, refuses it, or is not the last word.
    async fn ask(
        &self,
        host: &str,
        secure: bool,
        mta_sts: MtaSts,
        letter: &Letter,
    ) -> Result<Sent, AskAnother> {
        let unreachable = || AskAnother(later(Why::Unreachable));
        let addresses = self.dns.addresses(host).await;
        let addresses = addresses.map_err(|Unanswered| unreachable())?;
        let proved = secure && addresses.secure;
        let rule = dane::rule_for(&self.dns, host, self.port, proved).await;
        let not_secure = || AskAnother(later(Why::NotSecure));
        let (config, verified_by) = match rule.map_err(|Unanswered| not_secure())? {
            Some(rule) => {
                let config = rule.config().map_err(|_| not_secure())?;
                (Arc::new(config), VerifiedBy::Dane)
            }
            None => (Arc::clone(&self.trusting), VerifiedBy::Pkix),
        };
        let Ok(name @ ServerName::DnsName(_)) = ServerName::try_from(host.to_owned()) else {
            return Err(not_secure());
        };
        let connector = Connector {
            hello: self.hello.clone(),
            security: Security::Required(Tls { config, name }),
            credentials: None,
            timeout: self.timeout,
        };
        let mut connection = self.connect(&connector, &addresses.records).await?;
        let evidence = Evidence {
            host: host.to_owned(),
            tls: connection.tls,
            verified_by,
            mta_sts: Some(mta_sts),
        };
        let mut begun = false;
        let done = connector.deliver(&mut connection, letter, &mut begun).await;
        connection.close().await;
        match done {
            Ok(()) => Ok(Sent::Accepted(Some(evidence))),
            Err(fault) => after(fault, begun),
        }
    }

    /// To the first of a host's addresses that will talk, and is the host.
    async fn connect(
        &self,
        connector: &Connector,
        addresses: &[IpAddr],
    ) -> Result<Connection, AskAnother> {
        let mut last = later(Why::Unreachable);
        for address in addresses.iter().take(ADDRESSES) {
            let dial = TcpStream::connect((*address, self.port));
            match connector.connect(async { dial.await.ok() }).await {
                Ok(connection) => return Ok(connection),
                Err(fault) => {
                    let sent = fault.before_the_letter();
                    if weight(&sent) > weight(&last) {
                        last = sent;
                    }
                }
            }
        }
        Err(AskAnother(last))
    }
}

/// What a host's fault means, with the letter before it.
fn after(fault: Fault, begun: bool) -> Result<Sent, AskAnother> {
    // It may have the letter, and only its answer was lost: no other may have it too.
    let unknown = begun && !fault.is_reply();
    match fault.outcome() {
        sent @ Sent::Later { .. } if !unknown => Err(AskAnother(sent)),
        sent @ (Sent::Accepted(_) | Sent::Later { .. } | Sent::Refused { .. }) => Ok(sent),
    }
}

/// The domain of all of these, or the status that says why there is none.
fn one_domain(to: &[String]) -> Result<String, &'static str> {
    let mut domain: Option<String> = None;
    for address in to {
        let address = Address::parse(address, false).ok_or("5.1.3")?;
        let of = plain(address.domain().ok_or("5.1.3")?);
        match &domain {
            None => domain = Some(of),
            Some(domain) if *domain == of => {}
            // Whoever asks must take letters apart first.
            Some(_) => return Err("5.3.5"),
        }
    }
    domain.ok_or("5.1.3")
}

const fn later(why: Why) -> Sent {
    Sent::Later { status: None, why }
}

/// Of two hosts' answers, the one that says more.
fn weight(sent: &Sent) -> u8 {
    match sent {
        Sent::Accepted(_) | Sent::Refused { .. } => 3,
        Sent::Later { why, .. } => match why {
            Why::Deferred => 2,
            Why::NotSecure | Why::NotSignedIn => 1,
            Why::Unreachable | Why::NotWritten => 0,
        },
    }
}
