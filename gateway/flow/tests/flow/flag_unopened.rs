//! A hospital flag at a trust that no secure channel reaches: it can be opened there for 14 days
//! (ISP-36). What nobody there opened by then is over; what was opened stands until its review.

use gateway_core::{AgencyKind, Channel, Custody, ExchangeState, Role};
use gateway_flow::admin::NewAgency;
use gateway_flow::flag::FlagState;
use gateway_flow::form::FormSent;
use gateway_store::testing::{TestDb, each};

use crate::dossier::visitor;
use crate::flag::{SETS, flag, to, told, view};
use crate::world::{World, add_person, agency, world};

const FAR: &str = "far-acute";
const UNIT: &str = "london-coordination";

/// A flag at an acute trust at which nobody was enrolled when it was set: the coordinator let it go.
async fn set(db: TestDb) -> (World, String) {
    let world = world(db).await;
    let new = NewAgency {
        id: agency(FAR),
        name: FAR.to_owned(),
        kind: AgencyKind::Health,
        channel: Channel::SecureEmail,
        custody: Custody::Gateway,
        recipient: None,
        email: Some("office@far-acute.example".to_owned()),
        areas: vec!["london".to_owned()],
        overseas: false,
        signed_on: Some("2026-01-05".to_owned()),
        signed_until: Some("2027-12-31".to_owned()),
    };
    world.flow.add_agency(new).await.unwrap();
    let officer = visitor(&world, SETS, "officer").await;
    let sent = FormSent {
        reference: Some(world.nominal.clone()),
        recipients: to(FAR),
        ..FormSent::new("hospital-flag", flag())
    };
    let answer = world.flow.submit_form(officer, sent).await.unwrap();
    assert_eq!(answer.state, ExchangeState::Held, "{:?}", answer.matrix);
    let id = answer.id.unwrap();
    assert_eq!(view(&world, SETS, &id).await.state, FlagState::Waiting);
    for hold in world.holds(UNIT).await {
        let caller = world.caller(UNIT, Some("coordinator")).await;
        let approved = crate::world::judgement(true, "the hospital was rung");
        let decided = world.flow.decide_hold(&caller, &hold.id, approved).await;
        decided.unwrap();
    }
    (world, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_there_opened_is_over_and_whoever_set_it_is_told() {
    for db in each().await {
        let (world, id) = set(db).await;
        let seen = view(&world, SETS, &id).await;
        assert_eq!(seen.state, FlagState::Set);
        assert_eq!(seen.opened, None);
        let until: jiff::Timestamp = "2026-03-16T09:00:00Z".parse().unwrap();
        assert_eq!(seen.opens_until, Some(until.as_microsecond()));
        world.at("2026-03-16T08:59:59Z");
        world.flow.tick().await.unwrap();
        assert_eq!(view(&world, SETS, &id).await.state, FlagState::Set);
        world.at("2026-03-16T09:00:00Z");
        for _ in 0..2 {
            world.flow.tick().await.unwrap();
        }
        let over = view(&world, SETS, &id).await;
        assert_eq!(
            (over.state, over.why.as_deref()),
            (FlagState::Ended, Some("unopened"))
        );
        // Nothing is in the trust's own systems.
        assert_eq!(over.clear_due, None);
        assert_eq!(told(&world, SETS, "spoc").await, ["flag-unopened"]);
        assert_eq!(told(&world, UNIT, "coordinator").await, ["flag-unopened"]);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_there_stands_until_its_review() {
    for db in each().await {
        let (world, id) = set(db).await;
        add_person(&world.flow, FAR, "spoc", Role::Spoc).await;
        world.at("2026-03-10T09:00:00Z");
        world.text(FAR, Some("spoc"), &id, 1).await.unwrap();
        world.at("2026-03-17T09:00:00Z");
        world.flow.tick().await.unwrap();
        let stands = view(&world, SETS, &id).await;
        assert_eq!(stands.state, FlagState::Set);
        let opened: jiff::Timestamp = "2026-03-10T09:00:00Z".parse().unwrap();
        assert_eq!(stands.opened, Some(opened.as_microsecond()));
        assert!(
            stands
                .opens_until
                .is_some_and(|until| until < stands.set + 15 * 86_400_000_000)
        );
        assert!(world.text(FAR, Some("spoc"), &id, 1).await.is_err());
        assert!(told(&world, SETS, "spoc").await.is_empty());
    }
}
