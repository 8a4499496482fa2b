use std::sync::Arc;

use gateway_mail::{DnsRecord, Notify, Why};

use super::host::{Host, listening};
use super::world::{Authority, DOMAIN, World, later, letter, policy, refused, told};

const MX: &str = "mx.a.example";
const SECOND: &str = "second.a.example";

#[tokio::test]
async fn a_letter_goes_to_the_domains_own_host_over_verified_tls() {
    let mut world = World::new().await;
    world.mx(10, MX);
    world.policy("1", &policy("enforce", &["*.a.example"]));
    let host = world.host(1, MX);
    let text = "mta-sts=enforce tls=1.3 by=pkix host=mx.a.example";
    assert_eq!(world.told().await, text);
    let (envelope, bytes) = host.only();
    assert_eq!(bytes, letter(&[]).bytes);
    assert_eq!(envelope.session.encryption.unwrap().version, "TLSv1_3");
    assert_eq!(envelope.session.hello.as_deref(), Some("gateway.example"));
    assert_eq!(envelope.sender.unwrap().as_str(), "bounce@gateway.example");
    assert_eq!(envelope.envelope_id.unwrap().as_str(), "0193-abc");
    let on = Notify::On {
        success: false,
        failure: true,
        delay: true,
    };
    assert_eq!(envelope.recipients[0].notify, on);
}

#[tokio::test]
async fn a_certificate_for_another_name_or_by_another_authority_is_never_accepted() {
    let stranger = Authority::new("The authority");
    for policed in [false, true] {
        let mut world = World::new().await;
        let other = world.authority.vouch("mx.b.example");
        let domains = world.authority.vouch(DOMAIN);
        let unknown = stranger.vouch(MX);
        for (nth, (name, identity)) in [
            ("mx1.a.example", &other),
            ("mx2.a.example", &domains),
            (MX, &unknown),
        ]
        .into_iter()
        .enumerate()
        {
            let mut world = World::new().await;
            if policed {
                world.policy("1", &policy("testing", &["*.a.example"]));
            }
            world.mx(10, name);
            let nth = u8::try_from(nth + 1).unwrap();
            let host = world.host_as(nth, name, identity);
            assert_eq!(world.send().await, later(None, Why::NotSecure), "{name}");
            assert!(host.heard_nothing(), "{name}");
        }
        world.mx(10, MX);
        let host = world.host(1, MX);
        world.told().await;
        assert_eq!(host.count(), 1, "the same with its own is accepted");
    }
}

#[tokio::test]
async fn where_tls_is_not_offered_nothing_of_the_letter_is_said() {
    let mut world = World::new().await;
    world.mx(10, MX);
    let heard = listening(world.listener(1, MX));
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    assert_eq!(*heard.lock().unwrap(), ["EHLO gateway.example"]);
}

#[tokio::test]
async fn what_is_told_is_the_version_that_was_spoken() {
    let mut world = World::new().await;
    world.mx(10, MX);
    let identity = world.authority.vouch(MX);
    let tls = identity.server(&[&rustls::version::TLS12]);
    let host = Host::start(world.listener(1, MX), Some(tls));
    let text = "mta-sts=none tls=1.2 by=pkix host=mx.a.example";
    assert_eq!(world.told().await, text);
    assert_eq!(host.only().0.session.encryption.unwrap().version, "TLSv1_2");
}

#[tokio::test]
async fn a_domain_that_takes_no_mail_or_is_not_there_is_refused() {
    let mut world = World::new().await;
    assert_eq!(world.send().await, refused("5.1.2"), "no such domain");
    world.record(DOMAIN, DnsRecord::Txt("v=spf1 -all".to_owned()));
    assert_eq!(
        world.send().await,
        refused("5.1.2"),
        "neither MX nor address"
    );
    world.mx(0, ".");
    assert_eq!(world.send().await, refused("5.1.10"), "null MX");
    world.record(DOMAIN, DnsRecord::Fails);
    let unanswered = later(Some("4.4.3"), Why::Unreachable);
    assert_eq!(world.send().await, unanswered, "no answer");
}

#[tokio::test]
async fn a_domain_without_mx_takes_its_mail_itself() {
    let mut world = World::new().await;
    let host = world.host(1, DOMAIN);
    let text = "mta-sts=none tls=1.3 by=pkix host=a.example";
    assert_eq!(world.told().await, text);
    assert_eq!(host.count(), 1);
}

#[tokio::test]
async fn the_second_host_has_it_when_the_first_is_down_or_not_secure() {
    for first in ["down", "nowhere", "unanswered", "clear", "another"] {
        let mut world = World::new().await;
        world.mx(10, MX);
        world.mx(20, SECOND);
        let stranger = world.authority.vouch("mx.b.example");
        let _first = match first {
            "down" => {
                world.nobody(1, MX);
                None
            }
            "nowhere" => None,
            "unanswered" => {
                world.record(MX, DnsRecord::Fails);
                None
            }
            "clear" => Some(Host::start(world.listener(1, MX), None)),
            _ => Some(world.host_as(1, MX, &stranger)),
        };
        let second = world.host(2, SECOND);
        let text = "mta-sts=none tls=1.3 by=pkix host=second.a.example";
        assert_eq!(world.told().await, text, "{first}");
        assert_eq!(second.count(), 1, "{first}");
    }
}

#[tokio::test]
async fn the_second_address_of_a_host_is_tried_too() {
    let mut world = World::new().await;
    world.mx(10, MX);
    world.nobody(1, MX);
    let host = world.host(2, MX);
    world.told().await;
    assert_eq!(host.count(), 1);
}

#[tokio::test]
async fn a_host_that_says_later_is_not_the_last_word_and_one_that_refuses_is() {
    let mut world = World::new().await;
    world.mx(10, MX);
    world.mx(20, SECOND);
    let first = world.host(1, MX);
    let second = world.host(2, SECOND);
    for (to, sent, both) in [
        ("later@a.example", later(Some("4.3.0"), Why::Deferred), true),
        ("full@a.example", later(Some("4.3.0"), Why::Deferred), true),
        ("nobody@a.example", refused("5.1.1"), false),
    ] {
        let before = (first.asked.get(), second.asked.get());
        assert_eq!(world.send_to(&[to]).await, sent, "{to}");
        let asked = (first.asked.get() - before.0, second.asked.get() - before.1);
        assert_eq!(asked, (1, usize::from(both)), "{to}");
    }
    assert_eq!((first.count(), second.count()), (0, 0));
}

#[tokio::test]
async fn what_one_host_may_have_no_other_gets() {
    let mut world = World::new().await;
    world.mx(10, MX);
    world.mx(20, SECOND);
    let first = world.host(1, MX);
    let second = world.host(2, SECOND);
    let sent = world.send_to(&["breaks@a.example"]).await;
    assert_eq!(sent, later(None, Why::Unreachable));
    assert_eq!(first.read.get(), 1, "it had the text");
    assert!(second.heard_nothing());
}

#[tokio::test]
async fn the_answer_that_says_most_is_told() {
    let mut world = World::new().await;
    world.mx(10, MX);
    world.mx(20, SECOND);
    let first = Host::start(world.listener(1, MX), None);
    world.nobody(3, MX);
    world.record(SECOND, DnsRecord::Fails);
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    assert!(first.heard_nothing());

    let mut world = World::new().await;
    world.mx(10, MX);
    world.mx(20, SECOND);
    world.mx(30, "third.a.example");
    let _first = world.host(1, MX);
    let second = Host::start(world.listener(2, SECOND), None);
    world.nobody(3, "third.a.example");
    let sent = world.send_to(&["later@a.example"]).await;
    assert_eq!(sent, later(Some("4.3.0"), Why::Deferred));
    assert!(second.heard_nothing());
}

#[tokio::test]
async fn a_letter_is_for_one_domain() {
    let mut world = World::new().await;
    world.mx(10, MX);
    let host = world.host(1, MX);
    for (to, status) in [
        (&["spoc@a.example", "spoc@b.example"][..], "5.3.5"),
        (&["spoc@a.example", "spoc@sub.a.example"], "5.3.5"),
        (&[], "5.1.3"),
        (&["spoc"], "5.1.3"),
        (&["spoc@[127.0.0.1]"], "5.1.3"),
        (&["a b@a.example"], "5.1.3"),
    ] {
        assert_eq!(world.send_to(to).await, refused(status), "{to:?}");
    }
    assert!(host.heard_nothing());
    let both = world.send_to(&["spoc@a.example", "deputy@A.Example"]).await;
    told(&both);
    assert_eq!(host.only().0.recipients.len(), 2);
}

#[tokio::test]
async fn a_name_that_is_an_address_is_no_host() {
    let mut world = World::new().await;
    world.mx(10, "127.0.0.1");
    let identity = Arc::new(world.authority.vouch("127.0.0.1"));
    let host = world.host_as(1, "127.0.0.1", &identity);
    assert_eq!(world.send().await, later(None, Why::NotSecure));
    assert!(host.heard_nothing());
}
