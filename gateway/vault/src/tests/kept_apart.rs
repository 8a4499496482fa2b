//! What is kept apart opens for the coordinator of its area alone, once the log says so.

use gateway_core::event::{Event, EventKind};
use gateway_seal::wrap;
use gateway_store::rows::*;
use secrecy::ExposeSecret as _;

use super::world::{AREA, LOG, World, each};
use crate::witness::{Denied, Reason};
use crate::{OpenKeptApart, VaultError};

async fn kept(world: &World) {
    let keys = world
        .vault
        .holding_keys(AREA, "quarantine", "gateway", "quarantine")
        .await
        .unwrap();
    let key = world.key.parse().unwrap();
    world
        .save(QuarantineRow {
            id: "q1".to_owned(),
            area: AREA.to_owned(),
            channel: "secure-email".to_owned(),
            reason: "sender-not-proved".to_owned(),
            claimed: vec![],
            agency: None,
            addressed: "[]".to_owned(),
            size: 0,
            body: None,
            blob: None,
            blob_sha256: None,
            hold_wrap: wrap(&key, &keys.hold.recipient).unwrap(),
            state: "kept".to_owned(),
            at: 0,
            updated_by: String::new(),
        })
        .await;
}

fn read(world: &World, from: &str, what: &str, person: &str) -> Event {
    let mut event = world.event(from, &[("quarantine", what), ("person", person)]);
    event.kind = EventKind::RecordRead;
    event.exchange = None;
    event
}

async fn asked(world: &World, event: Event, person: &str) -> OpenKeptApart {
    OpenKeptApart {
        quarantine: "q1".to_owned(),
        person: person.to_owned(),
        log: LOG.to_owned(),
        index: world.leaf(&event, true).await,
    }
}

async fn not_opened(world: &World, asked: OpenKeptApart, reason: Reason) {
    match world.vault.0.try_kept_apart(&asked).await {
        Err(Denied::Because(found)) => assert_eq!(found, reason, "{}", world.db.name),
        other => panic!("{reason:?} expected, {other:?}"),
    }
    assert_eq!(
        world.vault.open_kept_apart(asked).await.unwrap_err(),
        VaultError::Refused
    );
}

#[tokio::test]
async fn it_opens_for_the_areas_coordinator_whose_reading_is_logged() {
    for world in each().await {
        kept(&world).await;
        let event = read(&world, "london-coordination", "q1", "cleo");
        let cleo = asked(&world, event.clone(), "cleo").await;
        let key = world.vault.open_kept_apart(cleo.clone()).await.unwrap();
        assert_eq!(key.to_text().expose_secret(), world.key);

        let absent = OpenKeptApart {
            quarantine: "q2".to_owned(),
            ..cleo.clone()
        };
        not_opened(&world, absent, Reason::NotThere).await;
        let unlogged = OpenKeptApart {
            index: 99,
            ..cleo.clone()
        };
        not_opened(&world, unlogged, Reason::NotLogged).await;
        for other in [
            read(&world, "london-coordination", "q2", "cleo"),
            read(&world, "london-coordination", "q1", "chad"),
            read(&world, "met-police", "q1", "cleo"),
            world.event(
                "london-coordination",
                &[("quarantine", "q1"), ("person", "cleo")],
            ),
        ] {
            let other = asked(&world, other, "cleo").await;
            not_opened(&world, other, Reason::OtherReading).await;
        }
        for (agency, person) in [
            ("london-coordination", "chad"),
            ("london-mental-health", "cora"),
        ] {
            let event = read(&world, agency, "q1", person);
            not_opened(&world, asked(&world, event, person).await, Reason::Role).await;
        }
        let uncommitted = OpenKeptApart {
            index: world.leaf(&event, false).await,
            ..cleo.clone()
        };
        not_opened(&world, uncommitted, Reason::NotLogged).await;
        for (state, reason) in [("suspended", Reason::Person), ("active", Reason::Agency)] {
            world
                .change("cleo", |p: &mut PersonRow| p.state = state.to_owned())
                .await;
            world
                .change("london-coordination", |a: &mut AgencyRow| {
                    a.state = "suspended".to_owned();
                })
                .await;
            not_opened(&world, cleo.clone(), reason).await;
        }
        world
            .change("london-coordination", |a: &mut AgencyRow| {
                a.state = "active".to_owned();
            })
            .await;
        world
            .change("m-london-coordination", |m: &mut MembershipRow| {
                m.until_at = Some(1);
            })
            .await;
        not_opened(&world, cleo.clone(), Reason::Role).await;
        world
            .change("q1", |q: &mut QuarantineRow| {
                q.state = "discarded".to_owned();
            })
            .await;
        not_opened(&world, cleo, Reason::NotThere).await;
    }
}
