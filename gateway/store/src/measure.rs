//! For measurements: databases of their own on a PostgreSQL server, and rows with nothing
//! around them.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use crate::db::Tx;
use crate::error::StoreError;
use crate::row::Record;

/// A database made on a server for one measurement.
#[derive(Debug)]
pub struct Scratch {
    server: String,
    name: String,
    url: String,
}

impl Scratch {
    /// Makes a database beside the one that `server` (`postgres://…/DATABASE`) names: an empty
    /// one, or a copy of another that nobody is connected to. `name` is lower-case letters,
    /// figures and `_`.
    pub async fn make(server: &str, name: &str, of: Option<&Self>) -> Result<Self, StoreError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let base = server.rsplit_once('/').map(|(base, _)| base);
        let (Some(base), true) = (base, !name.is_empty() && name.chars().all(plain)) else {
            return Err(StoreError::Address("postgres://…/DATABASE".to_owned()));
        };
        let mut template = String::new();
        if let Some(of) = of {
            // A copy is refused while anybody is connected, and a pool that was dropped takes
            // its time to go.
            let sql = "select pg_terminate_backend(pid) from pg_stat_activity where datname = ";
            run(server, format!("{sql}'{}'", of.name)).await?;
            template = format!(" template {}", of.name);
        }
        run(server, format!("create database {name}{template}")).await?;
        Ok(Self {
            server: server.to_owned(),
            name: name.to_owned(),
            url: format!("{base}/{name}"),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Has the server look at what is in its tables, as it does by itself within some minutes: until
    /// then it plans as for empty ones.
    pub async fn analyze(&self) -> Result<(), StoreError> {
        run(&self.url, "analyze".to_owned()).await
    }

    /// Drops it, whoever is connected.
    pub async fn remove(self) -> Result<(), StoreError> {
        let sql = format!("drop database if exists {} with (force)", self.name);
        run(&self.server, sql).await
    }
}

async fn run(server: &str, sql: String) -> Result<(), StoreError> {
    use sqlx::Connection as _;
    let options = PgConnectOptions::from_str(server)
        .map_err(|_| StoreError::Address("postgres://…/DATABASE".to_owned()))?
        // Making and dropping a database is slow, and nobody need be warned of it.
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

impl Tx {
    /// For measurements, on a database made for one: writes a row and nothing around it. No
    /// event of the log commits to it, so an installation's verification would name it.
    pub async fn put_bare<R: Record>(&mut self, row: &R) -> Result<(), StoreError> {
        self.execute(R::upsert(), &row.values()).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::AreaRow;
    use crate::{Store, testing};

    fn area() -> AreaRow {
        AreaRow {
            id: "london".to_owned(),
            name: "London".to_owned(),
            settings: "{}".to_owned(),
            created_at: 1,
            updated_by: "bench".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_bare_row_is_as_it_was_given_and_asks_for_no_event() {
        let db = testing::sqlite().await;
        let mut tx = db.store.write("measure").await.unwrap();
        tx.put_bare(&area()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.store.read().await.unwrap();
        assert_eq!(tx.get::<AreaRow>("london").await.unwrap(), Some(area()));
    }

    #[tokio::test]
    async fn a_name_that_is_not_plain_or_a_server_without_a_database_is_refused() {
        for (server, name) in [
            ("postgres://x/y", "a; drop"),
            ("postgres:", "a"),
            ("a/b", ""),
        ] {
            let made = Scratch::make(server, name, None).await;
            assert!(
                matches!(made, Err(StoreError::Address(_))),
                "{server} {name}"
            );
        }
    }

    #[tokio::test]
    async fn a_copy_has_what_the_first_had_and_both_can_be_removed() {
        // Only where a server is named; testing::each sees to it that one is in CI.
        let Ok(server) = std::env::var(testing::VARIABLE) else {
            return;
        };
        let name = format!("scratch_{}", std::process::id());
        let first = Scratch::make(&server, &name, None).await.unwrap();
        let store = Store::open(first.url()).await.unwrap();
        let mut tx = store.write("measure").await.unwrap();
        tx.put_bare(&area()).await.unwrap();
        tx.commit().await.unwrap();
        // Still connected: a copy is made all the same.
        let copy = Scratch::make(&server, &format!("{name}_copy"), Some(&first))
            .await
            .unwrap();
        let copied = Store::open(copy.url()).await.unwrap();
        let mut tx = copied.read().await.unwrap();
        assert_eq!(tx.get::<AreaRow>("london").await.unwrap(), Some(area()));
        drop(tx);
        copied.close().await;
        let url = copy.url().to_owned();
        copy.remove().await.unwrap();
        first.remove().await.unwrap();
        assert!(Store::open(&url).await.is_err());
    }
}
