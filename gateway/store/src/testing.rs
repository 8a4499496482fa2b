//! Fresh databases for tests: an embedded one always, and one on the PostgreSQL that
//! `GATEWAY_TEST_POSTGRES` names. In CI its absence is a failure, so that a suite cannot pass
//! on one database only; and which test has run on which is noted, for `scripts/databases`.

use std::fs::File;
use std::io::Write as _;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

use crate::{KeyStore, Store};

/// A fresh pair of databases, gone with its folder (or left to the test's server).
#[derive(Debug)]
pub struct TestDb {
    /// `sqlite` or `postgres`.
    pub name: &'static str,
    /// The records.
    pub store: Store,
    /// The key store.
    pub keys: KeyStore,
    /// Address of the records' database.
    pub url: String,
    /// Address of the key store.
    pub keys_url: String,
    /// A folder for blobs and the like.
    pub folder: TempDir,
}

/// The variable that names the PostgreSQL server for tests.
pub const VARIABLE: &str = "GATEWAY_TEST_POSTGRES";

/// The variable that names the file in which each test notes what database it runs on.
pub const TALLY: &str = "GATEWAY_TEST_TALLY";

/// The server that tests are to use; none where none is named outside CI.
///
/// # Panics
/// When none is named in CI: a test that left PostgreSQL out would pass on one database only.
pub fn server() -> Option<String> {
    let named = std::env::var(VARIABLE).ok();
    assert!(
        named.is_some() || std::env::var_os("CI").is_none(),
        "{VARIABLE} is not set: run scripts/test, which starts a PostgreSQL"
    );
    named
}

/// Notes that this test runs on a database, `sqlite` or `postgres`: a line in the file that
/// [`TALLY`] names, if it names one.
///
/// # Panics
/// When the line cannot be written.
#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
pub fn note(database: &str) {
    let Some(path) = std::env::var_os(TALLY) else {
        return;
    };
    let line = format!("{database}\t{}\n", running());
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .expect("the tally is written");
}

/// The test that is running: its program, and its name there. A program runs many tests, each on a
/// thread of that name, or one that was asked for by name.
fn running() -> String {
    let mut words = std::env::args();
    let program = words.next().unwrap_or_default();
    let file = program.rsplit('/').next().unwrap_or_default();
    // Cargo adds a digest to the program's name.
    let program = file.rsplit_once('-').map_or(file, |(name, _)| name);
    let asked: Vec<String> = words.collect();
    let thread = std::thread::current();
    let exact = asked.iter().any(|word| word == "--exact");
    let one = asked.iter().find(|word| exact && !word.starts_with('-'));
    let name = one.map_or(thread.name().unwrap_or("main"), String::as_str);
    format!("{program} {name}")
}

/// Takes the records back to before the migration that told notices and gave looks afterwards a
/// clock, so that a test can open them as a gateway does that is newer than they are.
///
/// # Panics
/// When the database does not do it.
#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
pub async fn before_told(store: &Store) {
    let mut tx = store.write("before-told").await.expect("a transaction");
    for statement in [
        "drop table mesh_in",
        "drop table mesh_out",
        "drop table agency_route",
        "drop table mesh_mailbox",
        "drop table hospital_flag_step",
        "drop table hospital_flag",
        "drop table health_task",
        "drop table health_step",
        "drop table health_request",
        "drop table notice_told",
        "drop table hold_clockless",
        "drop index wrap_expires",
        "drop index hold_since",
        "drop index hold_reminded",
        "drop index hold_escalated",
        "drop index notice_created",
        "drop index item_known",
        "create index item_fingerprint on item (fingerprint)",
        "delete from _sqlx_migrations where version >= 22",
    ] {
        tx.execute(statement, &[]).await.expect(statement);
    }
    tx.commit().await.expect("it is committed");
}

/// Fresh databases of every kind there is here.
///
/// # Panics
/// When a database cannot be made, or no PostgreSQL is named in CI: a test cannot go on.
pub async fn each() -> Vec<TestDb> {
    let mut all = vec![sqlite().await];
    if let Some(server) = server() {
        all.push(postgres(&server).await);
    }
    all
}

/// Databases of every kind there is here, with nothing in them yet: their addresses, and the
/// folder that the embedded one lies in.
///
/// # Panics
/// When a database cannot be made, or no PostgreSQL is named in CI: a test cannot go on.
#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
pub async fn each_empty() -> (Vec<String>, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("records.db");
    let mut urls = vec![format!("sqlite://{}", file.display())];
    note("sqlite");
    if let Some(server) = server() {
        urls.push(empty_postgres(&server).await);
    }
    (urls, folder)
}

/// A fresh embedded database.
///
/// # Panics
/// When it cannot be made.
#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
pub async fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("records.db").display());
    let keys_url = format!("sqlite://{}", folder.path().join("keys.db").display());
    note("sqlite");
    open("sqlite", url, keys_url, folder).await
}

/// A fresh database on a PostgreSQL server.
///
/// # Panics
/// When it cannot be made.
#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
pub async fn postgres(server: &str) -> TestDb {
    let url = empty_postgres(server).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    open("postgres", url.clone(), url, folder).await
}

#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
async fn empty_postgres(server: &str) -> String {
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    let mut conn = PgConnection::connect(server)
        .await
        .expect("the test's PostgreSQL answers");
    sqlx::query(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut conn)
        .await
        .expect("a database can be made");
    note("postgres");
    let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
    format!("{base}/{name}")
}

#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
async fn open(name: &'static str, url: String, keys_url: String, folder: TempDir) -> TestDb {
    let store = Store::open(&url).await.expect("the records open");
    let keys = KeyStore::open(&keys_url)
        .await
        .expect("the key store opens");
    TestDb {
        name,
        store,
        keys,
        url,
        keys_url,
        folder,
    }
}
