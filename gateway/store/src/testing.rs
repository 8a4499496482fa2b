//! Fresh databases for tests: an embedded one always, and one on the PostgreSQL that
//! `GATEWAY_TEST_POSTGRES` names. In CI its absence is a failure, so that a suite cannot pass
//! on one database only.

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
#[expect(clippy::panic, reason = "a test's set-up fails by panicking")]
pub async fn each() -> Vec<TestDb> {
    let mut all = vec![sqlite().await];
    if let Ok(server) = std::env::var(VARIABLE) {
        all.push(postgres(&server).await);
    } else if std::env::var_os("CI").is_some() {
        panic!("{VARIABLE} is not set: run scripts/test, which starts a PostgreSQL");
    }
    all
}

/// Databases of every kind there is here, with nothing in them yet: their addresses, and the
/// folder that the embedded one lies in.
///
/// # Panics
/// When a database cannot be made.
#[expect(clippy::expect_used, reason = "a test's set-up fails by panicking")]
pub async fn each_empty() -> (Vec<String>, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("records.db");
    let mut urls = vec![format!("sqlite://{}", file.display())];
    if let Ok(server) = std::env::var(VARIABLE) {
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
