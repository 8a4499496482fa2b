use std::collections::BTreeMap;

use gateway_core::Clock;
use gateway_flow::Flow;
use gateway_flow::admin::NewPerson;
use gateway_store::rows::SessionRow;

use super::{Home, LARGE, clock, holds, kinds, people, proved, read, rows, send, verifier};
use crate::pki::Authority;
use crate::world::{self, Dates};

/// The tables of a restored copy are those that were backed up, and one more log with its entry.
fn same(
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
    logs: usize,
) {
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (table, before) in before {
        let after = &after[table];
        match table.as_str() {
            // Closed, and new ones opened.
            "log" => assert_eq!(after.len(), before.len() + logs),
            "log_leaf" | "log_tile" => {
                assert!(before.iter().all(|row| after.contains(row)), "{table}");
                assert_eq!(after.len(), before.len() + logs, "{table}");
            }
            _ => assert_eq!(after, before, "{table}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_goes_on_from_its_backup_on_either_database_with_all_that_it_had() {
    for (from, to) in kinds()
        .into_iter()
        .flat_map(|a| kinds().into_iter().map(move |b| (a, b)))
    {
        let home = Home::new(from).await;
        let flow = home.open(&clock()).await;
        people(&flow).await;
        let large: Vec<u8> = (0..=250).cycle().take(LARGE).collect();
        let first = send(&flow, &large, None).await;
        let small = send(&flow, b"a line", first.id.as_deref()).await;
        let receipt = small.receipt.unwrap();
        let (first, small) = (first.id.unwrap(), small.id.unwrap());
        let old = verifier(&flow, "london-0").await;
        let before = rows(&flow.store).await;
        let backup = home.backup("b.tar").await;

        let there = home.beside(to).await;
        there.restore(&backup, &[]).await.unwrap();
        let flow = there.open(&Clock::system()).await;
        same(&before, &rows(&flow.store).await, 1);
        holds(&flow).await;
        flow.may_record().await.unwrap();
        // What was, is; and its receipts are checked with the old key for ever.
        assert!(read(&flow, &first).await == large, "{from} to {to}");
        assert_eq!(read(&flow, &small).await, b"a line");
        proved(&receipt, &old);
        let again = flow
            .receipt_for(&super::caller("met-police"), &small)
            .await
            .unwrap();
        proved(&again, &old);
        // What comes is in the new log, under the new key.
        let new = send(&flow, b"after", Some(&small)).await;
        let now = verifier(&flow, "london-1").await;
        assert_eq!(now.origin(), "gateway.example/london/2");
        proved(&new.receipt.unwrap(), &now);
        assert_eq!(read(&flow, &new.id.unwrap()).await, b"after");
        holds(&flow).await;
        served(&flow, &old.open(&again.checkpoint).unwrap()).await;
    }
}

/// The closed log is still served, under its own name.
async fn served(flow: &Flow, head: &gateway_ledger::Checkpoint) {
    let old = flow
        .ledger_file(Some("london-0"), "checkpoint")
        .await
        .unwrap()
        .unwrap();
    assert!(String::from_utf8(old).unwrap().starts_with(&head.text()));
    let path = gateway_ledger::entries_path(0, u16::try_from(head.size).unwrap());
    assert!(
        flow.ledger_file(Some("london-0"), &path)
            .await
            .unwrap()
            .is_some()
    );
    let new = flow.checkpoint(Some("london")).await.unwrap().unwrap();
    assert!(new.starts_with("gateway.example/london/2\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_a_demo_goes_from_database_to_database_and_back_row_for_row() {
    let home = Home::new("sqlite").await;
    let ends = "2026-03-02T09:00:00Z".parse().unwrap();
    let hour = |hours: i64| {
        clock()
            .now()
            .checked_sub(jiff::SignedDuration::from_hours(hours))
    };
    let dates = Dates {
        begins: hour(24 * 32).unwrap(),
        first: hour(24 * 28).unwrap(),
        ends,
    };
    let flow = home.open(&Clock::manual(dates.begins)).await;
    let authority = Authority::create(&home.path("pki"), "A test's authority").unwrap();
    let state = world::build(&flow, &authority, home.dir.path(), &dates)
        .await
        .unwrap();
    world::month::tell(&flow, &dates, &state).await.unwrap();
    let before = rows(&flow.store).await;
    let mut backup = home.backup("b.tar").await;
    let mut homes = Vec::new();
    for (n, kind) in kinds().into_iter().rev().enumerate() {
        let there = home.beside(kind).await;
        there.restore(&backup, &[]).await.unwrap();
        let flow = there.open(&Clock::system()).await;
        let logs = (n + 1) * state_logs(&before);
        let after = rows(&flow.store).await;
        for (table, rows) in &before {
            let found = after[table].len();
            let more = matches!(table.as_str(), "log" | "log_leaf" | "log_tile");
            assert_eq!(found, rows.len() + if more { logs } else { 0 }, "{table}");
        }
        if n == 0 {
            same(&before, &after, logs);
        }
        holds(&flow).await;
        backup = there.backup("again.tar").await;
        homes.push(there);
    }
}

fn state_logs(rows: &BTreeMap<String, Vec<String>>) -> usize {
    rows["log"].len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_come_back_with_a_backup() {
    for kind in kinds() {
        let home = Home::new(kind).await;
        let flow = home.open(&clock()).await;
        people(&flow).await;
        let new = NewPerson {
            agency: "met-police".parse().unwrap(),
            name: "Synthetic Person".to_owned(),
            email: "s.person@police.example".to_owned(),
            roles: Vec::new(),
            password_hash: None,
            totp_secret: None,
        };
        let mut session = SessionRow {
            id: "a".to_owned(),
            token: "b".to_owned(),
            person: flow.add_person(new).await.unwrap(),
            agency: "met-police".to_owned(),
            started_at: 0,
            proved_at: 0,
            seen_at: 0,
            ends_at: i64::MAX,
            browser: String::new(),
            network: String::new(),
            proof: "password-and-code".to_owned(),
        };
        let mut tx = flow.store.write("test").await.unwrap();
        tx.put(&mut session).await.unwrap();
        tx.commit().await.unwrap();
        let backup = home.backup("b.tar").await;
        let there = home.beside(kind).await;
        there.restore(&backup, &[]).await.unwrap();
        let flow = there.open(&clock()).await;
        let kept = [
            rows(&flow.store).await,
            rows(&home.open(&clock()).await.store).await,
        ];
        let count = kept.map(|rows| (rows["person"].len(), rows["session"].len()));
        assert_eq!(count, [(1, 0), (1, 1)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_others_write_is_of_one_moment() {
    for kind in kinds() {
        let home = Home::new(kind).await;
        let flow = home.open(&Clock::system()).await;
        people(&flow).await;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let writers: Vec<_> = (0..3)
            .map(|n: u8| {
                let (flow, stopped) = (flow.clone(), stopped.clone());
                tokio::spawn(async move {
                    let mut sent = 0_u32;
                    while !*stopped.borrow() {
                        send(&flow, &vec![n; LARGE], None).await;
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        let mut backups = Vec::new();
        for n in 0..4 {
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            backups.push(home.backup(&format!("{n}.tar")).await);
        }
        stop.send(true).unwrap();
        let mut sent = 0;
        for writer in writers {
            sent += writer.await.unwrap();
        }
        assert!(sent >= 4, "{sent}");
        for backup in backups {
            let there = home.beside("sqlite").await;
            there.restore(&backup, &[]).await.unwrap();
            holds(&there.open(&Clock::system()).await).await;
        }
    }
}
