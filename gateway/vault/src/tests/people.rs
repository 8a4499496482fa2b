//! The parts that agencies and people have in a case, now.

use gateway_core::Role;
use gateway_core::question::Party;
use gateway_store::rows::*;
use jiff::Timestamp;

use super::world::{World, appointment, each, part, person_row, start};
use crate::parties::{in_post, named_reader, party, roles_of};

async fn of(world: &World, agency: &str, now: Timestamp) -> Party {
    let mut tx = world.db.store.read().await.unwrap();
    let agency: AgencyRow = tx.get(agency).await.unwrap().unwrap();
    let nominal: NominalRow = tx.get("n1").await.unwrap().unwrap();
    party(&mut tx, &agency, Some(&nominal), now).await.unwrap()
}

#[tokio::test]
async fn a_part_is_live_from_its_first_moment_until_just_before_its_last() {
    for world in each().await {
        let at = start().as_microsecond();
        for (kind, has) in [
            ("partner", (|p: &Party| p.partner) as fn(&Party) -> bool),
            ("associate", |p| p.associate),
            ("custody", |p| p.custody),
        ] {
            let mut row = part(kind, "hmp-thameside", kind);
            for (from, until, expected) in [
                (at, None, true),
                (at + 1, None, false),
                (at - 9, Some(at + 1), true),
                (at - 9, Some(at), false),
            ] {
                (row.from_at, row.until_at) = (from, until);
                world.save(row.clone()).await;
                let party = of(&world, "hmp-thameside", start()).await;
                assert_eq!(has(&party), expected, "{kind} {from} {until:?}");
                assert_eq!(party.live_part(), expected, "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn the_lead_and_the_areas_unit_have_a_part_and_another_areas_unit_has_none() {
    for world in each().await {
        assert!(of(&world, "met-police", start()).await.lead);
        assert!(of(&world, "london-coordination", start()).await.area_unit);
        assert!(!of(&world, "southwark-housing", start()).await.lead);
        world
            .save(super::world::agency_row(
                "kent-coordination",
                "coordination",
            ))
            .await;
        assert!(!of(&world, "kent-coordination", start()).await.live_part());
        let mut tx = world.db.store.read().await.unwrap();
        let unit: AgencyRow = tx.get("london-coordination").await.unwrap().unwrap();
        assert!(
            !party(&mut tx, &unit, None, start())
                .await
                .unwrap()
                .live_part()
        );
    }
}

#[tokio::test]
async fn an_attendee_is_one_who_came_reported_or_was_invited() {
    for world in each().await {
        world
            .save(MeetingRow {
                id: "mt1".to_owned(),
                nominal: "n1".to_owned(),
                held_on: "2026-02-01".to_owned(),
                level: 2,
                kind: "level-2".to_owned(),
                updated_by: String::new(),
            })
            .await;
        for (manner, attends) in [
            ("attended", true),
            ("report", true),
            ("invited", true),
            ("absent", false),
        ] {
            world
                .save(AttendanceRow {
                    id: "at1".to_owned(),
                    meeting: "mt1".to_owned(),
                    nominal: "n1".to_owned(),
                    agency: "london-mental-health".to_owned(),
                    manner: manner.to_owned(),
                    updated_by: String::new(),
                })
                .await;
            let party = of(&world, "london-mental-health", start()).await;
            assert_eq!(party.attendee, attends, "{manner}");
        }
    }
}

#[tokio::test]
async fn a_signature_holds_on_its_days_by_the_calendar_of_london() {
    for world in each().await {
        let (eve, last) = ("2026-07-30", "2026-07-31");
        for (on, until, signed) in [
            (None, None, false),
            (Some(eve), None, true),
            (Some(eve), Some(last), true),
            (Some(eve), Some(eve), false),
            (Some("2026-08-01"), None, false),
        ] {
            world
                .change("southwark-housing", |row: &mut AgencyRow| {
                    row.signed_on = on.map(str::to_owned);
                    row.signed_until = until.map(str::to_owned);
                })
                .await;
            // Still 30 July in UTC, already the 31st in London.
            let now = "2026-07-30T23:30:00Z".parse().unwrap();
            assert_eq!(
                of(&world, "southwark-housing", now).await.signed,
                signed,
                "{on:?} {until:?}"
            );
        }
        world
            .change("southwark-housing", |row: &mut AgencyRow| {
                row.signed_on = Some("soon".to_owned());
            })
            .await;
        let mut tx = world.db.store.read().await.unwrap();
        let agency: AgencyRow = tx.get("southwark-housing").await.unwrap().unwrap();
        assert!(party(&mut tx, &agency, None, start()).await.is_err());
    }
}

#[tokio::test]
async fn the_holder_acts_then_whoever_deputises_and_nobody_who_is_away_or_suspended() {
    for world in each().await {
        let post = async |role| {
            let mut tx = world.db.store.read().await.unwrap();
            in_post(&mut tx, "southwark-housing", role, start())
                .await
                .unwrap()
        };
        assert_eq!(post(Role::Manager).await, None);
        assert_eq!(post(Role::Spoc).await.as_deref(), Some("hana"));
        for id in ["deb", "dan"] {
            world.save(person_row(id, "southwark-housing")).await;
        }
        world
            .save(appointment(
                "a-deb",
                "deb",
                "southwark-housing",
                "deputy-spoc",
            ))
            .await;
        let mut dan = appointment("a-dan", "dan", "southwark-housing", "spoc");
        dan.deputy = 1;
        world.save(dan).await;
        assert_eq!(post(Role::Spoc).await.as_deref(), Some("hana"));
        away(&world, "hana").await;
        assert_eq!(post(Role::Spoc).await.as_deref(), Some("dan"));
        away(&world, "dan").await;
        assert_eq!(post(Role::Spoc).await.as_deref(), Some("deb"));
        world
            .change("deb", |p: &mut PersonRow| p.state = "suspended".to_owned())
            .await;
        assert_eq!(post(Role::Spoc).await, None);
    }
}

async fn away(world: &World, person: &str) {
    let at = start().as_microsecond();
    let row = AbsenceRow {
        id: format!("away-{person}"),
        person: person.to_owned(),
        from_at: at,
        until_at: at + 1,
        updated_by: String::new(),
    };
    world.save(row).await;
}

#[tokio::test]
async fn a_named_reader_is_the_person_named_else_the_contact_in_post() {
    for world in each().await {
        let mut tx = world.db.store.read().await.unwrap();
        let named = named_reader(&mut tx, "southwark-housing", Some("hugh"), start()).await;
        assert_eq!(named.unwrap().as_deref(), Some("hugh"));
        let contact = named_reader(&mut tx, "southwark-housing", None, start()).await;
        assert_eq!(contact.unwrap().as_deref(), Some("hana"));
        let nobody = named_reader(&mut tx, "met-police", None, start()).await;
        assert_eq!(nobody.unwrap(), None);
    }
}

#[tokio::test]
async fn roles_are_those_held_now() {
    for world in each().await {
        let mut ended = appointment("a-h2", "hana", "southwark-housing", "manager");
        ended.until_at = Some(start().as_microsecond());
        world.save(ended).await;
        world
            .save(appointment("a-h3", "hana", "southwark-housing", "dpo"))
            .await;
        let mut tx = world.db.store.read().await.unwrap();
        let roles = roles_of(&mut tx, "hana", start()).await.unwrap();
        assert_eq!(
            roles.into_iter().collect::<Vec<_>>(),
            [Role::Spoc, Role::Dpo]
        );
        assert!(
            roles_of(&mut tx, "nobody", start())
                .await
                .unwrap()
                .is_empty()
        );
    }
}
