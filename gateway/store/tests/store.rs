//! The store's promises, each on every database there is.

use gateway_store::rows::{AgencyRow, AreaRow};
use gateway_store::testing::{self, each};
use gateway_store::{KeyRow, LogHead, Mark, NewLeaf, Record as _, Store, StoreError};

fn area(id: &str) -> AreaRow {
    AreaRow {
        id: id.to_owned(),
        name: "London".to_owned(),
        settings: "{}".to_owned(),
        created_at: 1,
        updated_by: String::new(),
    }
}

fn agency(id: &str) -> AgencyRow {
    AgencyRow {
        id: id.to_owned(),
        name: "Agency".to_owned(),
        kind: "police".to_owned(),
        regime: "dpa-part-3".to_owned(),
        channel: "api".to_owned(),
        custody: "gateway".to_owned(),
        email: None,
        overseas: 0,
        state: "active".to_owned(),
        signed_on: Some("2026-01-05".to_owned()),
        signed_until: None,
        created_at: 1,
        updated_by: String::new(),
    }
}

fn leaf(id: &str, rows: Vec<gateway_ledger::CoveredRow>) -> NewLeaf {
    NewLeaf {
        id: id.to_owned(),
        kind: "area-changed",
        at: 1,
        exchange: None,
        nominal: None,
        salt: vec![1; 32],
        row_salt: vec![2; 32],
        event: "{}".to_owned(),
        data: vec![3; 32],
        rows,
    }
}

#[expect(clippy::unwrap_used, reason = "a test's set-up fails by panicking")]
async fn with_log(store: &Store) {
    let mut tx = store.write("set-up").await.unwrap();
    tx.put(&mut area("london")).await.unwrap();
    tx.drain_covered();
    let head = LogHead {
        id: "london-0".to_owned(),
        area: "london".to_owned(),
        epoch: 0,
        origin: "gateway.example/london".to_owned(),
        size: 0,
        root: "00".to_owned(),
        checkpoint: String::new(),
        created_at: 1,
    };
    tx.add_log(&head).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_row_reads_back_as_written_and_bears_its_transactions_name() {
    for db in each().await {
        let mut tx = db.store.write("add-agency").await.unwrap();
        let mut row = agency("met-police");
        tx.put(&mut row).await.unwrap();
        assert_eq!(row.updated_by, "add-agency");
        assert_eq!(tx.get::<AgencyRow>("met-police").await.unwrap(), Some(row));
        assert_eq!(
            tx.get::<AgencyRow>("nobody").await.unwrap(),
            None,
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn a_covered_row_without_an_event_does_not_commit() {
    for db in each().await {
        let mut tx = db.store.write("quietly").await.unwrap();
        tx.put(&mut area("london")).await.unwrap();
        let error = tx.commit().await.unwrap_err();
        assert!(matches!(
            error,
            StoreError::Uncovered {
                name: "quietly",
                rows: 1
            }
        ));
        let mut tx = db.store.read().await.unwrap();
        assert_eq!(tx.areas().await.unwrap(), [], "{}", db.name);
    }
}

#[tokio::test]
async fn the_digest_changes_with_any_column_and_not_with_the_database() {
    let mut digests = Vec::new();
    for db in each().await {
        let mut tx = db.store.write("add-agency").await.unwrap();
        tx.put(&mut agency("met-police")).await.unwrap();
        let read = tx.get::<AgencyRow>("met-police").await.unwrap().unwrap();
        assert_eq!(vec![read.covered()], tx.drain_covered(), "{}", db.name);
        digests.push(read.covered().digest);
    }
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
    let mut other = agency("met-police");
    other.updated_by = "add-agency".to_owned();
    other.signed_until = Some("2027-01-05".to_owned());
    assert_ne!(other.covered().digest, digests[0]);
}

#[tokio::test]
async fn rows_written_at_once_are_what_each_would_be_by_itself() {
    for db in each().await {
        let mut tx = db.store.write("add-agencies").await.unwrap();
        tx.put_all::<AgencyRow>(&mut []).await.unwrap();
        tx.put(&mut agency("b")).await.unwrap();
        let mut renamed = agency("b");
        renamed.name = "O\u{2019}Hara \\ \"{,}\"".to_owned();
        renamed.email = Some(String::new());
        let mut rows = vec![agency("c"), renamed, agency("a")];
        tx.put_all(&mut rows).await.unwrap();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        let asked = ["c", "nobody", "a", "b", "c"];
        assert_eq!(
            tx.agencies_by_id(&asked).await.unwrap(),
            rows,
            "{}",
            db.name
        );
        assert!(tx.agencies_by_id(&[]).await.unwrap().is_empty());
        let mut covered = tx.drain_covered();
        covered.sort();
        let each: Vec<_> = rows.iter().map(AgencyRow::covered).collect();
        assert_eq!(covered, each, "{}", db.name);
        assert!(rows.iter().all(|row| row.updated_by == "add-agencies"));
        drop(tx);
        let mut tx = db.store.read().await.unwrap();
        assert!(tx.put_all(&mut rows).await.is_err(), "{}", db.name);
    }
}

#[tokio::test]
async fn leaves_and_covered_digests_are_only_ever_added() {
    for db in each().await {
        with_log(&db.store).await;
        let mut tx = db.store.write("add").await.unwrap();
        tx.put(&mut agency("met-police")).await.unwrap();
        let rows = tx.drain_covered();
        tx.add_leaf("london-0", 0, &leaf("a", rows.clone()))
            .await
            .unwrap();
        tx.move_log("london-0", 1, "11", "note").await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = db.store.read().await.unwrap();
        assert_eq!(tx.leaf_rows("london-0", 0).await.unwrap(), rows);
        let page = tx.leaf_rows_from("london-0", 0, 10).await.unwrap();
        assert_eq!(page.into_iter().collect::<Vec<_>>(), [(0, rows)]);
        let after = tx.leaf_rows_from("london-0", 1, 10).await.unwrap();
        assert!(after.is_empty());
        let found = tx.get_all::<AgencyRow>(&["met-police", "nobody"]).await;
        assert_eq!(
            found.unwrap().into_keys().collect::<Vec<_>>(),
            ["met-police"]
        );
        let newest = tx.newest_digests("agency", "", 10).await.unwrap();
        assert_eq!(newest.len(), 1);
        assert_eq!((newest[0].id.as_str(), newest[0].index), ("met-police", 0));
        drop(tx);

        let mut tx = db.store.write("again").await.unwrap();
        let error = tx
            .add_leaf("london-0", 0, &leaf("b", vec![]))
            .await
            .unwrap_err();
        assert!(
            matches!(error, StoreError::Conflict(_)),
            "{}: {error}",
            db.name
        );
    }
}

#[tokio::test]
async fn a_failed_piece_of_work_is_undone_and_the_rest_stays() {
    for db in each().await {
        with_log(&db.store).await;
        let mut tx = db.store.write("batch").await.unwrap();
        tx.savepoint().await.unwrap();
        tx.put(&mut agency("kept")).await.unwrap();
        tx.release().await.unwrap();
        let kept = tx.drain_covered();
        tx.savepoint().await.unwrap();
        tx.put(&mut agency("dropped")).await.unwrap();
        tx.rollback_to_savepoint().await.unwrap();
        tx.add_leaf("london-0", 0, &leaf("a", kept)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.store.read().await.unwrap();
        let ids: Vec<String> = tx
            .agencies()
            .await
            .unwrap()
            .into_iter()
            .map(|a| a.id)
            .collect();
        assert_eq!(ids, ["kept"], "{}", db.name);
    }
}

#[tokio::test]
async fn a_destroyed_key_has_no_secret_and_a_mark_never_falls() {
    for db in each().await {
        let key = KeyRow {
            id: "k1".to_owned(),
            purpose: "retention".to_owned(),
            scope: "n/o/c".to_owned(),
            public: "age1pq1".to_owned(),
            secret: Some(vec![1, 2, 3]),
            state: "active".to_owned(),
            created_at: 1,
            destroyed_at: None,
        };
        db.keys.add(&key).await.unwrap();
        assert!(db.keys.destroy("k1", 5).await.unwrap());
        assert!(!db.keys.destroy("k1", 6).await.unwrap());
        let gone = db.keys.key("k1").await.unwrap().unwrap();
        assert_eq!((gone.secret, gone.state.as_str()), (None, "destroyed"));

        let mark = |size| Mark {
            size,
            root: format!("{size:02}"),
        };
        db.keys.raise_mark("london-0", &mark(7)).await.unwrap();
        db.keys.raise_mark("london-0", &mark(3)).await.unwrap();
        assert_eq!(
            db.keys.mark("london-0").await.unwrap(),
            Some(mark(7)),
            "{}",
            db.name
        );
    }
}

/// This test once more, in a process of its own, with this server named, in CI or not; what it
/// noted of the databases that it ran on.
#[expect(clippy::unwrap_used, reason = "a test's set-up fails by panicking")]
fn again(test: &str, server: Option<&str>, ci: bool) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let tally = folder.path().join("tally");
    let mut run = std::process::Command::new(std::env::current_exe().unwrap());
    run.args(["--exact", test])
        .env_remove("CI")
        .env_remove(testing::VARIABLE)
        .env(testing::TALLY, &tally);
    if ci {
        run.env("CI", "true");
    }
    if let Some(server) = server {
        run.env(testing::VARIABLE, server);
    }
    let done = run.output().unwrap();
    let noted = std::fs::read_to_string(&tally).unwrap_or_default();
    (done.status.success(), noted)
}

#[test]
fn a_server_that_is_away_fails_a_test_and_one_that_is_not_named_does_in_ci() {
    const TEST: &str = "a_row_reads_back_as_written_and_bears_its_transactions_name";
    let line = |database: &str| format!("{database}\tstore {TEST}\n");
    // Nothing listens at port 1.
    let dead = Some("postgres://gateway@127.0.0.1:1/postgres");
    for (server, ci) in [(dead, true), (dead, false), (None, true)] {
        let (passed, noted) = again(TEST, server, ci);
        assert!(!passed, "{server:?} {ci}");
        assert_eq!(noted, line("sqlite"));
    }
    assert_eq!(again(TEST, None, false), (true, line("sqlite")));
    if let Some(server) = testing::server() {
        let both = line("sqlite") + &line("postgres");
        assert_eq!(again(TEST, Some(&server), true), (true, both));
    }
}
