//! What the pieces of work of a batch ask first, asked for all of them at once. On PostgreSQL each
//! question is a round trip, and whoever records puts one after the other.

use std::collections::{HashMap, HashSet};

use crate::db::Tx;
use crate::error::StoreError;
use crate::row::{Record, insert, insert_all};
use crate::rows::{IdempotencyRow, NominalRow};

/// What a piece of work will ask.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// For the row of this nominal, by its id.
    pub nominal: Option<String>,
    /// For this idempotency key.
    pub key: Option<IdempotencyRow>,
}

/// What a batch knows already.
#[derive(Default)]
pub(crate) struct Known {
    /// Until anything else is written: these may be changed by it.
    nominals: HashMap<String, NominalRow>,
    /// Keys that are written and not taken by their piece of work yet.
    keys: HashSet<String>,
}

impl Tx {
    /// Asks for all pieces of work of a batch what they will ask, where that saves anything.
    pub async fn look_ahead(&mut self, all: &[Ahead]) -> Result<(), StoreError> {
        if self.gathered.is_none() {
            return Ok(());
        }
        let mut nominals: Vec<&str> = all.iter().filter_map(|a| a.nominal.as_deref()).collect();
        nominals.sort_unstable();
        nominals.dedup();
        let keys = self.write_keys(all).await?;
        let rows = self.by_ids::<NominalRow>(&nominals).await?;
        if let Some(gathered) = &mut self.gathered {
            gathered.known = Known {
                nominals: rows.into_iter().map(|row| (row.id.clone(), row)).collect(),
                keys,
            };
        }
        Ok(())
    }

    /// Writes the idempotency keys that are free; of these, whose they are is told when their piece
    /// of work takes them.
    async fn write_keys(&mut self, all: &[Ahead]) -> Result<HashSet<String>, StoreError> {
        let mut keys: Vec<&IdempotencyRow> = all.iter().filter_map(|a| a.key.as_ref()).collect();
        // In one order always: two that write the same rows wait for each other, and end.
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        // Two pieces of work with one key take it in their turn: the first may be undone.
        let once: Vec<_> = keys
            .chunk_by(|a, b| a.id == b.id)
            .filter_map(|same| match same {
                [one] => Some(one.values()),
                _ => None,
            })
            .collect();
        let Some(first) = once.first() else {
            return Ok(HashSet::new());
        };
        let (table, columns) = (IdempotencyRow::TABLE, IdempotencyRow::COLUMNS);
        let sql =
            insert_all(table, columns, first, 1) + " on conflict (id) do nothing returning id";
        let taken = self.ask_all(sql, &[&once]).await?;
        taken.iter().map(|row| row.get("id")).collect()
    }

    /// The row of a nominal, as the batch knows it.
    pub async fn known_nominal(&mut self, id: &str) -> Result<Option<NominalRow>, StoreError> {
        let gathered = self.gathered.as_ref();
        if let Some(row) = gathered.and_then(|gathered| gathered.known.nominals.get(id)) {
            return Ok(Some(row.clone()));
        }
        self.get(id).await
    }

    /// Takes an idempotency key; false where its agency has used it already. It goes past what is
    /// kept: that it is taken has to be known at once.
    pub async fn take_key(&mut self, key: &IdempotencyRow) -> Result<bool, StoreError> {
        let gathered = self.gathered.as_mut();
        let taken = gathered.is_some_and(|gathered| gathered.known.keys.remove(&key.id))
            || self.write_key(key).await?;
        if let (Some(gathered), true) = (&mut self.gathered, taken) {
            gathered.keys.push(key.id.clone());
        }
        Ok(taken)
    }

    async fn write_key(&mut self, key: &IdempotencyRow) -> Result<bool, StoreError> {
        let (table, columns) = (IdempotencyRow::TABLE, IdempotencyRow::COLUMNS);
        let sql = insert(table, columns) + " on conflict (id) do nothing";
        Ok(self.run(sql.into(), &key.values()).await? == 1)
    }

    /// Gives keys back.
    pub(crate) async fn free_keys(
        &mut self,
        keys: impl IntoIterator<Item = String>,
    ) -> Result<(), StoreError> {
        for key in keys {
            let sql = "delete from idempotency where id = $1";
            self.run(sql.into(), &[key.into()]).await?;
        }
        Ok(())
    }

    /// Something is written that may change what is known.
    pub(crate) fn forget_known(&mut self) {
        if let Some(gathered) = &mut self.gathered {
            gathered.known.nominals.clear();
        }
    }

    /// Gives back the keys that no piece of work has taken.
    pub(crate) async fn free_untaken(&mut self) -> Result<(), StoreError> {
        let gathered = self.gathered.as_mut();
        let keys = gathered.map(|gathered| std::mem::take(&mut gathered.known.keys));
        self.free_keys(keys.unwrap_or_default()).await
    }
}
