//! What the auditor sees: that it was used, by whom, by which rules; never what was said.

use gateway_core::event::EventKind;
use gateway_core::{Category, Role};
use gateway_flow::FlowError;
use gateway_flow::usage::UsageQuery;
use gateway_store::testing::each;

use crate::dossier::{look, note, seen, visitor};
use crate::world::{World, add_person, agency, item, letter, world};

async fn audited(world: &World) -> gateway_flow::Caller {
    add_person(&world.flow, "london-coordination", "auditor", Role::Auditor).await;
    visitor(world, "london-coordination", "auditor").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_sees_every_event_and_looking_is_one() {
    for db in each().await {
        let world = world(db).await;
        let auditor = audited(&world).await;
        let id = note(&world).await;
        let all = world
            .flow
            .usage(&auditor, &UsageQuery::default(), 500)
            .await
            .unwrap();
        assert_eq!(all.events[0].event.kind, EventKind::LogRead);
        let kinds: Vec<EventKind> = all.events.iter().map(|e| e.event.kind).collect();
        for kind in [
            EventKind::ExchangeRecorded,
            EventKind::PersonChanged,
            EventKind::AreaChanged,
        ] {
            assert!(kinds.contains(&kind), "{kind}");
        }
        let person = all.events[0].person().unwrap();
        assert_eq!(all.people[person], "Synthetic auditor");

        let query = UsageQuery {
            kinds: vec![EventKind::ExchangeRecorded],
            agency: Some(agency("met-police")),
            ..UsageQuery::default()
        };
        let shared = world.flow.usage(&auditor, &query, 500).await.unwrap();
        assert_eq!(shared.events.len(), 1, "{}", world.db.name);
        let event = &shared.events[0].event;
        assert_eq!(event.exchange.as_deref(), Some(id.as_str()));
        let by_person = UsageQuery {
            person: Some(person.to_owned()),
            ..UsageQuery::default()
        };
        let theirs = world.flow.usage(&auditor, &by_person, 500).await.unwrap();
        assert!(theirs.events.iter().all(|e| e.person() == Some(person)));
        assert!(theirs.events.len() > 3);

        let detail = world.flow.usage_event(&auditor, &event.id).await.unwrap();
        assert!(
            detail
                .rules
                .iter()
                .any(|hit| hit.rule == "ISP-03" && !hit.title.is_empty())
        );
        let proof = world.flow.usage_proof(&auditor, &event.id).await.unwrap();
        let receipt = gateway_ledger::Receipt::parse(&proof).unwrap();
        receipt.verify(&world.verifier).unwrap();
        let text = format!("{all:?}{detail:?}{proof}");
        for said in ["school gate", "Risk note", "Marlowe", "whoever houses"] {
            assert!(!text.contains(said), "{said}");
        }
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_counted_by_kind_and_by_who_acted() {
    for db in each().await {
        let world = world(db).await;
        let auditor = audited(&world).await;
        note(&world).await;
        note(&world).await;
        let day = jiff::civil::date(2026, 3, 2);
        let counts = world.flow.usage_counts(&auditor, day, day).await.unwrap();
        let shared: Vec<_> = counts
            .iter()
            .filter(|c| c.kind == "exchange-recorded")
            .collect();
        assert_eq!(shared.len(), 1);
        assert_eq!(
            (shared[0].from.as_deref(), shared[0].count),
            (Some("met-police"), 2)
        );
        assert!(counts.iter().any(|c| c.from.is_none()));
        let day = jiff::civil::date(2026, 3, 3);
        let counts = world.flow.usage_counts(&auditor, day, day).await.unwrap();
        assert_eq!(counts, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_reasons_were_given_is_known_and_not_what_they_were() {
    for db in each().await {
        let world = world(db).await;
        let auditor = audited(&world).await;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        seen(&world, &unit, &look()).await;
        let report = item("Report", Category::HealthClin, Some("london-mental-health"));
        let sent = letter()
            .to("london-probation")
            .item(report, "Admitted; on section since Monday.");
        world.send("met-police", None, sent).await;
        world.decide("london-mental-health", "guardian", true).await;
        for kind in [EventKind::RecordRead, EventKind::HoldApproved] {
            let query = UsageQuery {
                kinds: vec![kind],
                ..UsageQuery::default()
            };
            let found = world.flow.usage(&auditor, &query, 1).await.unwrap();
            let id = &found.events[0].event.id;
            let detail = world.flow.usage_event(&auditor, id).await.unwrap();
            assert_eq!(detail.reasons, Some(true), "{kind}");
            assert!(!format!("{detail:?}").contains("needed for the plan"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_how_it_is_used() {
    for db in each().await {
        let world = world(db).await;
        note(&world).await;
        let query = UsageQuery::default();
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let refused = world.flow.usage(&unit, &query, 10).await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        let police = visitor(&world, "met-police", "spoc").await;
        let nothing = world.flow.usage(&police, &query, 10).await;
        assert!(matches!(nothing, Err(FlowError::NotFound)));
        let auditor = audited(&world).await;
        let record = world.flow.nominal(&auditor, &world.nominal).await;
        assert!(
            matches!(record, Err(FlowError::NotFound)),
            "an auditor opens no record"
        );
        let absent = world.flow.usage_event(&auditor, "no-such-event").await;
        assert!(matches!(absent, Err(FlowError::NotFound)));
    }
}
