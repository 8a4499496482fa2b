//! Answers proved by DNSSEC, from a zone that another program signs and serves.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use gateway_mail::{Dns, Dnssec, Route, Why};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::host::Host;
use super::world::{Authority, Identity, World, later, letter, refused, told};

const SERVER: &str = include_str!("nameserver.py");
/// Where `scripts/test` puts what it installs with pip.
const PEERS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/peers/python_modules"
);
const MX: &str = "mx.a.example";
const BELOW: &str = "mx.b.example";

/// A name server of another make.
struct NameServer {
    child: Child,
    address: SocketAddr,
    key: String,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is in the DNS: `a.example` in the signed zone, `b.example` in the one that is not.
struct Zones {
    port: u16,
    tlsa: String,
    forged: Vec<String>,
    strip: bool,
}

impl Zones {
    /// Both hosts are said to have this certificate's key.
    fn of(world: &World, certificate: &Identity) -> Self {
        Self {
            port: world.port,
            tlsa: format!("3 1 1 {}", hex(&Sha256::digest(&certificate.public))),
            forged: Vec::new(),
            strip: false,
        }
    }

    fn serve(&self) -> NameServer {
        let Self { port, tlsa, .. } = self;
        let zone = format!(
            ". 300 SOA . . 1 1 1 1 1\n. 300 NS ns.a.example.\nns.a.example. 300 A 127.0.0.1\n\
             a.example. 300 MX 10 {MX}.\n{MX}. 300 A 127.0.0.1\n\
             _{port}._tcp.{MX}. 300 TLSA {tlsa}\nnone.example. 300 MX 0 .\n\
             b.example. 300 NS ns.a.example.\n"
        );
        let below = format!(
            "b.example. 300 SOA . . 1 1 1 1 1\nb.example. 300 NS ns.a.example.\n\
             b.example. 300 MX 10 {BELOW}.\nc.b.example. 300 MX 10 {MX}.\n{BELOW}. 300 A 127.0.0.2\n\
             _{port}._tcp.{BELOW}. 300 TLSA {tlsa}\n"
        );
        let wanted = json!({"zone": zone, "below": below, "below_at": "b.example.",
            "forged": self.forged, "strip": self.strip});
        let mut child = Command::new("python3")
            .args(["-c", SERVER, &wanted.to_string()])
            .env("PYTHONPATH", PEERS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .next()
            .expect("these tests need dnspython and cryptography: run scripts/test")
            .unwrap();
        NameServer {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap())),
            key: lines.next().unwrap().unwrap(),
        }
    }
}

impl NameServer {
    /// A route that asks it, and proves its answers from its own key.
    fn proved(&self, world: &World) -> Route {
        self.route(world, &Dnssec::Keys(self.key.clone()))
    }

    fn route(&self, world: &World, dnssec: &Dnssec) -> Route {
        world.route_by(Dns::servers(&[self.address], dnssec).unwrap())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

/// A host at the place of the signed zone, and one at that of the other.
fn hosts(world: &mut World, signed: &Identity, below: &Identity) -> (Host, Host) {
    (world.host_as(1, MX, signed), world.host_as(2, BELOW, below))
}

#[tokio::test]
async fn what_a_signed_zone_says_of_a_certificate_is_proved() {
    let mut world = World::new().await;
    let own = Authority::new("The domain's own").vouch("elsewhere.example");
    let (host, below) = hosts(&mut world, &own, &own);
    let server = Zones::of(&world, &own).serve();
    let route = server.proved(&world);
    let sent = route.send(&letter(&["spoc@a.example"])).await;
    let text = "mta-sts=none tls=1.3 by=dane host=mx.a.example";
    assert_eq!(told(&sent), text);
    assert_eq!(host.count(), 1);

    for (to, why) in [
        ("spoc@b.example", "nobody signed that"),
        ("spoc@c.b.example", "nor that its mail goes there"),
    ] {
        let sent = route.send(&letter(&[to])).await;
        assert_eq!(sent, later(None, Why::NotSecure), "{why}");
    }
    let unproved = server.route(&world, &Dnssec::Off);
    let sent = unproved.send(&letter(&["spoc@a.example"])).await;
    assert_eq!(sent, later(None, Why::NotSecure), "nobody looked");
    assert!(below.heard_nothing());
    assert_eq!(host.count(), 1);
}

#[tokio::test]
async fn what_an_unsigned_zone_says_of_a_certificate_is_passed_over() {
    let mut world = World::new().await;
    let (signed, unsigned) = (world.authority.vouch(MX), world.authority.vouch(BELOW));
    let (host, below) = hosts(&mut world, &signed, &unsigned);
    let other = Authority::new("Another").vouch(MX);
    let server = Zones::of(&world, &other).serve();
    let route = server.proved(&world);
    let sent = route.send(&letter(&["spoc@b.example"])).await;
    let text = "mta-sts=none tls=1.3 by=pkix host=mx.b.example";
    assert_eq!(told(&sent), text);
    assert_eq!(below.count(), 1);
    let sent = route.send(&letter(&["spoc@a.example"])).await;
    assert_eq!(sent, later(None, Why::NotSecure), "proved, and another's");
    assert!(host.heard_nothing());
}

#[tokio::test]
async fn answers_that_are_not_what_was_signed_lead_nowhere() {
    let mut world = World::new().await;
    let (own, unsigned) = (world.authority.vouch(MX), world.authority.vouch(BELOW));
    let (host, below) = hosts(&mut world, &own, &unsigned);
    let unanswered = || later(Some("4.4.3"), Why::Unreachable);
    let mut zones = Zones::of(&world, &own);
    let to = letter(&["spoc@a.example"]);

    let tlsa = zones.tlsa.replace("3 1 1", "3 0 1");
    zones.forged = vec![format!("_{}._tcp.{MX}. TLSA {tlsa}", zones.port)];
    let sent = zones.serve().proved(&world).send(&to).await;
    assert_eq!(sent, later(None, Why::NotSecure), "another certificate");

    zones.forged = vec![format!("a.example. MX 10 {BELOW}.")];
    let sent = zones.serve().proved(&world).send(&to).await;
    assert_eq!(sent, unanswered(), "another host");

    zones.forged = vec![format!("{MX}. A 127.0.0.2")];
    let sent = zones.serve().proved(&world).send(&to).await;
    assert_eq!(sent, later(None, Why::Unreachable), "another address");

    zones.forged.clear();
    zones.strip = true;
    let sent = zones.serve().proved(&world).send(&to).await;
    assert_eq!(sent, unanswered(), "no signatures");

    zones.strip = false;
    let server = zones.serve();
    let sent = server.route(&world, &Dnssec::Root).send(&to).await;
    assert_eq!(sent, unanswered(), "signed by nobody known");
    assert!(host.heard_nothing() && below.heard_nothing());
    told(&server.proved(&world).send(&to).await);
}

#[tokio::test]
async fn that_there_is_nothing_must_be_proved_too() {
    let world = World::new().await;
    let own = world.authority.vouch(MX);
    let mut zones = Zones::of(&world, &own);
    for (to, strip, sent) in [
        ("spoc@nobody.example", false, refused("5.1.2")),
        ("spoc@none.example", false, refused("5.1.10")),
        ("spoc@nobody.b.example", false, refused("5.1.2")),
        (
            "spoc@nobody.example",
            true,
            later(Some("4.4.3"), Why::Unreachable),
        ),
    ] {
        zones.strip = strip;
        let server = zones.serve();
        let route = server.proved(&world);
        assert_eq!(route.send(&letter(&[to])).await, sent, "{to} {strip}");
    }
}

#[test]
fn keys_that_do_not_read_prove_nothing() {
    let server: SocketAddr = "127.0.0.1:53".parse().unwrap();
    for keys in ["", "a.example. 300 IN A 127.0.0.1", "no key"] {
        let keys = Dnssec::Keys(keys.to_owned());
        assert!(Dns::servers(&[server], &keys).is_err(), "{keys:?}");
    }
}
