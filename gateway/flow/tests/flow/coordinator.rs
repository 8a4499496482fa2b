//! What the area's coordinator does to its nominals: by role, with reasons, once; and what comes
//! of it for those who read.

use gateway_core::{Category, IdentifierKind, Outcome};
use gateway_flow::admin::{NewNominal, NominalChange};
use gateway_flow::coordinate::Act;
use gateway_flow::timeline::NominalView;
use gateway_flow::{Caller, FlowError};
use gateway_store::rows::NominalActRow;
use gateway_store::testing::each;

use crate::dossier::{look, note, seen, visitor};
use crate::world::{World, agency, identifier, item, letter, outcome, world};

fn act(world: &World) -> Act {
    Act {
        id: world.flow.act_id(),
        reasons: "agreed at the meeting of Monday".to_owned(),
    }
}

async fn coordinator(world: &World) -> Caller {
    visitor(world, "london-coordination", "coordinator").await
}

/// Another person of the area, with other partners.
async fn other(world: &World, name: &str, partners: &[&str]) -> String {
    let new = NewNominal {
        area: "london".to_owned(),
        identifiers: vec![
            identifier(IdentifierKind::Nhs, "9990000018"),
            identifier(IdentifierKind::Dob, "1980-02-01"),
            identifier(IdentifierKind::Name, name),
        ],
        level: 2,
        category: 1,
        lead_agency: Some(agency("london-probation")),
        trust: None,
        partners: partners.iter().map(|id| agency(id)).collect(),
        custody: None,
        gp: None,
    };
    world.flow.add_nominal(new).await.unwrap()
}

fn partner(id: &str) -> NominalChange {
    NominalChange::PartnerBetween {
        agency: agency(id),
        from: None,
        until: Some("2026-06-01T00:00:00Z".parse().unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_added_once_however_often_the_form_is_sent() {
    for db in each().await {
        let world = world(db).await;
        let (unit, act) = (coordinator(&world).await, act(&world));
        let add = || {
            world
                .flow
                .act_on_nominal(&unit, &world.nominal, partner("capital-tagging"), &act)
        };
        let (one, two) = tokio::join!(add(), add());
        one.unwrap();
        two.unwrap();
        add().await.unwrap();
        let tagging = visitor(&world, "capital-tagging", "spoc").await;
        let dossier = seen(&world, &tagging, &look()).await;
        let parts = dossier.record.partners.iter();
        let parts: Vec<_> = parts.filter(|p| p.agency == "capital-tagging").collect();
        assert_eq!(parts.len(), 1, "{}", world.db.name);
        assert!(parts[0].until.is_some());
        let told = dossier
            .events
            .iter()
            .any(|e| e.from == Some(agency("london-coordination")));
        assert!(told, "the new partner sees who made it one");
        let seen = seen(&world, &unit, &look()).await;
        let change = seen
            .events
            .iter()
            .find(|e| e.detail.get("change").is_some_and(|c| c == "partner-added"));
        let change = change.unwrap();
        assert_eq!(change.from, Some(agency("london-coordination")));
        assert_eq!(change.detail["agency"], "capital-tagging");
        assert_eq!(change.detail["person"], unit.person.as_ref().unwrap().id);
        let mut tx = world.flow.store.read().await.unwrap();
        let kept: NominalActRow = tx.get(&act.id).await.unwrap().unwrap();
        assert_eq!(kept.what, "partner-added");
        assert!(
            !kept.reasons.windows(6).any(|w| w == b"agreed"),
            "reasons lie sealed"
        );
        drop(tx);

        let again = Act {
            id: world.flow.act_id(),
            ..act.clone()
        };
        let twice = world
            .flow
            .act_on_nominal(&unit, &world.nominal, partner("capital-tagging"), &again)
            .await;
        assert!(matches!(twice, Err(FlowError::Conflict(_))));
        let end = NominalChange::EndPartner(agency("capital-tagging"));
        world
            .flow
            .act_on_nominal(&unit, &world.nominal, end, &again)
            .await
            .unwrap();
        let gone = world.flow.nominal(&tagging, &world.nominal).await;
        assert!(matches!(gone, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_forms_that_add_one_partner_at_once_one_does() {
    for db in each().await {
        let world = world(db).await;
        let unit = coordinator(&world).await;
        let (one, two) = (act(&world), act(&world));
        let add = |act| {
            let change = partner("capital-tagging");
            let nominal = &world.nominal;
            world.flow.act_on_nominal(&unit, nominal, change, act)
        };
        let (one, two) = tokio::join!(add(&one), add(&two));
        assert!(one.is_ok() != two.is_ok(), "{}", world.db.name);
        let late = one.and(two);
        assert!(matches!(late, Err(FlowError::Conflict(why)) if why.contains("partner already")));
        let record = seen(&world, &unit, &look()).await.record;
        let parts = record.partners.iter();
        assert_eq!(parts.filter(|p| p.agency == "capital-tagging").count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_areas_coordinator_acts_and_never_without_reasons() {
    for db in each().await {
        let world = world(db).await;
        for (at, by) in [
            ("met-police", "spoc"),
            ("london-coordination", "vlo"),
            ("southwark-housing", "officer"),
        ] {
            let caller = visitor(&world, at, by).await;
            let refused = world
                .flow
                .act_on_nominal(
                    &caller,
                    &world.nominal,
                    partner("capital-tagging"),
                    &act(&world),
                )
                .await;
            assert!(
                matches!(refused, Err(FlowError::NotFound | FlowError::Forbidden(_))),
                "{by} of {at}"
            );
        }
        let unit = coordinator(&world).await;
        let bad = |change: NominalChange, reasons: &str| {
            let act = Act {
                id: world.flow.act_id(),
                reasons: reasons.to_owned(),
            };
            let (flow, unit, nominal) = (world.flow.clone(), unit.clone(), world.nominal.clone());
            async move { flow.act_on_nominal(&unit, &nominal, change, &act).await }
        };
        for (change, reasons, pointer) in [
            (partner("capital-tagging"), "  ", "/reasons"),
            (partner("no-such-agency"), "because", "/agency"),
            (
                NominalChange::Lead(agency("hmp-riverside")),
                "because",
                "/lead_agency",
            ),
            (NominalChange::Level(4, String::new()), "because", "/level"),
            (
                NominalChange::Custody(agency("met-police")),
                "because",
                "/agency",
            ),
        ] {
            let refused = bad(change, reasons).await;
            assert!(
                matches!(&refused, Err(FlowError::Invalid(faults)) if faults[0].pointer == pointer),
                "{refused:?}"
            );
        }
        let back = NominalChange::PartnerBetween {
            agency: agency("capital-tagging"),
            from: Some("2026-04-01T00:00:00Z".parse().unwrap()),
            until: Some("2026-03-01T00:00:00Z".parse().unwrap()),
        };
        assert!(matches!(
            bad(back, "because").await,
            Err(FlowError::Invalid(_))
        ));
        bad(
            NominalChange::Level(3, String::new()),
            "he has breached his licence",
        )
        .await
        .unwrap();
        let record = world.flow.nominal(&unit, &world.nominal).await.unwrap();
        assert_eq!(record.level, 3);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_filed_with_the_wrong_person_is_moved_and_its_readers_are_told() {
    for db in each().await {
        let world = world(db).await;
        let id = note(&world).await;
        let right = other(&world, "Simon Otherby-Test", &["met-police"]).await;
        world
            .text("southwark-housing", Some("spoc"), &id, 1)
            .await
            .unwrap();
        let (unit, act) = (coordinator(&world).await, act(&world));
        let moving = || world.flow.move_exchange(&unit, &id, &right, &act);
        let (one, two) = tokio::join!(moving(), moving());
        one.unwrap();
        two.unwrap();

        let moved = world
            .flow
            .exchange_for(&world.caller("met-police", None).await, &id)
            .await
            .unwrap();
        assert_eq!(moved.row.nominal.as_deref(), Some(right.as_str()));
        // What was decided stands, for those too who have no part in the right person's case.
        for at in ["southwark-housing", "london-probation"] {
            world.text(at, Some("spoc"), &id, 1).await.unwrap();
        }
        for at in ["southwark-housing", "london-probation", "met-police"] {
            let caller = world.caller(at, None).await;
            let told = world.flow.notices(&caller, None, 50).await.unwrap();
            assert_eq!(told.iter().filter(|n| n.kind == "moved").count(), 1, "{at}");
        }

        // Its events are on the right person's timeline, and not on the wrong one's.
        let wrong = seen(&world, &unit, &look()).await;
        assert!(
            wrong
                .events
                .iter()
                .all(|e| e.exchange.as_deref() != Some(&id))
        );
        let change = |c: &str| {
            wrong
                .events
                .iter()
                .any(|e| e.detail.get("change").is_some_and(|x| x == c))
        };
        assert!(change("exchange-moved-away"));
        assert!(
            !format!("{:?}", wrong.events).contains(&right),
            "whose the other record is, is not said"
        );
        let events = world.flow.timeline(&unit, &right, None, 100).await.unwrap();
        assert!(
            events
                .iter()
                .any(|e| e.kind == "exchange-recorded" && e.exchange.as_deref() == Some(&id))
        );

        // Back again tells them again; to where it is, is refused.
        let again = Act {
            id: world.flow.act_id(),
            ..act.clone()
        };
        let same = world.flow.move_exchange(&unit, &id, &right, &again).await;
        assert!(matches!(same, Err(FlowError::Invalid(_))));
        world
            .flow
            .move_exchange(&unit, &id, &world.nominal, &again)
            .await
            .unwrap();
        let housing = world.caller("southwark-housing", None).await;
        let told = world.flow.notices(&housing, None, 50).await.unwrap();
        assert_eq!(told.iter().filter(|n| n.kind == "moved").count(), 2);
        world
            .text("southwark-housing", Some("spoc"), &id, 1)
            .await
            .unwrap();
        world.verify().await.unwrap();
    }
}

/// The record that two became has what either knew.
fn has_what_both_had(record: &NominalView, into: &str) {
    assert_eq!(record.reference, into, "the duplicate's reference leads on");
    assert_eq!(record.lead_agency.as_deref(), Some("met-police"));
    assert_eq!(
        record.name.as_ref().unwrap().reveal(),
        "Daniel Marlowe-Test"
    );
    let known: Vec<_> = record
        .identifiers
        .iter()
        .map(|(kind, value)| (*kind, value.reveal().as_str()))
        .collect();
    assert!(known.contains(&(IdentifierKind::Nhs, "9990000018")));
    assert!(known.contains(&(IdentifierKind::Name, "Danny Marlowe-Test")));
    assert_eq!(
        known
            .iter()
            .filter(|(kind, _)| *kind == IdentifierKind::Dob)
            .count(),
        1
    );
    let partner = |at: &str| {
        record
            .partners
            .iter()
            .filter(|p| p.agency == at && p.kind == "partner")
            .count()
    };
    assert_eq!(
        (partner("capital-tagging"), partner("london-probation")),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_records_of_one_person_become_one() {
    for db in each().await {
        let world = world(db).await;
        let twin = other(
            &world,
            "Danny Marlowe-Test",
            &["capital-tagging", "met-police"],
        )
        .await;
        let mut sent = letter().to("met-police").item(
            item("Tag", Category::Risk, None),
            "He cut his tag on Sunday night.",
        );
        sent.said.identifiers.clear();
        sent.said.reference = Some(twin.clone());
        let id = world.send("london-probation", None, sent).await.id.unwrap();
        let (unit, act) = (coordinator(&world).await, act(&world));
        let merging = || {
            world
                .flow
                .merge_nominals(&unit, &twin, &world.nominal, &act)
        };
        let (one, two) = tokio::join!(merging(), merging());
        one.unwrap();
        two.unwrap();
        merging().await.unwrap();

        let record = world.flow.nominal(&unit, &twin).await.unwrap();
        has_what_both_had(&record, &world.nominal);

        // What was sent under either is read under the one, and matched by what either knew.
        world
            .text("met-police", Some("spoc"), &id, 1)
            .await
            .unwrap();
        let events = world
            .flow
            .timeline(&unit, &world.nominal, None, 200)
            .await
            .unwrap();
        assert!(events.iter().any(|e| e.exchange.as_deref() == Some(&id)));
        let mut sent = letter().to("met-police").item(
            item("Tag", Category::Risk, None),
            "He has a new tag since Monday.",
        );
        sent.said.identifiers = vec![
            identifier(IdentifierKind::Nhs, "9990000018"),
            identifier(IdentifierKind::Dob, "1980-02-01"),
        ];
        let answer = world.send("london-probation", None, sent).await;
        assert_eq!(answer.nominal.as_deref(), Some(world.nominal.as_str()));
        assert_eq!(outcome(&answer, "met-police", 1).0, Outcome::Permit);
        let police = world.caller("met-police", None).await;
        let told = world.flow.notices(&police, None, 50).await.unwrap();
        assert_eq!(told.iter().filter(|n| n.kind == "merged").count(), 1);

        // A merged record is nothing to act on by itself, and a third leads through it.
        let third = other(&world, "Daniel Marlow-Test", &[]).await;
        let next = || Act {
            id: world.flow.act_id(),
            ..act.clone()
        };
        let selfsame = world
            .flow
            .merge_nominals(&unit, &twin, &world.nominal, &next())
            .await;
        assert!(matches!(selfsame, Err(FlowError::Invalid(_))));
        world
            .flow
            .merge_nominals(&unit, &world.nominal, &third, &next())
            .await
            .unwrap();
        let events = world.flow.timeline(&unit, &third, None, 500).await.unwrap();
        let merged: Vec<_> = events
            .iter()
            .filter(|e| e.detail.get("change").is_some_and(|c| c == "merged"))
            .collect();
        assert_eq!(merged.len(), 2, "the history of all three is one");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_of_one_act_and_of_one_area() {
    for db in each().await {
        let world = world(db).await;
        let (unit, used) = (coordinator(&world).await, act(&world));
        world
            .flow
            .act_on_nominal(&unit, &world.nominal, NominalChange::Category(2), &used)
            .await
            .unwrap();
        let right = other(&world, "Simon Otherby-Test", &[]).await;
        let reused = world
            .flow
            .act_on_nominal(&unit, &right, NominalChange::Category(2), &used)
            .await;
        assert!(matches!(reused, Err(FlowError::Conflict(_))));
        let odd = Act {
            id: "x".to_owned(),
            ..act(&world)
        };
        let odd = world
            .flow
            .act_on_nominal(&unit, &world.nominal, NominalChange::Category(3), &odd)
            .await;
        assert!(matches!(odd, Err(FlowError::Invalid(_))));
        let id = note(&world).await;
        let nobody = world
            .flow
            .move_exchange(&unit, &id, "nobody", &act(&world))
            .await;
        assert!(
            matches!(nobody, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/nominal")
        );
        let absent = world
            .flow
            .move_exchange(&unit, "nothing", &right, &act(&world))
            .await;
        assert!(matches!(absent, Err(FlowError::NotFound)));
    }
}
