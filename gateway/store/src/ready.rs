//! Rows made ready before they are written: what one thread writes for all need not be worked out
//! by it.

use gateway_ledger::rows::CoveredRow;

use crate::db::Tx;
use crate::error::StoreError;
use crate::row::{Record, Value};
use crate::together::Insertion;

/// Rows of one table, no two of one id, as a transaction of this name writes them.
pub struct Ready {
    name: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
    replacing: String,
    rows: Vec<Vec<Value>>,
    covered: Vec<CoveredRow>,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.rows.len(), self.table)
    }
}

impl Ready {
    /// Makes rows ready for a transaction of this name.
    pub fn of<R: Record>(name: &'static str, rows: &mut [R]) -> Self {
        let mut ready = Self {
            name,
            table: R::TABLE,
            columns: R::COLUMNS,
            replacing: crate::row::replacing(R::COLUMNS),
            rows: Vec::with_capacity(rows.len()),
            covered: Vec::new(),
        };
        for row in rows {
            row.set_updated_by(name);
            let values = row.values();
            if R::COVERED {
                ready.covered.push(row.covered_by(&values));
            }
            ready.rows.push(values);
        }
        ready
    }
}

impl Tx {
    /// Writes rows that are ready as [`Tx::put_all`] does.
    ///
    /// # Errors
    /// [`StoreError::Database`] where they were made ready for a transaction of another name; as
    /// [`Tx::put_all`].
    pub async fn put_ready(&mut self, ready: Ready) -> Result<(), StoreError> {
        if ready.name != self.name() {
            let (made, name) = (ready.name, self.name());
            return Err(StoreError::Database(format!(
                "rows made ready for `{made}` were to be written by `{name}`"
            )));
        }
        for row in ready.covered {
            self.cover_row(ready.table, row);
        }
        if self.gathers(ready.table) {
            return self
                .keep(ready.table, ready.columns, &ready.replacing, ready.rows)
                .await;
        }
        self.add_all(Insertion {
            table: ready.table,
            columns: ready.columns,
            else_do: &ready.replacing,
            rows: ready.rows,
        })
        .await
    }
}
