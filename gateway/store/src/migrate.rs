//! Embedded migrations. One text for both databases; a twin where they must differ. A file
//! that has been released is never changed: a changed one is refused at the start.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::db::{Kind, Store};
use crate::error::StoreError;

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[error("the database's schema could not be brought up to date: {0}")]
pub struct MigrateError(String);

struct Text {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! shared {
    ($version:literal, $name:literal, $file:literal) => {
        Text {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/", $file, ".sql")),
            postgres: include_str!(concat!("../../../migrations/", $file, ".sql")),
        }
    };
}

macro_rules! twin {
    ($version:literal, $name:literal, $file:literal) => {
        Text {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/", $file, ".sqlite.sql")),
            postgres: include_str!(concat!("../../../migrations/", $file, ".postgres.sql")),
        }
    };
}

const RECORDS: &[Text] = &[
    shared!(1, "records", "0001_records"),
    shared!(2, "exchange", "0002_exchange"),
    shared!(3, "ledger", "0003_ledger"),
    twin!(4, "append only", "0004_append_only"),
    shared!(5, "level change", "0005_level_change"),
    shared!(6, "epoch", "0006_epoch"),
    shared!(7, "mail", "0007_mail"),
    shared!(8, "hold told", "0008_hold_told"),
    shared!(9, "sign in", "0009_sign_in"),
    shared!(10, "draft", "0010_draft"),
    shared!(12, "reading and question", "0012_reading_and_question"),
    shared!(11, "people", "0011_people"),
    shared!(13, "nominal act", "0013_nominal_act"),
    shared!(14, "security key", "0014_security_key"),
    shared!(15, "session moved", "0015_session_moved"),
    shared!(16, "kept form", "0016_kept_form"),
    shared!(17, "form", "0017_form"),
    shared!(19, "form request", "0019_form_request"),
    shared!(20, "custody", "0020_custody"),
    shared!(21, "withdrawal", "0021_withdrawal"),
    shared!(22, "told", "0022_told"),
    shared!(23, "item known", "0023_item_known"),
    shared!(24, "health", "0024_health"),
    shared!(25, "hospital flag", "0025_hospital_flag"),
    shared!(26, "mesh", "0026_mesh"),
    shared!(27, "health, told", "0027_health_told"),
    twin!(28, "quick", "0028_quick"),
];

const KEYS: &[Text] = &[shared!(1, "keys", "keys/0001_keys")];

pub(crate) async fn records(store: &Store) -> Result<(), MigrateError> {
    run(store, RECORDS, "_sqlx_migrations").await
}

/// The newest version of the records' schema.
pub(crate) fn records_version() -> i64 {
    newest(RECORDS)
}

/// The newest version of the key store's schema.
pub(crate) fn keys_version() -> i64 {
    newest(KEYS)
}

fn newest(texts: &[Text]) -> i64 {
    texts.iter().map(|text| text.version).max().unwrap_or(0)
}

pub(crate) async fn keys(store: &Store) -> Result<(), MigrateError> {
    run(store, KEYS, "_key_migrations").await
}

async fn run(store: &Store, texts: &[Text], table: &'static str) -> Result<(), MigrateError> {
    let kind = store.kind();
    let migrations: Vec<Migration> = texts.iter().map(|text| text.migration(kind)).collect();
    let Some(pool) = store.postgres() else {
        let done = embedded(store, &migrations, table).await;
        return done.map_err(|error| MigrateError(error.to_string()));
    };
    let mut migrator = Migrator::with_migrations(migrations);
    // The key store may lie in the same PostgreSQL database: each keeps its own list.
    migrator.dangerous_set_table_name(table);
    let done = migrator.run(pool).await;
    done.map_err(|error| MigrateError(error.to_string()))
}

/// The same on SQLite, all in one transaction, with the list that `sqlx` keeps.
async fn embedded(
    store: &Store,
    migrations: &[Migration],
    table: &'static str,
) -> Result<(), StoreError> {
    let mut tx = store.write("migrate").await?;
    tx.execute_all(&format!(
        "create table if not exists {table} (version bigint primary key, description text not null, \
         installed_on timestamp not null default current_timestamp, success boolean not null, \
         checksum blob not null, execution_time bigint not null)"
    ))?;
    let rows = tx
        .fetch(format!("select version, checksum from {table}"), &[])
        .await?;
    let mut done = BTreeMap::new();
    for row in &rows {
        done.insert(row.get::<i64>("version")?, row.get::<Vec<u8>>("checksum")?);
    }
    for migration in migrations {
        match done.remove(&migration.version) {
            Some(checksum) if checksum == *migration.checksum => {}
            Some(_) => return Err(wrong(migration.version, "was changed since it was applied")),
            None => {
                tx.execute_all(migration.sql.as_str())?;
                let sql = format!(
                    "insert into {table} (version, description, success, checksum, execution_time) \
                     values ($1, $2, true, $3, 0)"
                );
                let args = [
                    migration.version.into(),
                    (*migration.description).into(),
                    (*migration.checksum).into(),
                ];
                tx.execute(sql, &args).await?;
            }
        }
    }
    match done.into_keys().next() {
        Some(newer) => Err(wrong(newer, "is of a newer gateway than this one")),
        None => tx.commit().await,
    }
}

fn wrong(version: i64, what: &str) -> StoreError {
    StoreError::Database(format!("migration {version} {what}"))
}

impl Text {
    fn migration(&self, kind: Kind) -> Migration {
        let sql = match kind {
            Kind::Sqlite => self.sqlite,
            Kind::Postgres => self.postgres,
        };
        Migration::new(
            self.version,
            Cow::Borrowed(self.name),
            MigrationType::Simple,
            AssertSqlSafe(sql).into_sql_str(),
            false,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Record as _;
    use crate::rows::{
        AgencyRow, AreaRow, ExchangeRow, FormSentRow, FormUseRow, NominalRow, PersonRow,
    };
    use crate::testing::each_empty;

    /// The last version before custody and withdrawal.
    const OLD: i64 = 19;

    fn used() -> FormUseRow {
        FormUseRow {
            id: "exchange-1".to_owned(),
            area: "london".to_owned(),
            nominal: "nominal-1".to_owned(),
            meeting_on: "2026-03-02".to_owned(),
            effect: b"sealed".to_vec(),
            person: "person-1".to_owned(),
            at: 7,
            updated_by: String::new(),
        }
    }

    /// A meeting's use of a form, with what it refers to, as a gateway of then wrote it.
    async fn write_used(store: &Store) -> FormUseRow {
        let mut tx = store.write("form-used").await.unwrap();
        let (by, london) = (String::new, || "london".to_owned());
        tx.put(&mut AreaRow {
            id: london(),
            name: "London".to_owned(),
            settings: "{}".to_owned(),
            created_at: 1,
            updated_by: by(),
        })
        .await
        .unwrap();
        tx.put(&mut AgencyRow {
            id: "hmp-one".to_owned(),
            name: "HMP One".to_owned(),
            kind: "prison".to_owned(),
            regime: "dpa-part-3".to_owned(),
            channel: "portal".to_owned(),
            custody: "gateway".to_owned(),
            email: None,
            overseas: 0,
            state: "active".to_owned(),
            signed_on: None,
            signed_until: None,
            created_at: 1,
            updated_by: by(),
        })
        .await
        .unwrap();
        tx.put(&mut PersonRow {
            id: "person-1".to_owned(),
            agency: "hmp-one".to_owned(),
            name: b"sealed".to_vec(),
            email: b"sealed".to_vec(),
            email_index: "index".to_owned(),
            state: "active".to_owned(),
            password: None,
            totp: None,
            created_at: 1,
            updated_by: by(),
        })
        .await
        .unwrap();
        tx.put(&mut NominalRow {
            id: "nominal-1".to_owned(),
            area: london(),
            state: "active".to_owned(),
            merged_into: None,
            level: 2,
            category: 1,
            lead_agency: None,
            trust: None,
            gp: None,
            created_at: 1,
            updated_by: by(),
        })
        .await
        .unwrap();
        tx.put(&mut sent()).await.unwrap();
        tx.put(&mut FormSentRow {
            id: "exchange-1".to_owned(),
            form: "annex-f".to_owned(),
            version: "1".to_owned(),
            agency: "hmp-one".to_owned(),
            person: None,
            after: None,
            corrects: None,
            sent_at: 3,
            updated_by: by(),
        })
        .await
        .unwrap();
        let mut used = used();
        tx.put(&mut used).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        used
    }

    fn sent() -> ExchangeRow {
        ExchangeRow {
            id: "exchange-1".to_owned(),
            area: "london".to_owned(),
            nominal: Some("nominal-1".to_owned()),
            sender: "hmp-one".to_owned(),
            sender_person: None,
            channel: "portal".to_owned(),
            proof: "{}".to_owned(),
            state: "released".to_owned(),
            purpose: Some("MEETING".to_owned()),
            bases: "[]".to_owned(),
            emergency: 0,
            in_reply_to: None,
            particulars: b"sealed".to_vec(),
            policy: "policy".to_owned(),
            received_at: 3,
            updated_by: String::new(),
        }
    }

    #[tokio::test]
    async fn how_a_form_was_used_before_is_carried_over() {
        let (urls, _folder) = each_empty().await;
        for url in urls {
            let before = Store::scratch(&url).await.unwrap();
            let old = RECORDS.iter().filter(|text| text.version <= OLD);
            let old: Vec<Text> = old
                .map(|text| Text {
                    version: text.version,
                    name: text.name,
                    sqlite: text.sqlite,
                    postgres: text.postgres,
                })
                .collect();
            run(&before, &old, "_sqlx_migrations").await.unwrap();
            let mut tx = before.read().await.unwrap();
            let early = tx.fetch("select id from withdrawal".to_owned(), &[]).await;
            assert!(early.is_err(), "{url}: it is the schema of then");
            drop(tx);
            let used = write_used(&before).await;
            before.close().await;

            let now = Store::open(&url).await.unwrap();
            let mut tx = now.read().await.unwrap();
            let found: FormUseRow = tx.get(&used.id).await.unwrap().unwrap();
            assert_eq!(found, used, "{url}");
            assert_eq!(
                found.covered(),
                used.covered(),
                "{url}: the log still covers it"
            );
            let later = tx.fetch("select id from withdrawal".to_owned(), &[]).await;
            assert!(later.unwrap().is_empty(), "{url}");
            drop(tx);
            // Opened again, nothing is left to do.
            now.close().await;
            Store::open(&url).await.unwrap();
        }
    }
}
