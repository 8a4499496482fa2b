//! Secure email as an installation configures it: the listener, whom it trusts, and how mail
//! leaves.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use gateway_content::clamd::Scanner;
use gateway_core::Clock;
use gateway_flow::Flow;
use gateway_mail::{
    Config, DirectConfig, DkimSigner, Dns, Dnssec, Mode, Network, Ports, RelayConfig, RelayTls,
    Resolver, Route, Server,
};
use gateway_mailroom::{Mailroom, Settings};
use gateway_protocol::Directory;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{files, usage};

/// The demo's own address.
pub const DEMO_ADDRESS: &str = "gateway@gateway.example";
/// How long mail waits for its turn to be opened.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long another domain's host may take for each step.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// The `[mail]` part of a configuration. Paths are from the file's own folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Where it listens.
    pub address: SocketAddr,
    /// `smtp` or `lmtp`.
    #[serde(default)]
    pub protocol: Protocol,
    /// The gateway's own address. Agencies have theirs at its domain.
    pub own_address: String,
    /// Where people sign in, for the links in notices.
    pub portal: String,
    /// The certificate for STARTTLS, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Whether mail is taken over TLS only.
    #[serde(default)]
    pub require_tls: bool,
    /// Relays that may bring others' mail, by address or network: `192.0.2.0/24`.
    #[serde(default)]
    pub trusted_relays: Vec<String>,
    /// Whether others than those may bring mail at all.
    #[serde(default = "yes")]
    pub direct: bool,
    /// Authorities whose S/MIME certificates count, PEM.
    pub authorities: PathBuf,
    /// Their intermediate certificates, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intermediates: Option<PathBuf>,
    /// Lists of revoked certificates, PEM or DER; read again when they change.
    #[serde(default)]
    pub revocation_lists: Vec<PathBuf>,
    /// Whether a certificate without such a list is refused.
    #[serde(default)]
    pub revocation_required: bool,
    /// The `clamd`, where the configuration names none for all that comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clamd: Option<String>,
    /// Mail out goes to this folder, where there is no relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Mail out goes to this relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<Relay>,
    /// Mail out goes straight to the mail hosts of each domain, where there is no relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_delivery: Option<DirectDelivery>,
    /// What mail out is signed with for its domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim: Option<Dkim>,
    /// TXT records to use in place of the DNS: a TOML table of names and texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<PathBuf>,
    /// A directory of mail domains in place of the standard one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// Mebibytes of mail that are opened at the same time.
    #[serde(default = "open_at_once")]
    pub open_at_once: usize,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 5321.
    #[default]
    Smtp,
    /// RFC 2033.
    Lmtp,
}

/// A relay for mail out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS is required; only a relay on this machine may do without.
    #[serde(default = "yes")]
    pub tls: bool,
    /// The authorities of its certificate, PEM; the system's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
    /// The user to sign in as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The file with that user's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PathBuf>,
}

/// Delivery without a relay: over verified TLS, with MTA-STS (RFC 8461) and, where asked for,
/// DANE (RFC 7672).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectDelivery {
    /// The authorities of mail hosts and of MTA-STS policies, PEM; the system's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
    /// Whether the DNS is validated from its root, and DANE used. The name servers must pass
    /// signatures on.
    #[serde(default)]
    pub dane: bool,
    /// The name servers to ask; the system's where there are none.
    #[serde(default)]
    pub name_servers: Vec<SocketAddr>,
    /// The port of mail hosts.
    #[serde(default = "mail_port")]
    pub mail_port: u16,
    /// The port of MTA-STS policies.
    #[serde(default = "policy_port")]
    pub policy_port: u16,
}

const fn mail_port() -> u16 {
    25
}

const fn policy_port() -> u16 {
    443
}

impl DirectDelivery {
    fn route(&self, hello: &str, clock: Clock) -> anyhow::Result<Route> {
        let dnssec = match self.dane {
            true => Dnssec::Root,
            false => Dnssec::Off,
        };
        let dns = match self.name_servers.as_slice() {
            [] => Dns::system(&dnssec)?,
            servers => Dns::servers(servers, &dnssec)?,
        };
        Ok(Route::direct(DirectConfig {
            dns,
            hello: hello.to_owned(),
            authorities: self.authorities.as_deref().map(files::read).transpose()?,
            timeout: ANSWERS_WITHIN,
            ports: Ports {
                mail: self.mail_port,
                web: self.policy_port,
            },
            clock,
        })?)
    }
}

/// A DKIM key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    /// The selector.
    pub selector: String,
    /// The private key, PEM.
    pub key: PathBuf,
}

const fn yes() -> bool {
    true
}

const fn open_at_once() -> usize {
    20
}

impl Relay {
    /// `HOST:PORT`, in clear where it is on this machine.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let wrong = || usage(format!("`{text}` is no relay: give HOST:PORT"));
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let address = host.parse::<std::net::IpAddr>();
        let here = host == "localhost" || address.is_ok_and(|ip| ip.is_loopback());
        Ok(Self {
            host: host.to_owned(),
            port,
            tls: !here,
            authorities: None,
            user: None,
            password: None,
        })
    }

    fn route(&self, hello: &str) -> anyhow::Result<Route> {
        let roots = self.authorities.as_deref().map(files::read).transpose()?;
        let credentials = match (&self.user, &self.password) {
            (Some(user), Some(file)) => {
                let password = files::read_text(file)?.trim().to_owned();
                Some((user.clone(), password.into()))
            }
            _ => None,
        };
        Ok(Route::relay(RelayConfig {
            host: self.host.clone(),
            port: self.port,
            tls: match self.tls {
                true => RelayTls::Required(roots),
                false => RelayTls::None,
            },
            credentials,
            hello: hello.to_owned(),
            timeout: Duration::from_mins(1),
        })?)
    }
}

impl MailConfig {
    /// The mail of a folder with everything in it, as a demo has it.
    pub fn of_folder(dir: &Path, address: SocketAddr, portal: String) -> Self {
        Self {
            address,
            protocol: Protocol::Smtp,
            own_address: DEMO_ADDRESS.to_owned(),
            portal,
            certificate: dir.join("pki/server.pem"),
            key: dir.join("pki/server.key"),
            require_tls: false,
            trusted_relays: vec!["127.0.0.1".to_owned(), "::1".to_owned()],
            direct: true,
            authorities: dir.join("pki/ca.pem"),
            intermediates: None,
            revocation_lists: vec![dir.join("pki/crl.pem")],
            revocation_required: false,
            clamd: None,
            folder: Some(dir.join("mail")),
            relay: None,
            direct_delivery: None,
            dkim: None,
            dns: Some(dir.join("dns.toml")),
            directory: None,
            open_at_once: open_at_once(),
        }
    }

    /// Makes its paths absolute.
    pub fn seen_from(&mut self, folder: &Path) {
        let paths = [&mut self.certificate, &mut self.key, &mut self.authorities];
        let relay = self.relay.as_mut();
        let relay = relay.map(|relay| relay.authorities.iter_mut().chain(&mut relay.password));
        let direct = self.direct_delivery.as_mut();
        let direct = direct.map(|direct| &mut direct.authorities);
        for path in paths
            .into_iter()
            .chain(&mut self.intermediates)
            .chain(&mut self.revocation_lists)
            .chain(&mut self.folder)
            .chain(&mut self.dns)
            .chain(&mut self.directory)
            .chain(self.dkim.as_mut().map(|dkim| &mut dkim.key))
            .chain(direct.into_iter().flatten())
            .chain(relay.into_iter().flatten())
        {
            *path = folder.join(&path);
        }
    }

    /// Which domains are good for what: its own file's, else those that the binary carries.
    pub fn directory(&self) -> anyhow::Result<Directory> {
        let read = match &self.directory {
            Some(own) => Directory::load(&files::read_text(own)?),
            None if self.own_address == DEMO_ADDRESS => Directory::demo(),
            None => Directory::standard(),
        };
        Ok(read?)
    }

    fn domain(&self) -> anyhow::Result<&str> {
        let parts = self.own_address.rsplit_once('@');
        parts.map(|(_, domain)| domain).ok_or_else(|| {
            usage(format!(
                "`own_address = \"{}\"` is no mail address: give one such as `gateway@gateway.example`",
                self.own_address
            ))
        })
    }

    /// The mailroom over a flow.
    pub fn room(&self, flow: &Flow, scanner: Option<Scanner>) -> anyhow::Result<Mailroom> {
        let domain = self.domain()?.to_owned();
        let route = match (&self.relay, &self.direct_delivery, &self.folder) {
            (Some(relay), _, _) => relay.route(&domain)?,
            (None, Some(direct), _) => direct.route(&domain, flow.clock.clone())?,
            (None, None, Some(folder)) => Route::folder(folder)?,
            (None, None, None) => {
                return Err(usage(
                    "mail has nowhere to go: give `relay`, `direct_delivery` or `folder` under `[mail]`",
                ));
            }
        };
        let dkim = match &self.dkim {
            Some(dkim) => Some(DkimSigner::from_pem(
                &files::read(&dkim.key)?,
                &domain,
                &dkim.selector,
            )?),
            None => None,
        };
        let settings = Settings {
            domain,
            address: self.own_address.clone(),
            portal: self.portal.clone(),
            roots: self.authorities.clone(),
            intermediates: self.intermediates.clone(),
            revocation_lists: self.revocation_lists.clone(),
            revocation_required: self.revocation_required,
            scanner,
            route,
            dkim,
            resolver: self.resolver()?,
            open_at_once: self.open_at_once,
            patience: PATIENCE,
        };
        Ok(Mailroom::new(flow.clone(), settings)?)
    }

    fn resolver(&self) -> anyhow::Result<Resolver> {
        let Some(file) = &self.dns else {
            return Ok(Resolver::system()?);
        };
        let records: std::collections::BTreeMap<String, String> = match file.exists() {
            true => toml::from_str(&files::read_text(file)?)
                .with_context(|| format!("`{}` is no table of names and texts", file.display()))?,
            false => std::collections::BTreeMap::new(),
        };
        Ok(Resolver::fixed(records)?)
    }

    /// The listener, served by a mailroom.
    pub fn server(
        &self,
        listener: TcpListener,
        room: Mailroom,
        clock: Clock,
    ) -> anyhow::Result<Server> {
        let tls = gateway_http::server_config(
            &files::read(&self.certificate)?,
            &files::read(&self.key)?,
            None,
        )
        .context("the mail listener's TLS")?;
        let mut tls = rustls::ServerConfig::clone(&tls);
        // Mail programs name no protocol.
        tls.alpn_protocols.clear();
        let mut config = Config::new(self.domain()?, clock);
        config.mode = match self.protocol {
            Protocol::Smtp => Mode::Smtp,
            Protocol::Lmtp => Mode::Lmtp,
        };
        config.tls = Some(Arc::new(tls));
        config.require_tls = self.require_tls;
        config.direct = self.direct;
        for relay in &self.trusted_relays {
            config.relays.push(relay.parse::<Network>()?);
        }
        Ok(Server {
            listener,
            config,
            handler: Arc::new(room),
        })
    }
}
