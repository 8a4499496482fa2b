//! A small world on loopback: an authority, a DNS, mail hosts, and a web host with a policy.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_core::Clock;
use gateway_mail::{
    DirectConfig, Dns, DnsRecord, Letter, Ports, Route, Sent, TlsVersion, VerifiedBy, Why,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpListener;

use super::host::Host;
use super::web::Web;
use crate::support::now;

/// The domain that gets the mail.
pub const DOMAIN: &str = "a.example";

/// A certificate authority of its own.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a name, and the authority's own behind it.
    pub fn vouch(&self, name: &str) -> Identity {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, &self.0).unwrap();
        Identity {
            chain: vec![own.der().clone(), self.0.der().clone()],
            public: rcgen::PublicKeyData::subject_public_key_info(&key),
            key: key.serialize_der(),
        }
    }

    pub fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    pub fn der(&self) -> &CertificateDer<'static> {
        self.0.der()
    }
}

/// What a host shows.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    /// The subject's public key info.
    pub public: Vec<u8>,
    key: Vec<u8>,
}

impl Identity {
    pub fn server(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key);
        Arc::new(config.unwrap())
    }
}

/// All of it.
pub struct World {
    pub authority: Authority,
    pub clock: Clock,
    pub web: Web,
    pub port: u16,
    listeners: Vec<Option<TcpListener>>,
    records: Vec<(String, DnsRecord)>,
    dns: Dns,
    route: Route,
}

impl World {
    /// Nothing is in the DNS yet.
    pub async fn new() -> Self {
        Self::with(false).await
    }

    /// A world whose DNS counts as proved.
    pub async fn proved() -> Self {
        Self::with(true).await
    }

    async fn with(proved: bool) -> Self {
        let authority = Authority::new("The authority");
        let (port, listeners) = ports().await;
        let dns = Dns::fixed([], proved);
        let clock = Clock::manual(now());
        let name = format!("mta-sts.{DOMAIN}");
        let web = Web::start(authority.vouch(&name).server(rustls::ALL_VERSIONS)).await;
        let ports = Ports {
            mail: port,
            web: web.port,
        };
        let route = route(&authority, &clock, ports, dns.clone());
        Self {
            authority,
            clock,
            web,
            port,
            listeners,
            records: Vec::new(),
            dns,
            route,
        }
    }

    pub fn record(&mut self, name: &str, record: DnsRecord) {
        self.records.push((name.to_owned(), record));
        assert!(self.dns.set(self.records.clone()));
    }

    pub fn forget(&mut self, name: &str) {
        self.records.retain(|(of, _)| of != name);
        assert!(self.dns.set(self.records.clone()));
    }

    pub fn mx(&mut self, preference: u16, host: &str) {
        self.record(DOMAIN, DnsRecord::Mx(preference, host.to_owned()));
    }

    /// The domain's policy is announced, and served.
    pub fn policy(&mut self, id: &str, policy: &str) {
        let place = format!("_mta-sts.{DOMAIN}");
        self.forget(&place);
        self.record(&place, DnsRecord::Txt(format!("v=STSv1; id={id};")));
        let web = format!("mta-sts.{DOMAIN}");
        self.forget(&web);
        self.record(&web, address(1));
        self.web.serve(policy);
    }

    /// Nobody listens at the nth place; the name points there.
    pub fn nobody(&mut self, nth: u8, name: &str) {
        self.listener(nth, name);
    }

    /// A host at the nth place, known by this name, that shows a certificate by the authority.
    pub fn host(&mut self, nth: u8, name: &str) -> Host {
        let identity = self.authority.vouch(name);
        self.host_as(nth, name, &identity)
    }

    pub fn host_as(&mut self, nth: u8, name: &str, identity: &Identity) -> Host {
        let listener = self.listener(nth, name);
        Host::start(listener, Some(identity.server(rustls::ALL_VERSIONS)))
    }

    pub fn listener(&mut self, nth: u8, name: &str) -> TcpListener {
        self.record(name, address(nth));
        let place = usize::from(nth) - 1;
        self.listeners[place].take().unwrap()
    }

    /// Another route in the same world, which asks elsewhere.
    pub fn route_by(&self, dns: Dns) -> Route {
        let ports = Ports {
            mail: self.port,
            web: self.web.port,
        };
        route(&self.authority, &self.clock, ports, dns)
    }

    pub async fn send(&self) -> Sent {
        self.route.send(&letter(&["spoc@a.example"])).await
    }

    pub async fn send_to(&self, to: &[&str]) -> Sent {
        self.route.send(&letter(to)).await
    }

    /// What is stored of how the letter went.
    pub async fn told(&self) -> String {
        told(&self.send().await)
    }
}

fn route(authority: &Authority, clock: &Clock, ports: Ports, dns: Dns) -> Route {
    let config = DirectConfig {
        dns,
        hello: "gateway.example".to_owned(),
        authorities: Some(authority.pem()),
        timeout: Duration::from_secs(20),
        ports,
        clock: clock.clone(),
    };
    Route::direct(config).unwrap()
}

/// The same port at each of three places.
async fn ports() -> (u16, Vec<Option<TcpListener>>) {
    loop {
        let first = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = first.local_addr().unwrap().port();
        let second = TcpListener::bind(("127.0.0.2", port)).await;
        let third = TcpListener::bind(("127.0.0.3", port)).await;
        if let (Ok(second), Ok(third)) = (second, third) {
            return (port, vec![Some(first), Some(second), Some(third)]);
        }
    }
}

fn address(nth: u8) -> DnsRecord {
    DnsRecord::Address(IpAddr::from([127, 0, 0, nth]))
}

pub fn letter(to: &[&str]) -> Letter {
    Letter {
        id: "0193-abc".to_owned(),
        envelope_from: Some("bounce@gateway.example".to_owned()),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        bytes: b"Subject: x\r\n\r\n.\r\n..two\r\n\r\nlast\r\n".to_vec(),
    }
}

/// A policy with these hosts.
pub fn policy(mode: &str, hosts: &[&str]) -> String {
    let lines: Vec<String> = hosts.iter().map(|host| format!("mx: {host}\r\n")).collect();
    let hosts = lines.concat();
    format!("version: STSv1\r\nmode: {mode}\r\n{hosts}max_age: 604800\r\n")
}

pub fn told(sent: &Sent) -> String {
    let Sent::Accepted(Some(evidence)) = sent else {
        panic!("{sent:?}");
    };
    assert!(matches!(
        evidence.tls,
        Some(TlsVersion::V1_2 | TlsVersion::V1_3)
    ));
    assert_ne!(evidence.verified_by, VerifiedBy::Nobody);
    evidence.to_string()
}

pub fn later(status: Option<&str>, why: Why) -> Sent {
    Sent::Later {
        status: status.map(str::to_owned),
        why,
    }
}

pub fn refused(status: &str) -> Sent {
    Sent::Refused {
        status: Some(status.to_owned()),
    }
}

/// Counts.
#[derive(Clone, Default)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    pub fn one_more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// What several tasks write, and a test reads.
pub type Shared<T> = Arc<Mutex<T>>;
