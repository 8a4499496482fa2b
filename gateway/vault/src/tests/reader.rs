//! Who may open what, and what the vault wants to see first.

use gateway_core::event::{Event, EventKind};
use gateway_core::{Custody, Outcome};
use gateway_ledger::Salt;
use gateway_seal::{Identity, unwrap, wrap};
use gateway_store::rows::*;
use jiff::{SignedDuration, ToSpan as _};
use secrecy::ExposeSecret as _;

use super::world::{World, agency, ask, each, look};
use crate::witness::{Denied, Reason};
use crate::{MayOpen, OpenForReview, OpenItem, Opened, VaultError};

async fn opens(world: &World, asked: OpenItem) {
    let opened = world.vault.open_item(asked).await.unwrap();
    let Opened::Key(key) = opened else {
        panic!("{opened:?}")
    };
    assert_eq!(
        key.to_text().expose_secret(),
        world.key,
        "{}",
        world.db.name
    );
}

/// Refused for this reason, of which the caller hears nothing.
async fn refused(world: &World, asked: OpenItem, reason: Reason) {
    match world.vault.0.try_open(&asked).await {
        Err(Denied::Because(found)) => assert_eq!(found, reason, "{}", world.db.name),
        other => panic!("{reason:?} expected, {other:?}"),
    }
    assert_eq!(
        world.vault.open_item(asked).await.unwrap_err(),
        VaultError::Refused
    );
}

async fn not_shown(world: &World, asked: OpenForReview, reason: Reason) {
    match world.vault.0.try_review(&asked).await {
        Err(Denied::Because(found)) => assert_eq!(found, reason, "{}", world.db.name),
        other => panic!("{reason:?} expected, {other:?}"),
    }
    assert_eq!(
        world.vault.open_for_review(asked).await.unwrap_err(),
        VaultError::Refused
    );
}

async fn shown(world: &World, asked: OpenForReview) {
    let key = world.vault.open_for_review(asked).await.unwrap();
    assert_eq!(
        key.to_text().expose_secret(),
        world.key,
        "{}",
        world.db.name
    );
}

#[tokio::test]
async fn a_reader_whose_reading_is_in_the_log_gets_the_key() {
    for world in each().await {
        opens(&world, world.asks(None).await).await;
        opens(&world, world.asks(Some("hugh")).await).await;
        opens(&world, world.asks(Some("hana")).await).await;
    }
}

#[tokio::test]
async fn nothing_opens_that_is_not_there_or_is_another_agencys() {
    for world in each().await {
        let asked = world.asks(None).await;
        refused(
            &world,
            OpenItem {
                wrap: "w2".to_owned(),
                ..asked.clone()
            },
            Reason::NotThere,
        )
        .await;
        let other = OpenItem {
            agency: agency("met-police"),
            ..asked
        };
        refused(&world, other, Reason::NotTheirs).await;
    }
}

#[tokio::test]
async fn nothing_opens_without_its_own_committed_and_fresh_leaf() {
    for world in each().await {
        refused(&world, ask(0, None), Reason::NotLogged).await;
        let mine = world.event("southwark-housing", &[("wrap", "w1")]);
        let event = |change: fn(&mut Event)| {
            let mut event = mine.clone();
            change(&mut event);
            event
        };
        for (event, reason) in [
            (
                event(|e| e.from = Some(agency("met-police"))),
                Reason::OtherReading,
            ),
            (event(|e| e.from = None), Reason::OtherReading),
            (event(|e| e.detail.clear()), Reason::OtherReading),
            (
                event(|e| drop(e.detail.insert("wrap".into(), "w2".into()))),
                Reason::OtherReading,
            ),
            (
                event(|e| drop(e.detail.insert("person".into(), "hugh".into()))),
                Reason::OtherReading,
            ),
            (
                event(|e| e.exchange = Some("e2".into())),
                Reason::OtherReading,
            ),
            (event(|e| e.exchange = None), Reason::OtherReading),
            (event(|e| e.area = "kent".into()), Reason::OtherReading),
            (
                event(|e| e.kind = EventKind::RecordRead),
                Reason::OtherReading,
            ),
            (
                event(|e| e.at = "2026-03-02T08:54:59Z".into()),
                Reason::Stale,
            ),
            (
                event(|e| e.at = "2026-03-02T09:01:00Z".into()),
                Reason::Stale,
            ),
            (event(|e| e.at = "yesterday".into()), Reason::LeafChanged),
        ] {
            let index = world.leaf(&event, true).await;
            refused(&world, ask(index, None), reason).await;
        }
        let asked = OpenItem {
            log: "log-2".to_owned(),
            ..world.asks(None).await
        };
        refused(&world, asked, Reason::NotLogged).await;
        let by_nobody = world.leaf(&mine, true).await;
        refused(&world, ask(by_nobody, Some("hugh")), Reason::OtherReading).await;
        let uncommitted = world.leaf(&mine, false).await;
        refused(&world, ask(uncommitted, None), Reason::NotLogged).await;
    }
}

#[tokio::test]
async fn a_leaf_whose_event_is_not_the_one_it_commits_to_opens_nothing() {
    for world in each().await {
        let event = world.event("southwark-housing", &[("wrap", "w1")]);
        let index = world
            .leaf_of(&event, Salt::fresh(), vec![0; 32], true)
            .await;
        refused(&world, ask(index, None), Reason::LeafChanged).await;
    }
}

#[tokio::test]
async fn a_leaf_serves_for_five_minutes() {
    for world in each().await {
        let asked = world.asks(None).await;
        assert!(world.clock.advance(SignedDuration::from_mins(5)));
        opens(&world, asked.clone()).await;
        assert!(world.clock.advance(SignedDuration::from_micros(1)));
        refused(&world, asked, Reason::Stale).await;
    }
}

#[tokio::test]
async fn whether_a_reading_is_permitted_can_be_asked_before_it_is_logged() {
    for world in each().await {
        let asked = MayOpen {
            wrap: "w1".to_owned(),
            agency: agency("southwark-housing"),
            person: Some("hugh".to_owned()),
            in_portal: false,
        };
        let ruling = world.vault.may_open(asked.clone()).await.unwrap();
        assert_eq!(ruling.outcome, Outcome::Permit);
        world
            .change("w1", |w: &mut WrapRow| {
                w.obligations = "[\"VIEW_ONLY\"]".to_owned();
            })
            .await;
        let ruling = world.vault.may_open(asked.clone()).await.unwrap();
        assert_eq!(ruling.outcome, Outcome::Refuse);
        assert_eq!(ruling.rules[0].rule, "VIEW_ONLY");
        for other in [
            MayOpen {
                wrap: "w2".to_owned(),
                ..asked.clone()
            },
            MayOpen {
                agency: agency("met-police"),
                ..asked.clone()
            },
            MayOpen {
                person: Some("tom".to_owned()),
                ..asked
            },
        ] {
            let ruling = world.vault.may_open(other).await;
            assert_eq!(ruling.unwrap_err(), VaultError::Refused);
        }
    }
}

#[tokio::test]
async fn a_suspended_or_foreign_reader_opens_nothing() {
    for world in each().await {
        refused(&world, world.asks(Some("tom")).await, Reason::Person).await;
        refused(&world, world.asks(Some("nobody")).await, Reason::Person).await;
        let asked = world.asks(Some("hugh")).await;
        world
            .change("hugh", |p: &mut PersonRow| p.state = "suspended".to_owned())
            .await;
        refused(&world, asked, Reason::Person).await;
        let asked = world.asks(Some("hana")).await;
        opens(&world, asked.clone()).await;
        world
            .change("southwark-housing", |a: &mut AgencyRow| {
                a.state = "suspended".to_owned();
            })
            .await;
        refused(&world, asked, Reason::Agency).await;
        refused(&world, world.asks(None).await, Reason::Agency).await;
    }
}

#[tokio::test]
async fn what_was_called_back_or_has_run_out_opens_for_nobody() {
    for world in each().await {
        let asked = world.asks(None).await;
        let now = world.clock.now().as_microsecond();
        world
            .change("w1", |w: &mut WrapRow| w.expires_at = Some(now + 1))
            .await;
        opens(&world, asked.clone()).await;
        world
            .change("w1", |w: &mut WrapRow| w.expires_at = Some(now))
            .await;
        refused(&world, asked.clone(), Reason::Protocols).await;
        world
            .change("w1", |w: &mut WrapRow| w.expires_at = None)
            .await;
        opens(&world, asked.clone()).await;
        for (table, state) in [
            ("wrap", "recalled"),
            ("delivery", "recalled"),
            ("exchange", "recalled"),
        ] {
            set_state(&world, table, state).await;
            refused(&world, asked.clone(), Reason::Protocols).await;
            let usual = ["active", "queued", "released"];
            let at = ["wrap", "delivery", "exchange"]
                .iter()
                .position(|t| *t == table)
                .unwrap();
            set_state(&world, table, usual[at]).await;
        }
        opens(&world, asked).await;
    }
}

async fn set_state(world: &World, table: &str, state: &str) {
    let state = state.to_owned();
    match table {
        "wrap" => {
            world
                .change("w1", |row: &mut WrapRow| row.state = state)
                .await;
        }
        "delivery" => {
            world
                .change("d1", |row: &mut DeliveryRow| row.state = state)
                .await;
        }
        _ => {
            world
                .change("e1", |row: &mut ExchangeRow| row.state = state)
                .await;
        }
    }
}

#[tokio::test]
async fn what_is_for_a_named_person_opens_for_that_person_only() {
    for world in each().await {
        world
            .change("w1", |w: &mut WrapRow| {
                w.obligations = "[\"NAMED_RECIPIENT\"]".to_owned();
                w.person = Some("hugh".to_owned());
            })
            .await;
        opens(&world, world.asks(Some("hugh")).await).await;
        refused(&world, world.asks(Some("hana")).await, Reason::Protocols).await;
        refused(&world, world.asks(None).await, Reason::Protocols).await;
        // Nobody was named: the single point of contact.
        world.change("w1", |w: &mut WrapRow| w.person = None).await;
        opens(&world, world.asks(Some("hana")).await).await;
        refused(&world, world.asks(Some("hugh")).await, Reason::Protocols).await;
    }
}

#[tokio::test]
async fn what_is_only_to_be_viewed_opens_in_the_portal_only() {
    for world in each().await {
        world
            .change("w1", |w: &mut WrapRow| {
                w.obligations = "[\"VIEW_ONLY\"]".to_owned();
            })
            .await;
        let asked = world.asks(Some("hugh")).await;
        opens(
            &world,
            OpenItem {
                in_portal: true,
                ..asked.clone()
            },
        )
        .await;
        refused(&world, asked, Reason::Protocols).await;
    }
}

#[tokio::test]
async fn obligations_that_do_not_read_open_nothing() {
    for world in each().await {
        world
            .change("w1", |w: &mut WrapRow| {
                w.obligations = "[\"SECRET\"]".to_owned();
            })
            .await;
        let opened = world.vault.open_item(world.asks(None).await).await;
        assert!(matches!(opened, Err(VaultError::Database(_))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_prison_reads_only_while_it_holds_the_person() {
    for world in each().await {
        let key = world
            .vault
            .reader_keys(&[agency("hmp-thameside")])
            .await
            .unwrap();
        let key = &key[&agency("hmp-thameside")];
        let item: ItemRow = world.get("i1").await;
        let wrap = world.vault.wrap_held(&item, key).await.unwrap();
        world
            .change("w1", |row: &mut WrapRow| {
                row.agency = "hmp-thameside".to_owned();
                row.key_id.clone_from(&key.key_id);
                row.wrap = wrap;
            })
            .await;
        let event = world.event("hmp-thameside", &[("wrap", "w1")]);
        let index = world.leaf(&event, true).await;
        let asked = OpenItem {
            agency: agency("hmp-thameside"),
            ..ask(index, None)
        };
        refused(&world, asked.clone(), Reason::Protocols).await;
        let mut custody = super::world::part("p2", "hmp-thameside", "custody");
        world.save(custody.clone()).await;
        opens(&world, asked.clone()).await;
        custody.until_at = Some(world.clock.now().as_microsecond());
        world.save(custody).await;
        refused(&world, asked, Reason::Protocols).await;
    }
}

#[tokio::test]
async fn a_wrap_for_an_agency_that_holds_its_key_is_handed_over_as_it_is() {
    for world in each().await {
        let theirs = Identity::generate_classic();
        let recipient = theirs.to_recipient().unwrap().to_string();
        let housing = agency("southwark-housing");
        let to = world
            .vault
            .rotate_agency_key(&housing, Some(&recipient))
            .await
            .unwrap();
        let wrap: WrapRow = world.get("w1").await;
        let sealed = world.vault.rewrap(&wrap, &to).await.unwrap();
        world
            .change("w1", |row: &mut WrapRow| {
                row.wrap.clone_from(&sealed);
                row.key_id.clone_from(&to.key_id);
            })
            .await;
        let opened = world.vault.open_item(world.asks(None).await).await.unwrap();
        let Opened::Sealed { wrap } = opened else {
            panic!("{opened:?}")
        };
        assert_eq!(wrap, sealed);
        let key = unwrap(&theirs, &wrap).unwrap();
        assert_eq!(key.to_text().expose_secret(), world.key);
        // And the gateway cannot bring it back.
        let back = world.vault.rotate_agency_key(&housing, None).await.unwrap();
        let row: WrapRow = world.get("w1").await;
        let rewrapped = world.vault.rewrap(&row, &back).await;
        assert_eq!(rewrapped, Err(VaultError::HeldByAgency(to.key_id)));
        let again = world
            .vault
            .add_agency_key(&housing, Custody::Agency, Some(&recipient));
        assert_eq!(again.await, Err(VaultError::KeyExists(housing.to_string())));
    }
}

#[tokio::test]
async fn a_key_of_another_agency_under_a_wrap_opens_nothing() {
    for world in each().await {
        let trust = agency("london-mental-health");
        let keys = world
            .vault
            .reader_keys(std::slice::from_ref(&trust))
            .await
            .unwrap();
        let key = world.key.parse().unwrap();
        let sealed = wrap(&key, &keys[&trust].recipient).unwrap();
        world
            .change("w1", |row: &mut WrapRow| {
                row.key_id.clone_from(&keys[&trust].key_id);
                row.wrap = sealed;
            })
            .await;
        refused(&world, world.asks(None).await, Reason::NotTheirs).await;
    }
}

#[tokio::test]
async fn once_its_retention_key_is_destroyed_an_item_opens_for_nobody() {
    for world in each().await {
        let elsewhere = world.another().await;
        let item: ItemRow = world.get("i1").await;
        let other = world
            .vault
            .holding_keys("london", "n1", "met-police", "case-record")
            .await;
        let other = other.unwrap().retention;
        elsewhere.move_retention(&item, &other).await.unwrap();
        opens(&world, world.asks(None).await).await;

        let whose = ("n1", "london-mental-health", "case-record");
        assert!(
            world
                .vault
                .destroy_retention(whose.0, whose.1, whose.2)
                .await
                .unwrap()
        );
        assert!(
            !world
                .vault
                .destroy_retention(whose.0, whose.1, whose.2)
                .await
                .unwrap()
        );

        refused(&world, world.asks(None).await, Reason::Destroyed).await;
        not_shown(&world, world.looks("cora").await, Reason::Destroyed).await;
        let housing = agency("southwark-housing");
        let to = &world
            .vault
            .reader_keys(std::slice::from_ref(&housing))
            .await
            .unwrap()[&housing];
        let gone = VaultError::Destroyed(item.retention_key.clone());
        assert_eq!(world.vault.wrap_held(&item, to).await, Err(gone.clone()));
        let wrap: WrapRow = world.get("w1").await;
        assert_eq!(world.vault.rewrap(&wrap, to).await, Err(gone.clone()));
        // The other process had the key open.
        assert_eq!(elsewhere.move_retention(&item, &other).await, Err(gone));
        let asked = world.asks(None).await;
        assert_eq!(
            elsewhere.open_item(asked).await.unwrap_err(),
            VaultError::Refused
        );
        let row = world
            .db
            .keys
            .key(&item.retention_key)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((row.secret, row.state.as_str()), (None, "destroyed"));
        // What comes later is kept under a key of its own.
        let fresh = world
            .vault
            .holding_keys("london", whose.0, whose.1, whose.2)
            .await
            .unwrap();
        assert_ne!(fresh.retention.key_id, item.retention_key);
    }
}

#[tokio::test]
async fn a_held_item_is_shown_to_the_role_that_decides_and_to_nobody_else() {
    for world in each().await {
        shown(&world, world.looks("cora").await).await;
        for other in ["tom", "hana", "cleo", "chad"] {
            not_shown(&world, world.looks(other).await, Reason::Role).await;
        }
        let tomorrow = world.clock.now() + 24.hours();
        world
            .change("a-cora", |a: &mut AppointmentRow| {
                a.from_at = tomorrow.as_microsecond();
            })
            .await;
        not_shown(&world, world.looks("cora").await, Reason::Role).await;
    }
}

#[tokio::test]
async fn an_unanswered_hold_is_shown_to_the_coordinator_of_the_area() {
    for world in each().await {
        world
            .change("h1", |h: &mut HoldRow| h.escalated_at = Some(1))
            .await;
        shown(&world, world.looks("cleo").await).await;
        shown(&world, world.looks("cora").await).await;
        not_shown(&world, world.looks("chad").await, Reason::Role).await;
        world
            .save(super::world::agency_row(
                "kent-coordination",
                "coordination",
            ))
            .await;
        world
            .save(super::world::person_row("kay", "kent-coordination"))
            .await;
        let post = super::world::appointment("a-kay", "kay", "kent-coordination", "coordinator");
        world.save(post).await;
        not_shown(&world, world.looks("kay").await, Reason::Role).await;
    }
}

#[tokio::test]
async fn a_hold_of_the_coordination_unit_is_shown_to_its_role_and_its_coordinator() {
    for world in each().await {
        world
            .change("h1", |h: &mut HoldRow| {
                h.agency = "london-coordination".to_owned();
                h.role = "chair".to_owned();
            })
            .await;
        shown(&world, world.looks("chad").await).await;
        shown(&world, world.looks("cleo").await).await;
        not_shown(&world, world.looks("cora").await, Reason::Role).await;
    }
}

#[tokio::test]
async fn a_reviewer_sees_nothing_unlogged_decided_or_while_suspended() {
    for world in each().await {
        not_shown(&world, look(0, "cora"), Reason::NotLogged).await;
        let asked = world.looks("cora").await;
        not_shown(&world, look(asked.index, "tom"), Reason::OtherReading).await;
        let event = world.event(
            "london-mental-health",
            &[("hold", "h2"), ("person", "cora")],
        );
        let index = world.leaf(&event, true).await;
        not_shown(&world, look(index, "cora"), Reason::OtherReading).await;
        let event = world.event("met-police", &[("hold", "h1"), ("person", "cora")]);
        let index = world.leaf(&event, true).await;
        not_shown(&world, look(index, "cora"), Reason::OtherReading).await;

        world
            .change("cora", |p: &mut PersonRow| p.state = "suspended".to_owned())
            .await;
        not_shown(&world, asked.clone(), Reason::Person).await;
        world
            .change("cora", |p: &mut PersonRow| p.state = "active".to_owned())
            .await;
        shown(&world, asked.clone()).await;
        world
            .change("h1", |h: &mut HoldRow| h.state = "approved".to_owned())
            .await;
        not_shown(&world, asked, Reason::HoldClosed).await;
    }
}
