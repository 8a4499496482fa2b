//! Rows of several tables, added at once: on PostgreSQL in one statement, for each is a round trip.

use crate::db::{Inner, Tx};
use crate::error::StoreError;
use crate::row::{Value, insert, insert_all};

/// Rows to add to one table, each a value a column.
pub(crate) struct Insertion<'r> {
    pub table: &'r str,
    pub columns: &'r [&'r str],
    /// What an insertion does that meets a row with the same key: ` on conflict …`, or nothing.
    pub else_do: &'r str,
    pub rows: Vec<Vec<Value>>,
}

impl Tx {
    /// Adds rows to a table, as [`Tx::add_together`] does to several.
    pub(crate) async fn add_all(&mut self, rows: Insertion<'_>) -> Result<(), StoreError> {
        self.add_together(&[rows]).await
    }

    /// Adds rows to tables, each of which comes after those that it refers to.
    pub(crate) async fn add_together(&mut self, all: &[Insertion<'_>]) -> Result<(), StoreError> {
        self.settle().await?;
        self.add_now(all).await
    }

    /// The same past what is kept for later.
    pub(crate) async fn add_now(&mut self, all: &[Insertion<'_>]) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(lease) => {
                for part in all {
                    let sql = insert(part.table, part.columns);
                    let replacing = (!part.else_do.is_empty()).then(|| sql.clone() + part.else_do);
                    lease.add_all(&sql, replacing.as_deref(), &part.rows)?;
                }
                Ok(())
            }
            Inner::Postgres(_) => match one_statement(all) {
                Some((sql, rows)) => self.run_all(sql, &rows).await,
                None => Ok(()),
            },
        }
    }
}

/// One statement that adds them all, with the rows that its arguments are the columns of. The first
/// table is written by the statement itself, and what stands in its `with` from the last to the
/// first (nodeModifyTable.c, `es_auxmodifytables`): written backwards there, they are locked
/// forwards, as whoever writes them one by one does. References are looked at when all is written.
fn one_statement<'r>(all: &'r [Insertion<'_>]) -> Option<(String, Vec<&'r [Vec<Value>]>)> {
    let (mut rows, mut first, mut parts) = (Vec::new(), 1, Vec::new());
    for part in all {
        if let Some(row) = part.rows.first() {
            parts.push(insert_all(part.table, part.columns, row, first) + part.else_do);
            first += row.len();
            rows.push(part.rows.as_slice());
        }
    }
    let main = (!parts.is_empty()).then(|| parts.remove(0))?;
    let others: Vec<String> = (1..)
        .zip(parts.iter().rev())
        .map(|(n, part)| format!("part{n} as ({part})"))
        .collect();
    let with = match others.is_empty() {
        true => String::new(),
        false => format!("with {} ", others.join(", ")),
    };
    Some((with + &main, rows))
}
