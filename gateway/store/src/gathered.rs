//! Rows that a batch writes together. On PostgreSQL each statement is a round trip, and whoever
//! records does one after the other: rows that several pieces of work write are kept until one
//! statement can write those of all.
//!
//! They are written before anything else of the transaction that could see or miss them: another
//! statement that writes, a query, the commit. A row by its id is read without that, unless it is
//! itself among them.

use std::collections::HashMap;

use crate::ahead::Known;
use crate::db::{Inner, Tx};
use crate::error::StoreError;
use crate::row::{Record, Value};
use crate::together::Insertion;

/// The tables whose rows are kept for later, each after those that it refers to.
const TABLES: [&str; 9] = [
    "exchange",
    "item",
    "cell",
    "hold",
    "delivery",
    "delivery_step",
    "wrap",
    "notice",
    "mail_out",
];

/// Rows of one table, no two of one id.
struct Kept {
    table: &'static str,
    columns: &'static [&'static str],
    /// What makes an insertion replace the row with its id: ` on conflict …`.
    replacing: String,
    rows: Vec<Vec<Value>>,
    /// Where each id's row is among them.
    places: HashMap<String, usize>,
    /// So many are of pieces of work that are done.
    done: usize,
}

impl Kept {
    fn put(&mut self, row: Vec<Value>) {
        let id = id_of(&row).unwrap_or_default();
        if let Some(place) = self.places.get(id) {
            self.rows[*place] = row;
        } else {
            self.places.insert(id.to_owned(), self.rows.len());
            self.rows.push(row);
        }
    }

    fn is_done(&self, row: &[Value]) -> bool {
        let place = id_of(row).and_then(|id| self.places.get(id));
        place.is_some_and(|place| *place < self.done)
    }

    /// Takes the rows up to a place, or all from there on.
    fn split(&mut self, at: usize) -> Vec<Vec<Value>> {
        let after = self.rows.split_off(at.min(self.rows.len()));
        let before = std::mem::replace(&mut self.rows, after);
        self.done = 0;
        self.places.clear();
        let ids = self.rows.iter().enumerate();
        self.places = ids
            .filter_map(|(place, row)| Some((id_of(row)?.to_owned(), place)))
            .collect();
        before
    }
}

/// How a piece of work is undone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// With the whole transaction.
    None,
    /// Nothing of it is written yet: by forgetting its rows.
    Kept,
    /// By the savepoint.
    Savepoint,
}

/// What is kept for later.
pub(crate) struct Gathered {
    tables: Vec<Kept>,
    mark: Mark,
    /// The transaction has a savepoint, of this piece of work or one before.
    has_savepoint: bool,
    /// Idempotency keys that this piece of work has taken.
    pub(crate) keys: Vec<String>,
    pub(crate) known: Known,
}

/// The id is every table's first column.
fn id_of(row: &[Value]) -> Option<&str> {
    row.first().and_then(Value::text)
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.tables.iter().all(|kept| kept.rows.is_empty())
    }

    fn table(
        &mut self,
        table: &'static str,
        columns: &'static [&'static str],
        replacing: &str,
    ) -> &mut Kept {
        let place = self.tables.iter().position(|kept| kept.table == table);
        let place = place.unwrap_or(self.tables.len());
        if place == self.tables.len() {
            self.tables.push(Kept {
                table,
                columns,
                replacing: replacing.to_owned(),
                rows: Vec::new(),
                places: HashMap::new(),
                done: 0,
            });
        }
        &mut self.tables[place]
    }
}

impl Tx {
    /// Begins to keep rows for later, where that saves anything.
    pub fn gather(&mut self) {
        if let Inner::Postgres(_) = self.inner {
            self.gathered = Some(Gathered {
                tables: Vec::new(),
                mark: Mark::None,
                has_savepoint: false,
                keys: Vec::new(),
                known: Known::default(),
            });
        }
    }

    /// Whether rows of a table are kept for later now.
    pub(crate) fn gathers(&self, table: &str) -> bool {
        self.gathered.is_some() && TABLES.contains(&table)
    }

    /// Keeps rows for later. One that is kept already is replaced.
    pub(crate) async fn keep(
        &mut self,
        table: &'static str,
        columns: &'static [&'static str],
        replacing: &str,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        let of_another = |gathered: &Gathered| {
            let kept = gathered.tables.iter().find(|kept| kept.table == table);
            gathered.mark != Mark::None
                && kept.is_some_and(|kept| rows.iter().any(|row| kept.is_done(row)))
        };
        if self.gathered.as_ref().is_some_and(of_another) {
            // It would be undone with this one.
            self.settle().await?;
        }
        let Some(gathered) = &mut self.gathered else {
            let (else_do, rows) = (replacing, rows);
            return self
                .add_all(Insertion {
                    table,
                    columns,
                    else_do,
                    rows,
                })
                .await;
        };
        let kept = gathered.table(table, columns, replacing);
        for row in rows {
            kept.put(row);
        }
        Ok(())
    }

    /// Whether one of these rows is kept for later.
    pub(crate) fn keeps<R: Record>(&self, ids: &[&str]) -> bool {
        let tables = self.gathered.iter().flat_map(|gathered| &gathered.tables);
        let mut own = tables.filter(|kept| kept.table == R::TABLE);
        own.any(|kept| ids.iter().any(|id| kept.places.contains_key(*id)))
    }

    /// Writes what is kept.
    pub(crate) async fn settle(&mut self) -> Result<(), StoreError> {
        let Some(mut gathered) = self.gathered.take() else {
            return Ok(());
        };
        let settled = self.write_kept(&mut gathered).await;
        self.gathered = Some(gathered);
        settled.map_err(|error| {
            // It is the fault of whichever piece of work kept the row, and ends them all.
            self.broken = true;
            StoreError::Unavailable(error.to_string())
        })
    }

    /// Whether rows that were kept could not be written: nothing of the transaction can be.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Ends the last piece of work: nothing is undone by itself any more.
    pub async fn end_work(&mut self) -> Result<(), StoreError> {
        if let Some(gathered) = &mut self.gathered {
            gathered.mark = Mark::None;
        }
        self.free_untaken().await
    }

    async fn write_kept(&mut self, gathered: &mut Gathered) -> Result<(), StoreError> {
        if gathered.mark == Mark::Kept {
            // What is done is not undone with this piece of work.
            self.write_each(gathered, |kept| kept.done).await?;
            self.set_savepoint(gathered.has_savepoint).await?;
            (gathered.mark, gathered.has_savepoint) = (Mark::Savepoint, true);
        }
        if gathered.is_empty() {
            return Ok(());
        }
        self.write_each(gathered, |kept| kept.rows.len()).await
    }

    async fn write_each(
        &mut self,
        gathered: &mut Gathered,
        up_to: impl Fn(&Kept) -> usize,
    ) -> Result<(), StoreError> {
        let rank = |kept: &Kept| TABLES.iter().position(|table| *table == kept.table);
        gathered.tables.sort_by_key(rank);
        let mut all = Vec::new();
        for kept in &mut gathered.tables {
            let mut rows = kept.split(up_to(kept));
            // In one order always: two that write the same rows wait for each other, and end.
            rows.sort_by(|a, b| id_of(a).cmp(&id_of(b)));
            all.push(Insertion {
                table: kept.table,
                columns: kept.columns,
                else_do: &kept.replacing,
                rows,
            });
        }
        self.add_now(&all).await
    }

    /// Marks a place to roll back to; what was done since the one before is kept.
    pub async fn savepoint(&mut self) -> Result<(), StoreError> {
        let Some(gathered) = &mut self.gathered else {
            self.set_savepoint(self.marked).await?;
            self.marked = true;
            return Ok(());
        };
        // It is set when the work writes something.
        gathered.mark = Mark::Kept;
        gathered.keys.clear();
        for kept in &mut gathered.tables {
            kept.done = kept.rows.len();
        }
        Ok(())
    }

    /// Undoes what was done since the savepoint, which stays.
    pub async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        self.forget_covered();
        let Some(gathered) = &mut self.gathered else {
            return self.roll_back().await;
        };
        for kept in &mut gathered.tables {
            let done = kept.done;
            let rows = kept.split(done);
            kept.split(usize::MAX);
            for row in rows {
                kept.put(row);
            }
            kept.done = done;
        }
        let (mark, keys) = (gathered.mark, std::mem::take(&mut gathered.keys));
        if mark == Mark::Savepoint {
            self.roll_back().await?;
        }
        // They were taken before the savepoint, which is set late.
        self.free_keys(keys).await
    }
}
