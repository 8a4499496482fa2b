//! The store's promises, each on every database there is.

use gateway_store::rows::{
    AgencyRow, AreaRow, DeliveryRow, ExchangeRow, IdempotencyRow, MailOutRow, NominalRow, ThreadRow,
};
use gateway_store::testing::{self, each};
use gateway_store::{Ahead, KeyRow, LogHead, Mark, NewLeaf, Record as _, Store, StoreError, Tx};

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

fn exchange(id: &str) -> ExchangeRow {
    ExchangeRow {
        id: id.to_owned(),
        area: "london".to_owned(),
        nominal: None,
        sender: "met-police".to_owned(),
        sender_person: None,
        channel: "api".to_owned(),
        proof: "mtls".to_owned(),
        state: "released".to_owned(),
        purpose: None,
        bases: "[]".to_owned(),
        emergency: 0,
        in_reply_to: None,
        particulars: vec![1, 2],
        policy: "p".to_owned(),
        received_at: 1,
        updated_by: String::new(),
    }
}

fn delivery(id: &str, exchange: &str, state: &str) -> DeliveryRow {
    DeliveryRow {
        id: id.to_owned(),
        exchange: exchange.to_owned(),
        agency: "met-police".to_owned(),
        person: None,
        channel: "api".to_owned(),
        state: state.to_owned(),
        obligations: "[]".to_owned(),
        created_at: 1,
        at: 1,
        updated_by: String::new(),
    }
}

#[expect(clippy::unwrap_used, reason = "a test's set-up fails by panicking")]
async fn states(tx: &mut Tx) -> Vec<String> {
    let ids: Vec<String> = tx.ids::<DeliveryRow>().await.unwrap();
    let mut states = Vec::new();
    for id in ids {
        let row: DeliveryRow = tx.get(&id).await.unwrap().unwrap();
        states.push(format!("{id} {}", row.state));
    }
    states
}

/// A batch as the recorder writes one, over an exchange `e0` with the delivery `d0`.
#[expect(clippy::unwrap_used, reason = "a test's set-up fails by panicking")]
async fn batch(store: &Store) -> Tx {
    with_log(store).await;
    let mut tx = store.write("set-up").await.unwrap();
    tx.put(&mut agency("met-police")).await.unwrap();
    tx.put(&mut exchange("e0")).await.unwrap();
    tx.put(&mut delivery("d0", "e0", "queued")).await.unwrap();
    tx.drain_covered();
    tx.commit().await.unwrap();
    let mut tx = store.write("batch").await.unwrap();
    tx.gather();
    tx
}

#[expect(clippy::unwrap_used, reason = "a test's set-up fails by panicking")]
async fn committed(store: &Store, mut tx: Tx) -> Vec<String> {
    tx.drain_covered();
    tx.commit().await.unwrap();
    states(&mut store.read().await.unwrap()).await
}

#[tokio::test]
async fn rows_of_a_batch_are_written_in_the_order_in_which_they_refer_to_each_other() {
    for db in each().await {
        let mut tx = batch(&db.store).await;
        tx.savepoint().await.unwrap();
        tx.put(&mut delivery("d0", "e0", "waiting")).await.unwrap();
        tx.savepoint().await.unwrap();
        // Its exchange comes after the first delivery, and goes before it.
        tx.put(&mut exchange("e1")).await.unwrap();
        tx.put(&mut delivery("d1", "e1", "queued")).await.unwrap();
        tx.put(&mut delivery("d1", "e1", "waiting")).await.unwrap();
        let all = committed(&db.store, tx).await;
        assert_eq!(all, ["d0 waiting", "d1 waiting"], "{}", db.name);
    }
}

#[tokio::test]
async fn what_is_not_written_yet_is_seen_and_undone_like_what_is() {
    for db in each().await {
        let mut tx = batch(&db.store).await;
        tx.savepoint().await.unwrap();
        tx.put(&mut delivery("d1", "e0", "queued")).await.unwrap();
        // Undone before anything of it was written.
        tx.savepoint().await.unwrap();
        tx.put(&mut delivery("d2", "e0", "queued")).await.unwrap();
        tx.rollback_to_savepoint().await.unwrap();
        // Undone after a query had it written, with what it changed of the work before.
        tx.savepoint().await.unwrap();
        tx.put(&mut delivery("d1", "e0", "failed")).await.unwrap();
        tx.put(&mut delivery("d3", "e0", "queued")).await.unwrap();
        let seen = states(&mut tx).await;
        assert_eq!(seen, ["d0 queued", "d1 failed", "d3 queued"], "{}", db.name);
        tx.put(&mut delivery("d4", "e0", "queued")).await.unwrap();
        tx.rollback_to_savepoint().await.unwrap();
        // The work after it stays, and sees what is left.
        tx.savepoint().await.unwrap();
        let known: DeliveryRow = tx.get("d1").await.unwrap().unwrap();
        assert_eq!(known.state, "queued", "{}", db.name);
        tx.put(&mut delivery("d5", "e0", "queued")).await.unwrap();
        let all = committed(&db.store, tx).await;
        let left = ["d0 queued", "d1 queued", "d5 queued"];
        assert_eq!(all, left, "{}", db.name);
    }
}

#[tokio::test]
async fn what_is_changed_of_the_work_before_and_undone_at_once_is_as_that_left_it() {
    for db in each().await {
        let mut tx = batch(&db.store).await;
        tx.savepoint().await.unwrap();
        tx.put(&mut delivery("d1", "e0", "waiting")).await.unwrap();
        tx.savepoint().await.unwrap();
        tx.put(&mut delivery("d1", "e0", "failed")).await.unwrap();
        tx.rollback_to_savepoint().await.unwrap();
        let all = committed(&db.store, tx).await;
        assert_eq!(all, ["d0 queued", "d1 waiting"], "{}", db.name);
    }
}

fn key(id: &str, request: &str) -> IdempotencyRow {
    IdempotencyRow {
        id: id.to_owned(),
        request: request.to_owned(),
        exchange: "e0".to_owned(),
        created_at: 1,
    }
}

fn nominal(id: &str, state: &str) -> NominalRow {
    NominalRow {
        id: id.to_owned(),
        area: "london".to_owned(),
        state: state.to_owned(),
        merged_into: None,
        level: 1,
        category: 1,
        lead_agency: None,
        trust: None,
        gp: None,
        created_at: 1,
        updated_by: String::new(),
    }
}

fn asks(nominal: Option<&str>, key: Option<IdempotencyRow>) -> Ahead {
    Ahead {
        nominal: nominal.map(str::to_owned),
        key,
    }
}

#[expect(clippy::unwrap_used, reason = "a test's set-up fails by panicking")]
async fn holder(store: &Store, id: &str) -> Option<String> {
    let mut tx = store.read().await.unwrap();
    let row: Option<IdempotencyRow> = tx.get(id).await.unwrap();
    row.map(|row| row.request)
}

#[tokio::test]
async fn a_key_that_was_asked_for_ahead_is_its_works_or_nobodys() {
    for db in each().await {
        let mut tx = batch(&db.store).await;
        assert!(tx.take_key(&key("used", "first")).await.unwrap());
        committed(&db.store, tx).await;
        let mut tx = db.store.write("batch").await.unwrap();
        tx.gather();
        let all = [
            asks(None, Some(key("mine", "first"))),
            asks(None, Some(key("used", "second"))),
            asks(None, Some(key("undone", "first"))),
            asks(None, Some(key("never", "first"))),
            asks(None, Some(key("twice", "first"))),
            asks(None, Some(key("twice", "second"))),
        ];
        tx.look_ahead(&all).await.unwrap();
        let of = |n: usize| all[n].key.as_ref().unwrap();
        tx.savepoint().await.unwrap();
        assert!(tx.take_key(of(0)).await.unwrap(), "{}", db.name);
        assert!(!tx.take_key(of(0)).await.unwrap(), "{}", db.name);
        tx.savepoint().await.unwrap();
        assert!(!tx.take_key(of(1)).await.unwrap(), "{}", db.name);
        tx.rollback_to_savepoint().await.unwrap();
        tx.savepoint().await.unwrap();
        assert!(tx.take_key(of(2)).await.unwrap(), "{}", db.name);
        tx.rollback_to_savepoint().await.unwrap();
        // The first of two with one key ends before it takes it: it is the second's, as that says it.
        tx.savepoint().await.unwrap();
        tx.rollback_to_savepoint().await.unwrap();
        tx.savepoint().await.unwrap();
        assert!(tx.take_key(of(5)).await.unwrap(), "{}", db.name);
        tx.end_work().await.unwrap();
        committed(&db.store, tx).await;
        let mut held = Vec::new();
        for id in ["mine", "used", "undone", "never", "twice"] {
            held.push(holder(&db.store, id).await);
        }
        let by = |request: &str| Some(request.to_owned());
        let expected = [by("first"), by("first"), None, None, by("second")];
        assert_eq!(held, expected, "{}", db.name);
    }
}

#[tokio::test]
async fn a_nominal_that_was_asked_for_ahead_is_as_the_work_before_left_it() {
    for db in each().await {
        let mut tx = batch(&db.store).await;
        let mut row = nominal("n1", "active");
        tx.put(&mut row).await.unwrap();
        committed(&db.store, tx).await;
        let mut tx = db.store.write("batch").await.unwrap();
        tx.gather();
        let asked = [asks(Some("n1"), None), asks(Some("nobody"), None)];
        tx.look_ahead(&asked).await.unwrap();
        let state = async |tx: &mut Tx, id: &str| {
            let row = tx.known_nominal(id).await.unwrap();
            row.map(|row| row.state)
        };
        assert_eq!(state(&mut tx, "nobody").await, None, "{}", db.name);
        assert_eq!(state(&mut tx, "n1").await.as_deref(), Some("active"));
        tx.savepoint().await.unwrap();
        tx.put(&mut nominal("n1", "merged")).await.unwrap();
        tx.savepoint().await.unwrap();
        let now = state(&mut tx, "n1").await;
        assert_eq!(now.as_deref(), Some("merged"), "{}", db.name);
    }
}

fn mail(id: &str, subject: &str) -> MailOutRow {
    MailOutRow {
        id: id.to_owned(),
        kind: "notice".to_owned(),
        subject: subject.to_owned(),
        area: "london".to_owned(),
        exchange: Some("e0".to_owned()),
        delivery: None,
        agency: "met-police".to_owned(),
        recipient: vec![1],
        key: None,
        body: None,
        blob: None,
        details: None,
        state: "queued".to_owned(),
        attempts: 0,
        next_at: 10,
        status: None,
        created_at: 1,
        sent_at: None,
    }
}

#[tokio::test]
async fn a_mail_is_queued_once_for_its_subject_and_claimed_by_one() {
    for db in each().await {
        drop(batch(&db.store).await);
        let mut tx = db.store.write("queue-mail").await.unwrap();
        assert!(tx.queue_mail(&mail("m1", "a")).await.unwrap());
        assert!(!tx.queue_mail(&mail("m2", "a")).await.unwrap());
        let more = [mail("m3", "a"), mail("m4", "b"), mail("m5", "b")];
        tx.queue_mails(&more).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.store.write("claim-mail").await.unwrap();
        let mut claim = async |now| {
            let claimed = tx.claim_mails(&["m1", "m4", "m5"], now, 100).await.unwrap();
            let mut ids: Vec<String> = claimed.iter().map(|row| row.id.clone()).collect();
            ids.sort();
            assert!(
                claimed
                    .iter()
                    .all(|row| (row.attempts, row.next_at) == (1, 100))
            );
            ids
        };
        assert!(claim(9).await.is_empty(), "{}: not due", db.name);
        assert_eq!(claim(10).await, ["m1", "m4"], "{}", db.name);
        assert!(claim(10).await.is_empty(), "{}: taken", db.name);
    }
}

#[tokio::test]
async fn a_mail_that_is_sent_while_its_certificate_is_revoked_stays_sent() {
    for db in each().await {
        drop(batch(&db.store).await);
        let (key, body) = (Some(vec![1]), Some(vec![2]));
        let mut written = MailOutRow {
            key: key.clone(),
            body: body.clone(),
            ..mail("m1", "a")
        };
        let mut waits = MailOutRow {
            key,
            body,
            ..mail("m2", "b")
        };
        let mut tx = db.store.write("mail-written").await.unwrap();
        tx.put(&mut written).await.unwrap();
        tx.put(&mut waits).await.unwrap();
        tx.commit().await.unwrap();

        let mut sends = db.store.write("mail-sent").await.unwrap();
        let held = sends.still_queued(&["m1"]).await.unwrap();
        assert_eq!(held, ["m1"], "{}", db.name);
        let store = db.store.clone();
        let revokes = tokio::spawn(async move {
            let mut tx = store.write("revoke").await.unwrap();
            tx.unwrite_mails("met-police").await.unwrap();
            tx.commit().await.unwrap();
        });
        // Until it has looked for what waits, or waits itself.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        written.state = "sent".to_owned();
        sends.put(&mut written).await.unwrap();
        sends.commit().await.unwrap();
        revokes.await.unwrap();

        let mut tx = db.store.read().await.unwrap();
        let sent: MailOutRow = tx.get("m1").await.unwrap().unwrap();
        let anew: MailOutRow = tx.get("m2").await.unwrap().unwrap();
        let is_written = |row: &MailOutRow| row.key.is_some() && row.body.is_some();
        assert_eq!((sent.state.as_str(), is_written(&sent)), ("sent", true));
        assert_eq!((anew.state.as_str(), is_written(&anew)), ("queued", false));
    }
}

#[tokio::test]
async fn a_thread_that_another_gateway_has_begun_stays() {
    for db in each().await {
        drop(batch(&db.store).await);
        let thread = |id: &str| ThreadRow {
            id: id.to_owned(),
            exchange: "e0".to_owned(),
            agency: "met-police".to_owned(),
            created_at: 1,
        };
        for id in ["first", "second"] {
            let mut tx = db.store.write("begin-thread").await.unwrap();
            tx.begin_threads(&[thread(id)]).await.unwrap();
            let threads = tx.threads_of(&["e0", "e0"]).await.unwrap();
            assert_eq!(threads, [thread("first")], "{}", db.name);
            tx.commit().await.unwrap();
        }
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
