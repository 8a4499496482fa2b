use gateway_core::Clock;
use gateway_flow::epoch::Continuation;
use gateway_flow::{Flow, FlowError};
use gateway_ledger::Verifier;
use gateway_vault::VaultError;

use super::{Home, clock, holds, kinds, people, send, verifier};

/// What the open log of London says of the one before it.
async fn continues(flow: &Flow) -> Continuation {
    let mut tx = flow.store.read().await.unwrap();
    let head = tx.log_head("london").await.unwrap().unwrap();
    Continuation::read(&mut tx, &head).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_put_back_by_hand_signs_nothing_and_answers_nothing_as_recorded() {
    let home = Home::new("sqlite").await;
    let flow = home.open(&clock()).await;
    people(&flow).await;
    flow.store.close().await;
    let earlier = Home::new("sqlite").await;
    home.copy("records.db", earlier.dir.path());
    let flow = home.open(&clock()).await;
    send(&flow, b"lost", None).await;
    let lost = flow.checkpoint(None).await.unwrap().unwrap();
    flow.store.close().await;
    home.lose_records();
    earlier.copy("records.db", home.dir.path());

    let flow = home.open(&clock()).await;
    let refused = flow.may_record().await.unwrap_err();
    assert!(matches!(refused, VaultError::BehindKnownCheckpoint { .. }));
    assert!(
        refused.to_string().contains("`gateway restore`"),
        "{refused}"
    );
    let before = super::rows(&flow.store).await;
    let told = flow.add_credential("met-police", "00").await.unwrap_err();
    assert!(matches!(&told, FlowError::Unavailable(why) if why.contains("older copy")));
    assert_eq!(super::rows(&flow.store).await, before);
    flow.store.close().await;

    // The way out: what there is, restored over the key store that knows more.
    let backup = home.backup("b.tar").await;
    home.lose_records();
    home.restore(&backup, &[]).await.unwrap();
    let flow = home.open(&Clock::system()).await;
    let continues = continues(&flow).await;
    let ahead = verifier(&flow, "london-0").await.open(&lost).unwrap();
    assert_eq!(continues.known.size, ahead.size);
    assert_eq!(continues.known.root, hex::encode(ahead.root.0));
    assert_eq!(continues.entries_lost(), ahead.size - continues.held.size);
    assert!(continues.entries_lost() > 0);
    send(&flow, b"again", None).await;
    holds(&flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_a_partner_kept_is_what_the_new_log_begins_with() {
    for kind in kinds() {
        let home = Home::new(kind).await;
        let flow = home.open(&clock()).await;
        people(&flow).await;
        let early = send(&flow, b"early", None).await.receipt.unwrap();
        let backup = home.backup("b.tar").await;
        let late = send(&flow, b"late", None).await.receipt.unwrap();
        let old = verifier(&flow, "london-0").await;
        let note = home.path("note");
        std::fs::write(&note, &late.checkpoint).unwrap();
        let receipt = home.path("early.tlog-proof");
        std::fs::write(&receipt, early.render().unwrap()).unwrap();

        let there = home.beside(kind).await;
        // One that is not this log's, or whose signature does not hold, is none.
        let forged = home.path("forged");
        std::fs::write(
            &forged,
            late.checkpoint
                .replacen("\n\n", "\n\n\u{2014} x AAAA\n", 1)
                .replacen("london\n", "essex\n", 1),
        )
        .unwrap();
        let said = there
            .refused(&backup, &["--known", forged.to_str().unwrap()])
            .await;
        assert!(said.contains("gateway.example/essex"), "{said}");
        let size = old.open(&late.checkpoint).unwrap().size;
        let more =
            late.checkpoint
                .replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
        std::fs::write(&forged, more).unwrap();
        let said = there
            .refused(&backup, &["--known", forged.to_str().unwrap()])
            .await;
        assert!(said.contains("does not hold"), "{said}");

        let kept = [&note, &receipt].map(|path| path.to_str().unwrap());
        there
            .restore(&backup, &["--known", kept[0], "--known", kept[1]])
            .await
            .unwrap();
        let flow = there.open(&Clock::system()).await;
        let continues = continues(&flow).await;
        assert_eq!(continues.known.size, size);
        let key = flow.vault.verifier_key("london-0").await.unwrap();
        assert_eq!(continues.verifier_key, key.trim());
        assert_eq!(continues.entries_lost(), size - continues.held.size);
        holds(&flow).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_restored_a_second_time_opens_a_third_log_that_says_what_it_leaves_behind() {
    let home = Home::new("sqlite").await;
    let flow = home.open(&clock()).await;
    people(&flow).await;
    let backup = home.backup("b.tar").await;
    flow.store.close().await;
    home.lose_records();
    home.restore(&backup, &[]).await.unwrap();
    let flow = home.open(&Clock::system()).await;
    send(&flow, b"second", None).await;
    let second = flow.checkpoint(None).await.unwrap().unwrap();
    flow.store.close().await;
    home.lose_records();
    home.restore(&backup, &[]).await.unwrap();
    let flow = home.open(&Clock::system()).await;
    let third = send(&flow, b"third", None).await.receipt.unwrap();
    let now = verifier(&flow, "london-2").await;
    assert_eq!(now.origin(), "gateway.example/london/3");
    super::proved(&third, &now);
    let left = verifier(&flow, "london-1").await.open(&second).unwrap();
    let continues = continues(&flow).await;
    assert_eq!(continues.lost.len(), 1);
    assert_eq!(continues.lost[0].origin, "gateway.example/london/2");
    assert_eq!(continues.lost[0].known.size, left.size);
    // Neither of the old keys signs again.
    for log in ["london-0", "london-1"] {
        let head = gateway_store::Mark {
            size: 99,
            root: String::new(),
        };
        let closed = flow.vault.may_follow(log, &head).await;
        assert_eq!(closed, Err(VaultError::LogClosed(log.to_owned())));
    }
    holds(&flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_another_past_than_the_one_that_is_known_is_refused() {
    let home = Home::new("sqlite").await;
    let flow = home.open(&clock()).await;
    people(&flow).await;
    flow.store.close().await;
    let fork = home.beside("sqlite").await;
    for name in ["records.db", "keys.db"] {
        home.copy(name, fork.dir.path());
    }
    let one = home.open(&clock()).await;
    send(&one, b"one past", None).await;
    let backup = home.backup("b.tar").await;
    let other = fork.open(&clock()).await;
    send(&other, b"another", None).await;
    other.store.close().await;
    fork.lose_records();
    let said = fork.refused(&backup, &[]).await;
    assert!(said.contains("signed twice, differently"), "{said}");
}

#[derive(clap::Parser)]
struct Line {
    #[command(subcommand)]
    ledger: crate::ledger::Ledger,
}

/// Whether `gateway ledger verify` finds that it holds.
async fn verified(home: &Home, key: &Verifier, more: &str) -> bool {
    let key = home.path(key.origin().rsplit('/').next().unwrap());
    let dir = home.dir.path().to_str().unwrap().to_owned();
    let words = [
        "ledger",
        "verify",
        "--key",
        key.to_str().unwrap(),
        "--dir",
        &dir,
    ];
    let line = <Line as clap::Parser>::parse_from(words.into_iter().chain([more]));
    let done = tokio::task::spawn_blocking(move || line.ledger.run())
        .await
        .unwrap();
    assert!(
        done.as_ref()
            .err()
            .is_none_or(anyhow::Error::is::<crate::DoesNotHold>),
        "{done:?}"
    );
    done.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_verified_through_all_its_epochs_and_each_must_begin_where_the_last_ended() {
    let home = Home::new("sqlite").await;
    let flow = home.open(&clock()).await;
    people(&flow).await;
    let backup = home.backup("b.tar").await;
    let there = home.beside("sqlite").await;
    there.restore(&backup, &[]).await.unwrap();
    let flow = there.open(&Clock::system()).await;
    send(&flow, b"after", None).await;
    let (old, new) = (
        verifier(&flow, "london-0").await,
        verifier(&flow, "london-1").await,
    );
    for (log, key) in [("london-0", &old), ("london-1", &new)] {
        let line = flow.vault.verifier_key(log).await.unwrap();
        std::fs::write(there.path(key.origin().rsplit('/').next().unwrap()), line).unwrap();
    }
    for key in [&old, &new] {
        assert!(verified(&there, key, "--json").await);
    }
    // The old log's head is not the one that the new log began with.
    let mut tx = flow.store.write("tamper").await.unwrap();
    let head = tx.log("london-0").await.unwrap().unwrap();
    let (size, root) = (head.size, hex::encode([1; 32]));
    tx.move_log("london-0", size, &root, &head.checkpoint)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(!verified(&there, &new, "--json").await);
}
