use gateway_mail::{DnsRecord, Why};
use jiff::SignedDuration;

use super::host::Host;
use super::world::{DOMAIN, World, later, policy};

const MX: &str = "mx.a.example";
const OTHER: &str = "mx.other.example";

/// A domain with one host.
async fn one_host() -> (World, Host) {
    let mut world = World::new().await;
    world.mx(10, MX);
    let host = world.host(1, MX);
    (world, host)
}

fn with(policy: &str) -> String {
    format!("mta-sts={policy} tls=1.3 by=pkix host=mx.a.example")
}

#[tokio::test]
async fn a_host_that_the_policy_does_not_name_is_not_asked() {
    let mut world = World::new().await;
    world.mx(10, OTHER);
    world.mx(20, MX);
    let other = world.host(1, OTHER);
    let named = world.host(2, MX);
    world.policy("1", &policy("enforce", &["mx.a.example"]));
    assert_eq!(world.told().await, with("enforce"));
    assert_eq!(named.count(), 1);
    assert!(other.heard_nothing());

    world.policy("2", &policy("enforce", &["*.elsewhere.example"]));
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    assert!(other.heard_nothing());
    assert_eq!(named.count(), 1);
}

#[tokio::test]
async fn a_policy_that_is_tried_out_leaves_no_host_out() {
    let (mut world, host) = one_host().await;
    world.policy("1", &policy("testing", &["*.elsewhere.example"]));
    assert_eq!(world.told().await, with("testing"));
    world.policy("2", "version: STSv1\nmode: none\nmax_age: 86400\n");
    assert_eq!(world.told().await, with("none"));
    assert_eq!((host.count(), world.web.asked.get()), (2, 2));
}

#[tokio::test]
async fn without_a_policy_tls_is_verified_all_the_same() {
    let (world, _host) = one_host().await;
    assert_eq!(world.told().await, with("none"));
    assert_eq!(world.web.asked.get(), 0);
}

#[tokio::test]
async fn a_policy_is_fetched_once_while_its_id_stays() {
    let (mut world, _host) = one_host().await;
    world.policy("1", &policy("enforce", &[MX]));
    for _ in 0..3 {
        assert_eq!(world.told().await, with("enforce"));
    }
    assert_eq!(world.web.asked.get(), 1);
    world.policy("2", &policy("testing", &[MX]));
    for _ in 0..3 {
        assert_eq!(world.told().await, with("testing"));
    }
    assert_eq!(world.web.asked.get(), 2);
    assert!(world.clock.advance(SignedDuration::from_hours(25)));
    assert_eq!(world.told().await, with("testing"));
    assert_eq!(
        world.web.asked.get(),
        3,
        "after a day it is looked at again"
    );
}

#[tokio::test]
async fn a_policy_stays_in_force_until_it_ends_whatever_becomes_of_its_hosts() {
    let (mut world, host) = one_host().await;
    world.policy("1", &policy("enforce", &["*.elsewhere.example"]));
    let kept_out = later(None, Why::NotSecure);
    assert_eq!(world.send().await, kept_out);
    world.web.stop().await;
    assert_eq!(world.send().await, kept_out, "the web host is gone");
    assert!(world.clock.advance(SignedDuration::from_hours(25)));
    assert_eq!(world.send().await, kept_out, "and the policy a day old");
    world.policy("2", "");
    assert_eq!(world.send().await, kept_out, "another is announced");
    let place = format!("_mta-sts.{DOMAIN}");
    world.forget(&place);
    assert_eq!(world.send().await, kept_out, "none is announced");
    world.record(&place, DnsRecord::Fails);
    assert_eq!(world.send().await, kept_out, "it cannot be asked");
    assert!(world.clock.advance(SignedDuration::from_hours(7 * 24 - 26)));
    assert_eq!(world.send().await, kept_out, "an hour before its end");
    assert!(host.heard_nothing());
    assert!(world.clock.advance(SignedDuration::from_hours(1)));
    assert_eq!(world.told().await, with("not-fetched"), "at its end");
    world.forget(&place);
    assert_eq!(world.told().await, with("none"));
}

#[tokio::test]
async fn what_is_served_as_a_policy_and_is_none_is_not_fetched() {
    let (mut world, host) = one_host().await;
    let good = policy("enforce", &["*.elsewhere.example"]);
    world.policy("1", "");
    let large = format!("{good}padding: {}\r\n", "x".repeat(64 * 1024));
    let moved = "text/plain\r\nLocation: /elsewhere";
    let answers: [(&str, &str, &[u8]); 8] = [
        ("404 Not Found", "text/plain", good.as_bytes()),
        ("301 Moved Permanently", moved, good.as_bytes()),
        (
            "203 Non-Authoritative Information",
            "text/plain",
            good.as_bytes(),
        ),
        ("200 OK", "text/html", good.as_bytes()),
        ("200 OK", "text/plain", large.as_bytes()),
        (
            "200 OK",
            "text/plain",
            b"version: STSv1\r\nmode: enforce\r\nmax_age: 1\r\n",
        ),
        ("200 OK", "text/plain", b"version: STSv1\xff\r\n"),
        ("200 OK", "text/plain", b""),
    ];
    for (nth, (status, kind, body)) in answers.into_iter().enumerate() {
        world.web.answer(status, kind, body);
        assert!(world.clock.advance(SignedDuration::from_mins(5)));
        assert_eq!(world.told().await, with("not-fetched"), "{nth}");
        assert_eq!(world.web.asked.get(), nth + 1);
        assert_eq!(world.told().await, with("not-fetched"), "{nth}");
        assert_eq!(world.web.asked.get(), nth + 1, "not twice in five minutes");
    }
    assert_eq!(host.count(), 16);
    world.web.serve(&good);
    assert!(world.clock.advance(SignedDuration::from_mins(5)));
    assert_eq!(world.send().await, later(None, Why::NotSecure));
}

#[tokio::test]
async fn a_policy_from_a_web_host_of_another_name_is_not_believed() {
    let (mut world, _host) = one_host().await;
    world.policy("1", &policy("enforce", &["*.elsewhere.example"]));
    let domain = world.authority.vouch(DOMAIN);
    world.web.show(domain.server(rustls::ALL_VERSIONS));
    assert_eq!(world.told().await, with("not-fetched"));
    assert_eq!(world.web.asked.get(), 1);
}
