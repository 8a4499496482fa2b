//! What the vault signs, and what it does not.

use gateway_ledger::Verifier;
use gateway_store::Mark;

use super::world::{LOG, World, each};
use crate::VaultError;

const ORIGIN: &str = "gateway.example/ledger";

fn mark(size: u64, root: u8) -> Mark {
    Mark {
        size,
        root: hex::encode([root; 32]),
    }
}

async fn sign(world: &World, before: &Mark, after: &Mark) -> Result<String, VaultError> {
    world.vault.sign(LOG, ORIGIN, before, after).await
}

fn behind(known: u64, found: u64) -> Result<String, VaultError> {
    Err(VaultError::BehindKnownCheckpoint {
        log: LOG.to_owned(),
        known,
        found,
    })
}

#[tokio::test]
async fn a_checkpoint_opens_with_the_logs_verifier_key() {
    for world in each().await {
        let line = world.vault.begin_log(LOG, ORIGIN).await.unwrap();
        let note = sign(&world, &mark(0, 0), &mark(3, 3)).await.unwrap();
        let checkpoint = Verifier::parse(&line).unwrap().open(&note).unwrap();
        assert_eq!((checkpoint.size, checkpoint.origin.as_str()), (3, ORIGIN));
        assert_eq!(hex::encode(checkpoint.root.0), mark(3, 3).root);
    }
}

#[tokio::test]
async fn a_restored_database_signs_nothing_behind_what_was_given_out() {
    for world in each().await {
        world.vault.begin_log(LOG, ORIGIN).await.unwrap();
        // An aborted transaction gave nothing out: another may follow from the same head.
        sign(&world, &mark(0, 0), &mark(2, 9)).await.unwrap();
        sign(&world, &mark(0, 0), &mark(3, 3)).await.unwrap();
        world.vault.given_out(LOG, &mark(3, 3)).await.unwrap();
        sign(&world, &mark(3, 3), &mark(5, 5)).await.unwrap();
        assert_eq!(sign(&world, &mark(2, 2), &mark(9, 9)).await, behind(3, 2));
        assert_eq!(sign(&world, &mark(3, 4), &mark(9, 9)).await, behind(3, 3));
        // A lower one does not lower the mark.
        world.vault.given_out(LOG, &mark(1, 1)).await.unwrap();
        assert_eq!(sign(&world, &mark(1, 1), &mark(9, 9)).await, behind(3, 1));
        // Another process sees it, and what that one gives out is seen here.
        let elsewhere = world.another().await;
        let signed = elsewhere.sign(LOG, ORIGIN, &mark(2, 2), &mark(9, 9)).await;
        assert_eq!(signed, behind(3, 2));
        elsewhere.given_out(LOG, &mark(7, 7)).await.unwrap();
        assert_eq!(sign(&world, &mark(5, 5), &mark(9, 9)).await, behind(7, 5));
        sign(&world, &mark(7, 7), &mark(9, 9)).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_store_put_back_under_a_running_vault_does_not_make_it_forget() {
    for world in each().await {
        world.vault.begin_log(LOG, ORIGIN).await.unwrap();
        // What only this process's memory knows.
        world
            .vault
            .0
            .marks
            .lock()
            .unwrap()
            .insert(LOG.to_owned(), mark(8, 8));
        assert_eq!(sign(&world, &mark(5, 5), &mark(9, 9)).await, behind(8, 5));
    }
}

#[tokio::test]
async fn a_log_neither_shrinks_nor_changes_nor_takes_another_name() {
    for world in each().await {
        world.vault.begin_log(LOG, ORIGIN).await.unwrap();
        let backwards = |to| {
            Err(VaultError::Backwards {
                log: LOG.to_owned(),
                from: 5,
                to,
            })
        };
        assert_eq!(sign(&world, &mark(5, 5), &mark(4, 4)).await, backwards(4));
        assert_eq!(sign(&world, &mark(5, 5), &mark(5, 6)).await, backwards(5));
        sign(&world, &mark(5, 5), &mark(5, 5)).await.unwrap();
        let mut short = mark(6, 6);
        short.root.pop();
        let signed = sign(&world, &mark(5, 5), &short).await;
        assert_eq!(signed, Err(VaultError::Root(LOG.to_owned())));
        let other = VaultError::OtherOrigin {
            log: LOG.to_owned(),
            origin: ORIGIN.to_owned(),
        };
        let signed = world
            .vault
            .sign(LOG, "other.example/l", &mark(5, 5), &mark(6, 6))
            .await;
        assert_eq!(signed, Err(other.clone()));
        assert_eq!(
            world.vault.begin_log(LOG, "other.example/l").await,
            Err(other)
        );
        let bad = world.vault.begin_log("log-2", "not a name").await;
        assert!(matches!(bad, Err(VaultError::Origin(_))), "{bad:?}");
        let unknown = world
            .vault
            .sign("log-3", ORIGIN, &mark(0, 0), &mark(1, 1))
            .await;
        assert!(
            matches!(unknown, Err(VaultError::NoKey { .. })),
            "{unknown:?}"
        );
    }
}

#[tokio::test]
async fn a_closed_log_signs_nothing_again_and_its_key_still_checks_what_it_signed() {
    for world in each().await {
        let line = world.vault.begin_log(LOG, ORIGIN).await.unwrap();
        let elsewhere = world.another().await;
        // Both have the key in memory.
        sign(&world, &mark(0, 0), &mark(1, 1)).await.unwrap();
        let signed = elsewhere.sign(LOG, ORIGIN, &mark(0, 0), &mark(1, 1)).await;
        signed.unwrap();
        world.vault.may_follow(LOG, &mark(1, 1)).await.unwrap();
        world.vault.close_log(LOG).await.unwrap();
        let closed = VaultError::LogClosed(LOG.to_owned());
        for vault in [&world.vault, &elsewhere] {
            let signed = vault.sign(LOG, ORIGIN, &mark(1, 1), &mark(2, 2)).await;
            assert_eq!(signed, Err(closed.clone()));
            let follow = vault.may_follow(LOG, &mark(1, 1)).await;
            assert_eq!(follow, Err(closed.clone()));
            let again = vault.begin_log(LOG, ORIGIN).await;
            assert_eq!(again, Err(closed.clone()));
            assert_eq!(vault.verifier_key(LOG).await.unwrap(), line);
        }
    }
}
