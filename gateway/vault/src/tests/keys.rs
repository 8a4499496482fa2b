//! Keys at rest: they survive, they are made once, they are rotated.

use std::sync::Arc;

use gateway_core::Custody;
use gateway_protocol::Protocols;
use gateway_seal::{Identity, MasterKey, Place, unwrap, wrap};
use gateway_store::KeyStore;
use gateway_store::rows::*;
use secrecy::ExposeSecret as _;

use super::world::{AREA, agency, each};
use crate::{OpenItem, Opened, Request, Response, Vault, VaultError};

const PLACE: Place<'static> = Place {
    area: AREA,
    table: "item",
    row: "i1",
    column: "title",
};

#[tokio::test]
async fn keys_survive_the_vault_that_made_them() {
    for world in each().await {
        let sealed = world.vault.seal_column(&PLACE, b"Risk note").await.unwrap();
        let index = world
            .vault
            .blind(AREA, "person.email", "a@b.example")
            .await
            .unwrap();
        let print = world.vault.fingerprint(AREA, &[7; 32]).await.unwrap();
        let line = world
            .vault
            .begin_log("log-9", "gateway.example/ledger")
            .await
            .unwrap();
        let asked = world.asks(None).await;

        let keys = KeyStore::open(&world.db.keys_url).await.unwrap();
        let protocols = Arc::new(Protocols::embedded().unwrap());
        let master = world.master_text.parse().unwrap();
        let store = world.db.store.clone();
        let vault = Vault::open(keys, store, protocols, master, world.clock.clone())
            .await
            .unwrap();

        vault.ensure_area(AREA).await.unwrap();
        assert_eq!(
            vault.open_column(&PLACE, &sealed).await.unwrap().as_slice(),
            b"Risk note"
        );
        assert_eq!(
            vault
                .blind(AREA, "person.email", "a@b.example")
                .await
                .unwrap(),
            index
        );
        assert_eq!(vault.fingerprint(AREA, &[7; 32]).await.unwrap(), print);
        assert_eq!(vault.verifier_key("log-9").await.unwrap(), line);
        assert_eq!(
            vault
                .begin_log("log-9", "gateway.example/ledger")
                .await
                .unwrap(),
            line
        );
        let opened = vault.open_item(asked).await.unwrap();
        let Opened::Key(key) = opened else {
            panic!("{opened:?}")
        };
        assert_eq!(key.to_text().expose_secret(), world.key);
    }
}

#[tokio::test]
async fn another_master_key_is_said_to_be_one_at_once() {
    for world in each().await {
        let protocols = Arc::new(Protocols::embedded().unwrap());
        let (keys, store) = (world.db.keys.clone(), world.db.store.clone());
        let master = MasterKey::generate();
        let opened = Vault::open(keys, store, protocols, master, world.clock.clone()).await;
        let error = opened.unwrap_err();
        assert_eq!(error, VaultError::WrongMasterKey);
        assert!(
            error
                .to_string()
                .starts_with("this master key does not open the key store")
        );
    }
}

#[tokio::test]
async fn what_is_asked_and_answered_can_be_written_down_and_shows_no_secret() {
    for world in each().await {
        let asked = Request::SealColumn {
            place: (&PLACE).into(),
            plain: b"Risk"[..].into(),
        };
        assert!(!format!("{asked:?}").contains("Risk"));
        let written = serde_json::to_string(&asked).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&written).unwrap(), asked);

        let answer = world
            .vault
            .call(Request::OpenItem(world.asks(None).await))
            .await
            .unwrap();
        assert_eq!(format!("{answer:?}"), "ItemKey([secret])");
        let written = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Response>(&written).unwrap(), answer);

        let keys = world
            .vault
            .reader_keys(&[agency("met-police")])
            .await
            .unwrap();
        let written = serde_json::to_string(&keys).unwrap();
        assert!(written.contains("age1pq1"));
        assert_eq!(
            serde_json::from_str::<std::collections::BTreeMap<_, _>>(&written).unwrap(),
            keys
        );
    }
}

#[tokio::test]
async fn a_rotated_column_key_writes_anew_and_reads_the_old_here_and_elsewhere() {
    for world in each().await {
        let elsewhere = world.another().await;
        let old = elsewhere.seal_column(&PLACE, b"old").await.unwrap();
        world.vault.rotate_area_keys(AREA).await.unwrap();
        let new = world.vault.seal_column(&PLACE, b"new").await.unwrap();
        assert_ne!(old[..5], new[..5], "another key's id");
        for vault in [&world.vault, &elsewhere, &world.another().await] {
            assert_eq!(
                vault.open_column(&PLACE, &old).await.unwrap().as_slice(),
                b"old"
            );
            assert_eq!(
                vault.open_column(&PLACE, &new).await.unwrap().as_slice(),
                b"new"
            );
            let again = vault.seal_column(&PLACE, b"again").await.unwrap();
            assert_eq!(again[..5], new[..5], "{}", world.db.name);
        }
    }
}

#[tokio::test]
async fn areas_have_keys_of_their_own() {
    for world in each().await {
        let unknown = world.vault.blind("kent", "person.email", "x").await;
        let no_key = |purpose: &str| VaultError::NoKey {
            purpose: purpose.to_owned(),
            scope: "kent".to_owned(),
        };
        assert_eq!(unknown, Err(no_key("blind")));
        let kent = Place {
            area: "kent",
            ..PLACE
        };
        assert_eq!(
            world.vault.seal_column(&kent, b"x").await,
            Err(no_key("column"))
        );
        assert_eq!(world.vault.verifier_key("kent").await, Err(no_key("log")));
        world.vault.ensure_area("kent").await.unwrap();
        let sealed = world.vault.seal_column(&kent, b"x").await.unwrap();
        assert!(world.vault.open_column(&PLACE, &sealed).await.is_err());
        assert_ne!(
            world.vault.blind("kent", "c", "x").await.unwrap(),
            world.vault.blind(AREA, "c", "x").await.unwrap()
        );
    }
}

#[tokio::test]
async fn two_who_ask_for_a_key_at_once_get_the_same() {
    for world in each().await {
        let elsewhere = world.another().await;
        let ask = |vault: Vault| async move {
            vault
                .holding_keys(AREA, "unmatched/e7", "met-police", "case-record")
                .await
                .unwrap()
        };
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                tokio::spawn(ask(
                    if n % 2 == 0 { &world.vault } else { &elsewhere }.clone()
                ))
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        assert!(
            all.windows(2).all(|pair| pair[0] == pair[1]),
            "{}",
            world.db.name
        );
        let rows = world
            .db
            .keys
            .keys("retention", "unmatched/e7/met-police/case-record")
            .await;
        assert_eq!(rows.unwrap().len(), 1);
        let other = world
            .vault
            .holding_keys(AREA, "unmatched/e7", "met-police", "minutes")
            .await;
        assert_ne!(other.unwrap().retention, all[0].retention);
        for (scope, owner, class) in [
            ("", "a", "b"),
            ("n", "a/b", "c"),
            ("n", "a", "b/c"),
            ("n", "a", ""),
        ] {
            let asked = world.vault.holding_keys(AREA, scope, owner, class).await;
            assert!(
                matches!(asked, Err(VaultError::Scope(_))),
                "{scope} {owner} {class}"
            );
        }
    }
}

#[tokio::test]
async fn a_first_key_is_added_once_and_the_same_again_is_no_error() {
    for world in each().await {
        let police = agency("met-police");
        let first = world
            .vault
            .reader_keys(std::slice::from_ref(&police))
            .await
            .unwrap();
        let again = world
            .vault
            .add_agency_key(&police, Custody::Gateway, None)
            .await
            .unwrap();
        assert_eq!(again, first[&police]);
        assert!(again.recipient.is_post_quantum());

        let gp = agency("a-gp");
        let theirs = Identity::generate_classic()
            .to_recipient()
            .unwrap()
            .to_string();
        let key = world
            .vault
            .add_agency_key(&gp, Custody::Agency, Some(&theirs))
            .await
            .unwrap();
        assert_eq!(key.recipient.to_string(), theirs);
        let add = |custody, text| world.vault.add_agency_key(&gp, custody, text);
        assert_eq!(add(Custody::Agency, Some(&theirs)).await.unwrap(), key);
        let exists = Err(VaultError::KeyExists("a-gp".to_owned()));
        assert_eq!(add(Custody::Gateway, None).await, exists);
        for (custody, text) in [
            (Custody::Agency, None),
            (Custody::Agency, Some("age1nonsense")),
            (Custody::Gateway, Some(theirs.as_str())),
        ] {
            let vet = agency("a-new-one");
            let added = world.vault.add_agency_key(&vet, custody, text).await;
            assert!(matches!(added, Err(VaultError::Recipient(_))), "{added:?}");
        }
        assert!(
            world
                .vault
                .reader_keys(&[agency("a-new-one")])
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn after_a_rotation_the_old_key_reads_and_the_new_one_is_wrapped_for() {
    for world in each().await {
        let housing = agency("southwark-housing");
        let old = world
            .vault
            .reader_keys(std::slice::from_ref(&housing))
            .await
            .unwrap();
        let old = &old[&housing];
        let new = world.vault.rotate_agency_key(&housing, None).await.unwrap();
        assert_ne!(new, *old);
        let elsewhere = world.another().await;
        let now = elsewhere
            .reader_keys(std::slice::from_ref(&housing))
            .await
            .unwrap();
        assert_eq!(now[&housing], new);

        let asked = world.asks(None).await;
        let key_of = async |asked: OpenItem| match world.vault.open_item(asked).await.unwrap() {
            Opened::Key(key) => key.to_text().expose_secret().to_owned(),
            Opened::Sealed { .. } => panic!("the gateway holds this key"),
        };
        assert_eq!(key_of(asked.clone()).await, world.key);
        let row: WrapRow = world.get("w1").await;
        let item: ItemRow = world.get("i1").await;
        let retired = VaultError::NotInUse(old.key_id.clone());
        assert_eq!(world.vault.rewrap(&row, old).await, Err(retired.clone()));
        assert_eq!(world.vault.wrap_held(&item, old).await, Err(retired));
        let wrap = world.vault.rewrap(&row, &new).await.unwrap();
        world
            .change("w1", |row: &mut WrapRow| {
                row.wrap = wrap;
                row.key_id.clone_from(&new.key_id);
            })
            .await;
        assert_eq!(key_of(asked).await, world.key);
        let late = world.vault.wrap_held(&item, &new).await.unwrap();
        assert_ne!(late, row.wrap);
    }
}

#[tokio::test]
async fn nothing_is_wrapped_for_a_key_that_the_vault_does_not_know() {
    for world in each().await {
        let mine = Identity::generate().unwrap();
        let housing = agency("southwark-housing");
        let keys = world
            .vault
            .reader_keys(std::slice::from_ref(&housing))
            .await
            .unwrap();
        let mut forged = keys[&housing].clone();
        forged.recipient = mine.to_recipient().unwrap();
        let item: ItemRow = world.get("i1").await;
        let row: WrapRow = world.get("w1").await;
        let other = VaultError::OtherKey(forged.key_id.clone());
        assert_eq!(
            world.vault.wrap_held(&item, &forged).await,
            Err(other.clone())
        );
        assert_eq!(world.vault.rewrap(&row, &forged).await, Err(other.clone()));
        // A reader's key is no retention key, and another agency's no new key of this one.
        assert_eq!(
            world.vault.move_retention(&item, &keys[&housing]).await,
            Err(other)
        );
        let police = agency("met-police");
        let theirs = world
            .vault
            .reader_keys(std::slice::from_ref(&police))
            .await
            .unwrap();
        let moved = world.vault.rewrap(&row, &theirs[&police]).await;
        assert_eq!(
            moved,
            Err(VaultError::OtherKey(theirs[&police].key_id.clone()))
        );
    }
}

#[tokio::test]
async fn an_item_moves_to_the_retention_key_of_the_nominal_it_belongs_to() {
    for world in each().await {
        let keys = world
            .vault
            .holding_keys(AREA, "n2", "met-police", "case-record")
            .await
            .unwrap();
        let mut item: ItemRow = world.get("i1").await;
        let moved = world
            .vault
            .move_retention(&item, &keys.retention)
            .await
            .unwrap();
        item.retention_key = keys.retention.key_id;
        item.retention_wrap = moved;
        let back = world
            .vault
            .holding_keys(AREA, "n3", "met-police", "case-record")
            .await
            .unwrap();
        world
            .vault
            .move_retention(&item, &back.retention)
            .await
            .unwrap();
        // A key sealed for somebody else is not taken for this item's.
        let stranger = Identity::generate().unwrap();
        let key = world.key.parse().unwrap();
        item.retention_wrap = wrap(&key, &stranger.to_recipient().unwrap()).unwrap();
        assert!(unwrap(&stranger, &item.retention_wrap).is_ok());
        let moved = world.vault.move_retention(&item, &back.retention).await;
        assert!(matches!(moved, Err(VaultError::Broken(_))), "{moved:?}");
    }
}
