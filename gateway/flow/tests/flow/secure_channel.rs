//! ISP-36: an agency that nothing reaches by a secure channel gets what it may have for one
//! person there, and for 14 days.

use gateway_core::{
    AgencyKind, Category, Channel, Custody, DeliveryState, Obligation, Outcome, Role,
};
use gateway_flow::FlowError;
use gateway_flow::admin::{AgencyChange, NewAgency, NominalChange};
use gateway_store::testing::each;

use crate::world::{World, add_person, agency, item, letter, outcome, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";
const TERMS: [Obligation; 2] = [Obligation::Expire(14), Obligation::NamedRecipient];

/// A probation service that is a partner, at which nobody is enrolled.
async fn partner(world: &World, id: &str, channel: Channel, email: Option<&str>) {
    let new = NewAgency {
        id: agency(id),
        name: id.to_owned(),
        kind: AgencyKind::Probation,
        channel,
        custody: Custody::Gateway,
        recipient: None,
        email: email.map(str::to_owned),
        areas: vec!["london".to_owned()],
        overseas: false,
        signed_on: Some("2026-01-05".to_owned()),
        signed_until: Some("2027-12-31".to_owned()),
    };
    world.flow.add_agency(new).await.unwrap();
    world.change(NominalChange::AddPartner(agency(id))).await;
}

async fn send(world: &World, to: &str) -> gateway_flow::Answer {
    let sent = letter()
        .to(to)
        .item(item("Risk note", Category::Risk, None), NOTE);
    world.send("met-police", None, sent).await
}

/// Whether what is sent to an agency goes on no terms; where it does not, nobody is in post there
/// to pick it up, and the coordinator decides.
async fn goes_freely(world: &World, to: &str) -> bool {
    let answer = send(world, to).await;
    let asked = world.flow.question_of(answer.id.as_ref().unwrap()).await;
    let secure = asked.unwrap()[0].1.recipient.secure_channel;
    let expected = if secure {
        (Outcome::Permit, vec!["ISP-03".to_owned()])
    } else {
        (Outcome::Hold, vec!["SPOC".to_owned()])
    };
    assert_eq!(outcome(&answer, to, 1), expected, "{to}");
    let obliges = &answer.matrix[0].obligations;
    assert!(!TERMS.iter().any(|terms| obliges.contains(terms)), "{to}");
    secure
}

fn words(refused: Result<String, FlowError>) -> String {
    match refused {
        Err(FlowError::Forbidden(words)) => words,
        other => panic!("not forbidden: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_secure_channel_carries_waits_14_days_for_one_person_who_is_known() {
    for db in each().await {
        let world = world(db).await;
        let at = "kent-probation";
        let email = Some("office@kent-probation.example");
        partner(&world, at, Channel::SecureEmail, email).await;
        assert!(!goes_freely(&world, at).await);
        let decided = world
            .decide("london-coordination", "coordinator", true)
            .await;
        let cell = &decided.decisions[0];
        assert_eq!(cell.outcome, Outcome::Permit);
        for obligation in TERMS {
            assert!(cell.obligations.contains(&obligation), "{obligation}");
        }
        let hit = cell.rules.iter().find(|hit| hit.rule == "ISP-36").unwrap();
        assert!(hit.title.contains("no secure channel"));
        assert!(hit.basis.contains("report 4.10, 5.30"));

        let delivery = world.inbox(at).await.remove(0);
        let id = delivery.exchange.clone();
        add_person(&world.flow, at, "officer", Role::Practitioner).await;
        add_person(&world.flow, at, "spoc", Role::Spoc).await;
        for by in [None, Some("officer")] {
            assert!(words(world.text(at, by, &id, 1).await).contains("one named person"));
        }
        assert_eq!(world.text(at, Some("spoc"), &id, 1).await.unwrap(), NOTE);
        // What runs out is named apart as its end comes near, and no longer once it has.
        let spoc = world.caller(at, Some("spoc")).await;
        let week = jiff::SignedDuration::from_hours(7 * 24);
        assert!(world.flow.inbox_due(&spoc, week).await.unwrap().is_empty());
        world.at("2026-03-10T09:00:00Z");
        let due = world.flow.inbox_due(&spoc, week).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].exchange, id);
        world.at("2026-03-16T08:59:59Z");
        world.text(at, Some("spoc"), &id, 1).await.unwrap();
        world.at("2026-03-16T09:00:00Z");
        assert!(words(world.text(at, Some("spoc"), &id, 1).await).contains("time"));
        world.flow.tick().await.unwrap();
        assert!(world.inbox(at).await.is_empty());
        let police = world.caller("met-police", None).await;
        let seen = world.flow.exchange_for(&police, &id).await.unwrap();
        assert_eq!(seen.deliveries[0].state, DeliveryState::Expired.as_str());
        // Somebody has an account there now, so nothing more is asked.
        assert!(goes_freely(&world, at).await);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_good_by_the_directory_of_the_day() {
    for db in each().await {
        let world = world(db).await;
        for (id, email, good) in [
            ("listed", Some("office@justice.gov.uk"), true),
            ("old-name", Some("office@kent.pnn.police.uk"), true),
            ("retired", Some("office@hmps.gsi.gov.uk"), false),
            ("portal-only", Some("office@trust.nhs.uk"), false),
            ("unlisted", Some("office@justice.gov.uk.example"), false),
            ("nowhere", None, false),
        ] {
            partner(&world, id, Channel::SecureEmail, email).await;
            assert_eq!(goes_freely(&world, id).await, good, "{id}");
        }
        // The row's last day, by the calendar of London, and the day after.
        world.at("2027-03-31T22:59:59Z");
        assert!(goes_freely(&world, "listed").await);
        world.at("2027-03-31T23:00:00Z");
        assert!(!goes_freely(&world, "listed").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_calls_is_secure_and_a_portal_is_where_somebody_has_an_account() {
    for db in each().await {
        let world = world(db).await;
        let email = Some("office@justice.gov.uk");
        let at = "kent-probation";
        partner(&world, at, Channel::Portal, email).await;
        // Its address gets notices only: that its domain is good changes nothing.
        assert!(!goes_freely(&world, at).await);
        add_person(&world.flow, at, "officer", Role::Practitioner).await;
        assert!(goes_freely(&world, at).await);
        let officer = "officer@kent-probation.example";
        world.flow.suspend_person(officer, true).await.unwrap();
        assert!(!goes_freely(&world, at).await);
        for channel in [Channel::Api, Channel::Mesh] {
            let change = AgencyChange::Channel(channel);
            world.flow.change_agency(at, change).await.unwrap();
            assert!(goes_freely(&world, at).await, "{channel}");
        }
    }
}
