//! What an agency wrote itself opens for its own active people alone, once the log says so.

use gateway_core::event::{Event, EventKind};
use gateway_store::rows::*;
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

use super::world::{LOG, World, agency, each};
use crate::witness::{Denied, Reason};
use crate::{MayOpenOwn, OpenOwn, VaultError};

const SENDER: &str = "southwark-housing";

/// Each world, where the housing authority has sent the exchange.
async fn sent() -> Vec<World> {
    let worlds = each().await;
    for world in &worlds {
        world
            .change("e1", |e: &mut ExchangeRow| e.sender = SENDER.to_owned())
            .await;
    }
    worlds
}

fn own(index: u64, person: &str) -> OpenOwn {
    OpenOwn {
        item: "i1".to_owned(),
        person: person.to_owned(),
        log: LOG.to_owned(),
        index,
    }
}

fn event(world: &World, person: &str) -> Event {
    world.event(SENDER, &[("own", "i1"), ("person", person)])
}

/// A person asks, and has logged it.
async fn asks(world: &World, person: &str) -> OpenOwn {
    own(world.leaf(&event(world, person), true).await, person)
}

async fn opens(world: &World, asked: OpenOwn) {
    let key = world.vault.open_own(asked).await.unwrap();
    assert_eq!(
        key.to_text().expose_secret(),
        world.key,
        "{}",
        world.db.name
    );
}

async fn refused(world: &World, asked: OpenOwn, reason: Reason) {
    match world.vault.0.try_own(&asked).await {
        Err(Denied::Because(found)) => assert_eq!(found, reason, "{}", world.db.name),
        other => panic!("{reason:?} expected, {other:?}"),
    }
    assert_eq!(
        world.vault.open_own(asked).await.unwrap_err(),
        VaultError::Refused
    );
}

#[tokio::test]
async fn what_was_sent_opens_for_the_senders_people_whose_reading_is_logged() {
    for world in sent().await {
        opens(&world, asks(&world, "hugh").await).await;
        let absent = OpenOwn {
            item: "i2".to_owned(),
            ..asks(&world, "hugh").await
        };
        refused(&world, absent, Reason::NotThere).await;
        // Of another agency, also one that may read it as a recipient.
        let event = world.event("london-mental-health", &[("own", "i1"), ("person", "tom")]);
        let index = world.leaf(&event, true).await;
        refused(&world, own(index, "tom"), Reason::OtherReading).await;
        let event = self::event(&world, "tom");
        let index = world.leaf(&event, true).await;
        refused(&world, own(index, "tom"), Reason::NotTheirs).await;
        let index = world.leaf(&self::event(&world, "nobody"), true).await;
        refused(&world, own(index, "nobody"), Reason::Person).await;
    }
}

#[tokio::test]
async fn nothing_of_ones_own_opens_without_its_committed_and_fresh_leaf() {
    for world in sent().await {
        refused(&world, own(0, "hugh"), Reason::NotLogged).await;
        let mine = event(&world, "hugh");
        let other_log = OpenOwn {
            log: "log-2".to_owned(),
            ..asks(&world, "hugh").await
        };
        refused(&world, other_log, Reason::NotLogged).await;
        let change = |change: fn(&mut Event)| {
            let mut event = mine.clone();
            change(&mut event);
            event
        };
        for other in [
            change(|e| e.from = Some(agency("met-police"))),
            change(|e| e.kind = EventKind::RecordRead),
            change(|e| e.exchange = Some("e2".into())),
            change(|e| drop(e.detail.insert("own".into(), "i2".into()))),
            change(|e| drop(e.detail.insert("person".into(), "hana".into()))),
            change(|e| drop(e.detail.remove("own"))),
        ] {
            let index = world.leaf(&other, true).await;
            refused(&world, own(index, "hugh"), Reason::OtherReading).await;
        }
        let asked = asks(&world, "hugh").await;
        assert!(world.clock.advance(SignedDuration::from_mins(5)));
        opens(&world, asked.clone()).await;
        assert!(world.clock.advance(SignedDuration::from_micros(1)));
        refused(&world, asked, Reason::Stale).await;
        let now = event(&world, "hugh");
        let uncommitted = world.leaf(&now, false).await;
        refused(&world, own(uncommitted, "hugh"), Reason::NotLogged).await;
    }
}

#[tokio::test]
async fn a_suspended_sender_reads_nothing_of_its_own() {
    for world in sent().await {
        let (hugh, hana) = (asks(&world, "hugh").await, asks(&world, "hana").await);
        world
            .change("hugh", |p: &mut PersonRow| p.state = "suspended".to_owned())
            .await;
        refused(&world, hugh, Reason::Person).await;
        opens(&world, hana.clone()).await;
        let may = MayOpenOwn {
            exchange: "e1".to_owned(),
            person: "hugh".to_owned(),
        };
        assert_eq!(
            world.vault.may_open_own(may).await.unwrap_err(),
            VaultError::Refused
        );
        world
            .change(SENDER, |a: &mut AgencyRow| a.state = "suspended".to_owned())
            .await;
        refused(&world, hana, Reason::Agency).await;
    }
}
