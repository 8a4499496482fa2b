//! Tables and columns, from the catalogue of an empty database that has had every migration.

use std::collections::BTreeSet;

use crate::db::{Store, Tx};
use crate::error::StoreError;
use crate::migrate;

/// What a database consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The number of the newest migration.
    pub version: i64,
    /// The tables, each after those that it refers to.
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in order.
    pub(crate) key: Vec<String>,
    /// The column by which a row refers to another of the same table.
    pub(crate) to_itself: Option<String>,
    /// The other tables that it refers to.
    refers_to: BTreeSet<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may hold nothing.
    pub optional: bool,
}

/// What a column holds: the three kinds that the migrations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `text`
    Text,
    /// `bigint`
    Int,
    /// `bytea`
    Bytes,
}

/// An empty embedded database, gone when it is closed.
const EMPTY: &str = "sqlite://:memory:";

impl Schema {
    /// Of the records.
    pub async fn records() -> Result<Self, StoreError> {
        let empty = Store::scratch(EMPTY).await?;
        migrate::records(&empty).await?;
        Self::of(&empty, migrate::records_version()).await
    }

    /// Of the key store.
    pub async fn keys() -> Result<Self, StoreError> {
        let empty = Store::scratch(EMPTY).await?;
        migrate::keys(&empty).await?;
        Self::of(&empty, migrate::keys_version()).await
    }

    /// The table of a name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    async fn of(empty: &Store, version: i64) -> Result<Self, StoreError> {
        // On the connection that the migrations ran on: another one has another memory.
        let mut tx = empty.write("schema").await?;
        let names = names(&mut tx).await?;
        let mut tables = Vec::new();
        for name in names {
            tables.push(table(&mut tx, name).await?);
        }
        drop(tx);
        empty.close().await;
        Ok(Self {
            version,
            tables: in_order(tables),
        })
    }
}

async fn names(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .fetch(
            "select name from sqlite_master where type = 'table' \
             and name not like 'sqlite!_%' escape '!' and name not like '!_%' escape '!' \
             order by name",
            &[],
        )
        .await?;
    rows.iter().map(|row| row.get("name")).collect()
}

async fn table(tx: &mut Tx, name: String) -> Result<Table, StoreError> {
    let mut columns = Vec::new();
    let mut key = Vec::new();
    let sql = "select name, lower(type) as kind, \"notnull\" as given, pk \
               from pragma_table_info($1) order by cid";
    for row in tx.fetch(sql.to_owned(), &[(&name).into()]).await? {
        let column: String = row.get("name")?;
        let kind: String = row.get("kind")?;
        let kind = match kind.as_str() {
            "text" => ColumnKind::Text,
            "bigint" => ColumnKind::Int,
            "bytea" => ColumnKind::Bytes,
            other => {
                return Err(StoreError::Database(format!(
                    "column `{column}` of `{name}` is `{other}`, which a backup does not know: use text, bigint or bytea"
                )));
            }
        };
        let place: i64 = row.get("pk")?;
        if place > 0 {
            key.push((place, column.clone()));
        }
        columns.push(Column {
            name: column,
            kind,
            optional: row.get::<i64>("given")? == 0,
        });
    }
    key.sort_unstable();
    let mut table = Table {
        columns,
        key: key.into_iter().map(|(_, column)| column).collect(),
        to_itself: None,
        refers_to: BTreeSet::new(),
        name,
    };
    let sql = "select \"table\" as other, \"from\" as col from pragma_foreign_key_list($1)";
    for row in tx.fetch(sql.to_owned(), &[(&table.name).into()]).await? {
        let other: String = row.get("other")?;
        if other == table.name {
            table.to_itself = Some(row.get("col")?);
        } else {
            table.refers_to.insert(other);
        }
    }
    Ok(table)
}

/// Each table after those that it refers to; else by name.
fn in_order(mut waiting: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::new();
    while !waiting.is_empty() {
        let there: BTreeSet<String> = ordered.iter().map(|table| table.name.clone()).collect();
        let (next, later): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|table| table.refers_to.is_subset(&there));
        if next.is_empty() {
            // Tables in a circle: none of ours, and a load of them would say so.
            ordered.extend(later);
            break;
        }
        ordered.extend(next);
        waiting = later;
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::COVERED;

    #[tokio::test]
    async fn every_table_comes_after_those_that_it_refers_to() {
        let schema = Schema::records().await.unwrap();
        let place = |name: &str| schema.tables.iter().position(|t| t.name == name).unwrap();
        for table in &schema.tables {
            for other in &table.refers_to {
                assert!(place(other) < place(&table.name), "{}", table.name);
            }
            assert!(!table.key.is_empty(), "{}", table.name);
        }
        let exchange = schema.table("exchange").unwrap();
        assert_eq!(exchange.to_itself.as_deref(), Some("in_reply_to"));
        assert!(COVERED.iter().all(|name| schema.table(name).is_some()));
    }

    /// Tables with their columns, as the server has them.
    #[cfg(feature = "testing")]
    async fn on_the_server(db: &crate::testing::TestDb) -> BTreeSet<(String, String, String)> {
        let sql = "select table_name::text as tbl, column_name::text as col, data_type::text as kind \
                   from information_schema.columns where table_schema = current_schema() \
                   and table_name not like '\\_%'";
        let mut tx = db.store.read().await.unwrap();
        let rows = tx.fetch(sql.to_owned(), &[]).await.unwrap();
        let get = |row: &crate::db::Row, name: &str| row.get::<String>(name).unwrap();
        rows.iter()
            .map(|row| (get(row, "tbl"), get(row, "col"), get(row, "kind")))
            .collect()
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn the_tables_and_columns_are_those_of_the_servers_catalogue() {
        let mut known = BTreeSet::new();
        for schema in [
            Schema::records().await.unwrap(),
            Schema::keys().await.unwrap(),
        ] {
            for table in schema.tables {
                for column in table.columns {
                    let kind = match column.kind {
                        ColumnKind::Text => "text",
                        ColumnKind::Int => "bigint",
                        ColumnKind::Bytes => "bytea",
                    };
                    known.insert((table.name.clone(), column.name, kind.to_owned()));
                }
            }
        }
        for db in crate::testing::each().await {
            if db.name == "postgres" {
                assert_eq!(on_the_server(&db).await, known);
            }
        }
    }

    #[tokio::test]
    async fn the_key_store_has_its_own_tables() {
        let schema = Schema::keys().await.unwrap();
        let names: Vec<_> = schema.tables.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["key", "log_mark"]);
    }
}
