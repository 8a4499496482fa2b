//! What the coordinator sees of her area: how much waits, the lists, and what is kept apart; all
//! of it logged with her reason, and none of it for anybody else.

use gateway_core::event::EventKind;
use gateway_core::{Category, Channel, DeliveryState, IdentifierKind, Role};
use gateway_flow::quarantine::Unproved;
use gateway_flow::reason::{Given, ReadingOf};
use gateway_flow::{Caller, FlowError};
use gateway_store::testing::each;

use crate::reasons::events;
use crate::world::{World, agency, identifier, item, letter, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";
const AT: &str = "london-probation";

async fn coordinator(world: &World) -> Caller {
    world
        .caller("london-coordination", Some("coordinator"))
        .await
}

async fn given(world: &World, of: ReadingOf<'_>) -> Given {
    let caller = coordinator(world).await;
    let given = world.flow.read_with_reason(&caller, of, "the round");
    given.await.unwrap()
}

async fn apart(world: &World, text: &str) -> String {
    let unproved = Unproved {
        channel: Channel::SecureEmail,
        reason: "sender-not-proved",
        claimed: "somebody@elsewhere.example".to_owned().into(),
        agency: None,
        addressed: vec![agency(AT)],
        body: world.flow.take_text(text).unwrap(),
    };
    world.flow.keep_apart(unproved).await.unwrap()
}

/// One of each: released and unread, held, unmatched, kept apart.
async fn one_of_each(world: &World) -> (String, String, String, String) {
    let risk = || item("Risk note", Category::Risk, None);
    let sent = world.send("met-police", None, letter().to(AT).item(risk(), NOTE));
    let sent = sent.await.id.unwrap();
    let clinical = item("Report", Category::HealthClin, Some("london-mental-health"));
    let held = world.send("met-police", None, letter().to(AT).item(clinical, NOTE));
    let held = held.await.id.unwrap();
    let mut unknown = letter().to(AT).item(risk(), NOTE);
    unknown.said.identifiers = vec![
        identifier(IdentifierKind::Name, "Daniel Marlowe-Test"),
        identifier(IdentifierKind::Dob, "1980-02-01"),
    ];
    let unmatched = world.send("met-police", None, unknown).await.id.unwrap();
    (sent, held, unmatched, apart(world, NOTE).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coordinator_sees_how_much_waits_and_each_list_with_her_reason() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let (sent, held, unmatched, apart) = one_of_each(&world).await;
        let caller = coordinator(&world).await;
        let now = flow.overview(&caller).await.unwrap();
        assert_eq!(now.holds.len(), 1);
        assert_eq!(
            (now.holds[0].0.as_str(), now.holds[0].1.number),
            ("caldicott", 1)
        );
        let numbers = [now.quarantine, now.unmatched, now.incomplete, now.unopened];
        assert_eq!(numbers.map(|count| count.number), [1, 1, 1, 0]);
        assert_eq!((now.escalated.number, now.undelivered.number), (0, 0));

        world.at("2026-03-06T09:00:00Z");
        flow.tick().await.unwrap();
        let later = flow.overview(&caller).await.unwrap();
        assert_eq!((later.escalated.number, later.unopened.number), (1, 1));
        let given = given(&world, ReadingOf::Queues).await;
        let late = flow
            .unopened_in_area(&caller, &given, None, 20)
            .await
            .unwrap();
        assert_eq!((late.len(), &late[0].exchange), (1, &sent));
        assert!(late[0].spoc.as_ref().unwrap().contains("spoc"));
        let incomplete = flow
            .incomplete_in_area(&caller, &given, None, 20)
            .await
            .unwrap();
        assert_eq!(incomplete[0].missing, ["/nominal"]);
        let found = flow
            .unmatched(&caller, Some(&given), None, 20)
            .await
            .unwrap();
        assert_eq!(found[0].exchange, unmatched);
        let known = &found[0].candidates[0].identifiers;
        assert!(known.iter().any(|(kind, _)| *kind == IdentifierKind::Pnc));
        let kept = flow
            .quarantine(&caller, Some(&given), None, 20)
            .await
            .unwrap();
        assert_eq!(kept[0].id, apart);
        let holds = flow
            .holds_in_area(&caller, &given, Some(Role::Caldicott), None, 20)
            .await
            .unwrap();
        assert_eq!(holds[0].place.exchange, held);
        let none = flow.holds_in_area(&caller, &given, Some(Role::Chair), None, 20);
        assert!(none.await.unwrap().is_empty());

        let read: Vec<String> = events(&world)
            .await
            .into_iter()
            .filter(|event| event.kind == EventKind::RecordRead)
            .filter(|event| {
                event
                    .detail
                    .get("reading")
                    .is_some_and(|id| id == given.id())
            })
            .map(|event| event.detail["what"].clone())
            .collect();
        assert_eq!(
            read,
            [
                "reason",
                "overdue",
                "incomplete",
                "candidates",
                "quarantine",
                "holds",
                "holds"
            ]
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_held_for_others_she_sees_that_it_is_and_not_what() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        one_of_each(&world).await;
        let caller = coordinator(&world).await;
        let given = given(&world, ReadingOf::Queues).await;
        let holds = flow.holds_in_area(&caller, &given, None, None, 20);
        let holds = holds.await.unwrap();
        assert_eq!((holds.len(), holds[0].yours), (1, false));
        assert!(holds[0].titles.is_empty());
        world.at("2026-03-06T09:00:00Z");
        flow.tick().await.unwrap();
        let holds = flow.holds_in_area(&caller, &given, None, None, 20);
        let holds = holds.await.unwrap();
        assert!(holds[0].yours && holds[0].escalated);
        assert_eq!(holds[0].titles, ["Report"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delivery_is_undelivered_until_it_is_fetched() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let (sent, ..) = one_of_each(&world).await;
        let police = world.caller("met-police", None).await;
        let delivery = flow.exchange_for(&police, &sent).await.unwrap().deliveries;
        flow.carried_to(&delivery[0].id, DeliveryState::Failed, None)
            .await
            .unwrap();
        let caller = coordinator(&world).await;
        let given = given(&world, ReadingOf::Queues).await;
        let failed = flow.undelivered_in_area(&caller, &given, None, 20);
        let failed = failed.await.unwrap();
        assert_eq!((failed.len(), failed[0].recipient.as_str()), (1, AT));
        world.inbox(AT).await;
        let none = flow.undelivered_in_area(&caller, &given, None, 20);
        assert!(none.await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_apart_opens_for_the_coordinator_and_only_so_far() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let long = NOTE.repeat(4_000);
        let (short, large) = (apart(&world, NOTE).await, apart(&world, &long).await);
        let caller = coordinator(&world).await;
        let reason = given(&world, ReadingOf::Quarantined(&short)).await;
        let opened = flow.open_kept_apart(&caller, &reason, &short, 1_000).await;
        assert_eq!(opened.unwrap().as_slice(), NOTE.as_bytes());
        let event = events(&world).await.pop().unwrap();
        assert_eq!(event.detail["quarantine"], short);
        assert_eq!(event.detail["reading"], reason.id());
        let reason = given(&world, ReadingOf::Quarantined(&large)).await;
        let opened = flow.open_kept_apart(&caller, &reason, &large, 1_000).await;
        assert_eq!(opened.unwrap().as_slice(), &long.as_bytes()[..1_000]);
        let absent = flow.open_kept_apart(&caller, &reason, "nothing", 9).await;
        assert!(matches!(absent, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queues_are_for_the_coordinator_alone() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let apart = apart(&world, NOTE).await;
        let given = given(&world, ReadingOf::Queues).await;
        for (at, name, same_unit) in [
            ("london-coordination", "vlo", true),
            ("met-police", "manager", false),
        ] {
            let caller = world.caller(at, Some(name)).await;
            let right = |error: FlowError| match same_unit {
                true => assert!(matches!(error, FlowError::Forbidden(_)), "{error}"),
                false => assert!(matches!(error, FlowError::NotFound), "{error}"),
            };
            right(flow.overview(&caller).await.unwrap_err());
            right(flow.may_see_queues(&caller).await.unwrap_err());
            let refused = flow.holds_in_area(&caller, &given, None, None, 20).await;
            right(refused.unwrap_err());
            let refused = flow.unopened_in_area(&caller, &given, None, 20).await;
            right(refused.unwrap_err());
            let refused = flow.undelivered_in_area(&caller, &given, None, 20).await;
            right(refused.unwrap_err());
            let refused = flow.incomplete_in_area(&caller, &given, None, 20).await;
            right(refused.unwrap_err());
            let refused = flow.quarantined(&caller, &given, &apart).await;
            right(refused.unwrap_err());
            let refused = flow.open_kept_apart(&caller, &given, &apart, 100).await;
            right(refused.unwrap_err());
        }
    }
}
