use gateway_mail::{DnsRecord, Tlsa, Why};
use sha2::{Digest, Sha256, Sha512};

use super::world::{Authority, Identity, World, later};

const MX: &str = "mx.a.example";
const BY_DANE: &str = "mta-sts=none tls=1.3 by=dane host=mx.a.example";
const BY_PKIX: &str = "mta-sts=none tls=1.3 by=pkix host=mx.a.example";

fn tlsa(usage: u8, selector: u8, matching: u8, data: &[u8]) -> Tlsa {
    Tlsa {
        usage,
        selector,
        matching,
        data: data.to_vec(),
    }
}

/// The domain says this of its host's certificate.
fn say(world: &mut World, record: DnsRecord) {
    let place = format!("_{}._tcp.{MX}", world.port);
    world.record(&place, record);
}

fn sha256(part: &[u8]) -> Vec<u8> {
    Sha256::digest(part).to_vec()
}

/// All the ways to name this certificate as the host's own.
fn own(of: &Identity) -> Vec<Tlsa> {
    let (whole, key) = (&of.chain[0], &of.public);
    vec![
        tlsa(3, 0, 0, whole),
        tlsa(3, 0, 1, &sha256(whole)),
        tlsa(3, 0, 2, &Sha512::digest(whole)),
        tlsa(3, 1, 0, key),
        tlsa(3, 1, 1, &sha256(key)),
        tlsa(3, 1, 2, &Sha512::digest(key)),
    ]
}

#[tokio::test]
async fn a_certificate_that_the_domain_proves_needs_no_authority_and_no_name() {
    let stranger = Authority::new("A stranger").vouch("elsewhere.example");
    for record in own(&stranger) {
        let mut world = World::proved().await;
        world.mx(10, MX);
        let host = world.host_as(1, MX, &stranger);
        assert_eq!(world.send().await, later(None, Why::NotSecure));
        say(&mut world, DnsRecord::Tlsa(record.clone()));
        assert_eq!(world.told().await, BY_DANE, "{record:?}");
        assert_eq!(host.count(), 1);
    }
}

#[tokio::test]
async fn a_certificate_that_the_domain_does_not_name_is_not_good_whoever_vouches_for_it() {
    let mut world = World::proved().await;
    world.mx(10, MX);
    let host = world.host(1, MX);
    let stranger = Authority::new("A stranger").vouch(MX);
    for record in own(&stranger) {
        say(&mut world, DnsRecord::Tlsa(record));
    }
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    assert!(host.heard_nothing());
}

#[tokio::test]
async fn an_authority_that_the_domain_proves_vouches_for_the_hosts_name_only() {
    let own = Authority::new("The domain's own");
    let good = own.vouch(MX);
    let other = own.vouch("elsewhere.example");
    let key_of = |der: &[u8]| {
        let certificate = rustls::pki_types::CertificateDer::from(der);
        let parsed = rustls::server::ParsedCertificate::try_from(&certificate).unwrap();
        parsed.subject_public_key_info().to_vec()
    };
    for record in [
        tlsa(2, 0, 1, &sha256(own.der())),
        tlsa(2, 1, 1, &sha256(&key_of(own.der()))),
    ] {
        for (identity, taken) in [(&good, true), (&other, false)] {
            let mut world = World::proved().await;
            world.mx(10, MX);
            let host = world.host_as(1, MX, identity);
            say(&mut world, DnsRecord::Tlsa(record.clone()));
            if taken {
                assert_eq!(world.told().await, BY_DANE);
            } else {
                assert_eq!(world.send().await, later(None, Why::NotSecure));
                assert!(host.heard_nothing());
            }
        }
    }
    // A record for the host's own does not make an authority, nor the other way round.
    let mut world = World::proved().await;
    world.mx(10, MX);
    let _host = world.host_as(1, MX, &good);
    say(
        &mut world,
        DnsRecord::Tlsa(tlsa(2, 0, 1, &sha256(&good.chain[0]))),
    );
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    let mut world = World::proved().await;
    world.mx(10, MX);
    let _host = world.host_as(1, MX, &good);
    say(
        &mut world,
        DnsRecord::Tlsa(tlsa(3, 0, 1, &sha256(own.der()))),
    );
    assert_eq!(world.send().await, later(None, Why::NotSecure));
}

#[tokio::test]
async fn records_that_are_not_proved_or_not_for_mail_change_nothing() {
    let stranger = Authority::new("A stranger").vouch(MX);
    let mut world = World::new().await;
    world.mx(10, MX);
    let host = world.host(1, MX);
    say(&mut world, DnsRecord::Tlsa(own(&stranger).remove(0)));
    assert_eq!(world.told().await, BY_PKIX, "not proved");
    assert_eq!(host.count(), 1);

    let mut world = World::proved().await;
    world.mx(10, MX);
    let _host = world.host_as(1, MX, &stranger);
    let whole = &stranger.chain[0];
    for record in [
        tlsa(0, 0, 0, whole),
        tlsa(1, 0, 1, &sha256(whole)),
        tlsa(255, 0, 0, whole),
        tlsa(3, 2, 0, whole),
        tlsa(3, 0, 3, whole),
        tlsa(3, 0, 1, whole),
        tlsa(3, 0, 0, b""),
    ] {
        say(&mut world, DnsRecord::Tlsa(record));
    }
    assert_eq!(
        world.send().await,
        later(None, Why::NotSecure),
        "not for mail"
    );
    say(&mut world, DnsRecord::Tlsa(own(&stranger).remove(4)));
    assert_eq!(world.told().await, BY_DANE, "one of many is");
}

#[tokio::test]
async fn who_keeps_the_record_from_being_read_gains_nothing() {
    let mut world = World::proved().await;
    world.mx(10, MX);
    let host = world.host(1, MX);
    say(&mut world, DnsRecord::Fails);
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    assert!(host.heard_nothing());
}
