//! Rows out of a database and into one, a few at a time.

use std::io;

use futures_util::TryStreamExt as _;
use sqlx::AssertSqlSafe;

use super::schema::{ColumnKind, Table};
use crate::db::{Inner, Row, Store, Tx};
use crate::error::StoreError;
use crate::keys::KeyStore;
use crate::row::Value;

/// At most this many values go into one statement (PostgreSQL takes 65,535, SQLite 32,766).
const VALUES: usize = 4_000;

/// Rows could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// By the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// By whoever takes them.
    #[error("{0}")]
    Taker(#[from] io::Error),
}

impl KeyStore {
    /// As [`Store::snapshot`].
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        self.store().snapshot().await
    }
}

impl Store {
    /// Whether no table has a row.
    pub async fn is_empty(&self, schema: &super::Schema) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        for table in &schema.tables {
            if tx.count(table).await? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Tx {
    /// How many rows a table has.
    pub async fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        let rows = self
            .fetch(format!("select count(*) as n from {}", table.name), &[])
            .await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.get("n"))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Hands every row of a table to `take`, in the order of its key; how many there were.
    pub async fn dump(
        &mut self,
        table: &Table,
        take: &mut dyn FnMut(Vec<Value>) -> io::Result<()>,
    ) -> Result<u64, CopyError> {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let sql = format!(
            "select {} from {} order by {}",
            names.join(", "),
            table.name,
            table.key.join(", ")
        );
        let mut done = 0;
        let mut one = |row| {
            done += 1;
            Ok::<_, CopyError>(take(values(table, &row)?)?)
        };
        match &mut self.inner {
            Inner::Sqlite(lease) => lease.each(&sql, &[], |row| one(Row::Sqlite(row)))?,
            Inner::Postgres(server) => {
                let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(server.connection());
                while let Some(row) = rows.try_next().await.map_err(StoreError::from)? {
                    one(Row::Postgres(row))?;
                }
            }
        }
        Ok(done)
    }

    /// Adds rows to a table, as they are: nothing is put on the list of covered rows, for a
    /// leaf covers them already. Of a row that refers to another of its table the reference is
    /// handed to `later`, to be set by [`Tx::refer`] when all rows are there.
    pub async fn load(
        &mut self,
        table: &Table,
        rows: Vec<Vec<Value>>,
        later: &mut Vec<(String, Value)>,
    ) -> Result<(), StoreError> {
        let width = table.columns.len();
        let own = table
            .to_itself
            .as_ref()
            .and_then(|own| table.columns.iter().position(|c| c.name == *own));
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let names = names.join(", ");
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut args = Vec::new();
            let mut places = Vec::new();
            for mut row in rows.by_ref().take((VALUES / width.max(1)).max(1)) {
                if let Some(value) = own.and_then(|own| row.get_mut(own))
                    && *value != Value::Text(None)
                {
                    let reference = std::mem::replace(value, Value::Text(None));
                    if let Some(Value::Text(Some(id))) = row.first() {
                        later.push((id.clone(), reference));
                    }
                }
                let first = args.len();
                let numbers: Vec<String> = (1..=width).map(|n| format!("${}", first + n)).collect();
                places.push(format!("({})", numbers.join(", ")));
                args.extend(row);
            }
            let sql = format!(
                "insert into {} ({names}) values {}",
                table.name,
                places.join(", ")
            );
            self.execute(sql, &args).await?;
        }
        Ok(())
    }

    /// Sets the references that [`Tx::load`] left out.
    pub async fn refer(
        &mut self,
        table: &Table,
        later: Vec<(String, Value)>,
    ) -> Result<(), StoreError> {
        let (Some(own), Some(id)) = (&table.to_itself, table.key.first()) else {
            return Ok(());
        };
        let sql = format!("update {} set {own} = $2 where {id} = $1", table.name);
        for (row, reference) in later {
            self.execute(sql.clone(), &[row.into(), reference]).await?;
        }
        Ok(())
    }
}

fn values(table: &Table, row: &Row) -> Result<Vec<Value>, StoreError> {
    let value = |(name, kind): (&str, ColumnKind)| {
        Ok(match kind {
            ColumnKind::Text => Value::Text(row.get(name)?),
            ColumnKind::Int => Value::Int(row.get(name)?),
            ColumnKind::Bytes => Value::Bytes(row.get(name)?),
        })
    };
    let columns = table.columns.iter();
    columns
        .map(|column| value((column.name.as_str(), column.kind)))
        .collect()
}
