//! A nominal's record and timeline as people read them: the reason first, then what is theirs to
//! see, filtered by nothing that they may not know.

use gateway_core::event::EventKind;
use gateway_core::{Category, Channel};
use gateway_flow::dossier::{Dossier, Look};
use gateway_flow::reason::ReadingOf;
use gateway_flow::{Caller, FlowError};
use gateway_store::testing::each;
use jiff::Timestamp;

use crate::world::{World, agency, item, letter, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";

pub fn look() -> Look {
    Look {
        limit: 50,
        ..Look::default()
    }
}

pub async fn visitor(world: &World, at: &str, name: &str) -> Caller {
    Caller {
        channel: Channel::Portal,
        ..world.caller(at, Some(name)).await
    }
}

pub async fn note(world: &World) -> String {
    let sent = letter()
        .to("london-probation")
        .to("southwark-housing")
        .item(item("Risk note", Category::Risk, None), NOTE);
    world.send("met-police", None, sent).await.id.unwrap()
}

/// What somebody sees who gave a reason.
pub async fn seen(world: &World, caller: &Caller, look: &Look) -> Dossier {
    let of = ReadingOf::Nominal(&world.nominal);
    let why = "I prepare the meeting of Thursday";
    world.flow.read_with_reason(caller, of, why).await.unwrap();
    let since = Timestamp::UNIX_EPOCH;
    let dossier = world
        .flow
        .dossier(caller, &world.nominal, look, since)
        .await;
    dossier.unwrap().unwrap()
}

fn kinds(dossier: &Dossier) -> Vec<EventKind> {
    dossier.events.iter().map(|event| event.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_comes_before_the_record_and_is_of_one_sign_in() {
    for db in each().await {
        let world = world(db).await;
        note(&world).await;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let now = world.flow.clock.now();
        let none = world
            .flow
            .dossier(&unit, &world.nominal, &look(), now)
            .await;
        assert!(none.unwrap().is_none(), "no reason, no record");
        let dossier = seen(&world, &unit, &look()).await;
        assert_eq!(dossier.record.name.unwrap().reveal(), "Daniel Marlowe-Test");
        assert!(dossier.sees_all && dossier.coordinator);
        let spoc = dossier.agencies["southwark-housing"].spoc.as_deref();
        assert_eq!(spoc, Some("Synthetic spoc"));
        let read = &dossier.events[0];
        assert_eq!(read.kind, EventKind::RecordRead, "the reading is on it");
        assert!(read.detail.contains_key("reading") && read.detail.contains_key("person"));

        world.at("2026-03-03T09:00:00Z");
        let later = world.flow.clock.now();
        let again = world
            .flow
            .dossier(&unit, &world.nominal, &look(), later)
            .await;
        assert!(again.unwrap().is_none(), "yesterday's reason is no reason");
        let stranger = visitor(&world, "capital-tagging", "spoc").await;
        let nothing = world
            .flow
            .dossier(&stranger, &world.nominal, &look(), now)
            .await;
        assert!(matches!(nothing, Err(FlowError::NotFound)));
        let of = ReadingOf::Nominal(&world.nominal);
        let asked = world.flow.read_with_reason(&stranger, of, "to know").await;
        assert!(matches!(asked, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_is_read_from_the_newest_in_pages_and_by_what_is_asked() {
    for db in each().await {
        let world = world(db).await;
        let first = note(&world).await;
        world.at("2026-03-09T09:00:00Z");
        let second = note(&world).await;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let shared = Look {
            kinds: vec![EventKind::ExchangeRecorded],
            limit: 1,
            ..Look::default()
        };
        let page = seen(&world, &unit, &shared).await;
        assert_eq!(page.events[0].exchange.as_deref(), Some(second.as_str()));
        assert!(page.older && !page.events[0].own_exchange);
        let before = Some(page.events[0].id.clone());
        let rest = seen(
            &world,
            &unit,
            &Look {
                before,
                ..shared.clone()
            },
        )
        .await;
        assert_eq!(rest.events[0].exchange.as_deref(), Some(first.as_str()));
        assert!(!rest.older, "{}", world.db.name);

        let day = Look {
            until: Some(jiff::civil::date(2026, 3, 8)),
            ..look()
        };
        let old = seen(&world, &unit, &day).await;
        assert!(!old.events.is_empty());
        assert!(
            old.events
                .iter()
                .all(|e| e.exchange.as_deref() != Some(&second))
        );
        let day = Look {
            from: Some(jiff::civil::date(2026, 3, 9)),
            ..look()
        };
        let new = seen(&world, &unit, &day).await;
        assert!(
            new.events
                .iter()
                .all(|e| e.exchange.as_deref() != Some(&first))
        );
        let by = Look {
            agency: Some(agency("met-police")),
            kinds: vec![EventKind::RecordRead, EventKind::ExchangeRecorded],
            ..look()
        };
        let police = seen(&world, &unit, &by).await;
        assert_eq!(kinds(&police), [EventKind::ExchangeRecorded; 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_learns_nothing_of_others_by_asking_for_them() {
    for db in each().await {
        let world = world(db).await;
        let id = note(&world).await;
        let housing = visitor(&world, "southwark-housing", "officer").await;
        let own = seen(&world, &housing, &look()).await;
        assert!(!own.sees_all && !own.coordinator);
        let shared = own
            .events
            .iter()
            .find(|e| e.kind == EventKind::ExchangeRecorded);
        let shared = shared.unwrap();
        assert!(shared.own_exchange && shared.rules.is_empty() && shared.detail.is_empty());
        assert_eq!(shared.to, [agency("southwark-housing")]);
        assert_eq!(shared.exchange.as_deref(), Some(id.as_str()));

        // Probation has it too; what housing asks for must not say so.
        let asked = Look {
            agency: Some(agency("london-probation")),
            ..look()
        };
        assert_eq!(seen(&world, &housing, &asked).await.events.len(), 0);
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        assert!(!seen(&world, &unit, &asked).await.events.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_of_an_event_opens_for_those_who_see_all() {
    for db in each().await {
        let world = world(db).await;
        note(&world).await;
        let since = Timestamp::UNIX_EPOCH;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let housing = visitor(&world, "southwark-housing", "officer").await;
        let all = seen(&world, &unit, &look()).await.events;
        let shared = all
            .iter()
            .find(|e| e.kind == EventKind::ExchangeRecorded)
            .unwrap();
        let theirs = all.iter().find(|e| {
            e.kind == EventKind::RecordRead && e.from == Some(agency("london-coordination"))
        });

        let proof = |who: Caller, event: String| {
            let (flow, nominal) = (world.flow.clone(), world.nominal.clone());
            async move { flow.event_proof(&who, &nominal, &event, since).await }
        };
        let whole = proof(unit.clone(), shared.id.clone()).await.unwrap();
        let receipt = gateway_ledger::Receipt::parse(&whole).unwrap();
        receipt.verify(&world.verifier).unwrap();
        let early = proof(housing.clone(), shared.id.clone()).await;
        assert!(matches!(early, Err(FlowError::NotFound)), "no reason yet");
        seen(&world, &housing, &look()).await;
        let closed = proof(housing.clone(), shared.id.clone()).await.unwrap();
        assert!(!closed.contains("extra ") && !closed.contains("probation"));
        let other = proof(housing, theirs.unwrap().id.clone()).await;
        assert!(matches!(other, Err(FlowError::NotFound)));
        let read = &seen(&world, &unit, &look()).await.events;
        let logged = read
            .iter()
            .any(|e| e.detail.get("what").is_some_and(|w| w == "proof"));
        assert!(logged, "that the proof was taken is on the timeline");
    }
}
