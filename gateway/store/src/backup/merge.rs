//! Keys out of a backup into a key store that may have some already. Of two rows of one key the
//! one that has gone further counts: a destroyed key does not come back.

use crate::db::Tx;
use crate::error::StoreError;
use crate::keys::{KeyRow, KeyStore, Mark};
use crate::row::Value;

/// A key of the backup is not the key of that name that is there.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// By the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two keys of one name.
    #[error(
        "the key store has another key `{0}` than the backup: it belongs to another installation; give an empty one, or the one that the backup was made of"
    )]
    Another(String),
}

impl KeyRow {
    /// Reads a row of the table `key`.
    pub fn from_values(values: Vec<Value>) -> Option<Self> {
        let values: [Value; 8] = values.try_into().ok()?;
        let [
            id,
            purpose,
            scope,
            public,
            secret,
            state,
            created_at,
            destroyed_at,
        ] = values;
        Some(Self {
            id: text(id)?,
            purpose: text(purpose)?,
            scope: text(scope)?,
            public: text(public)?,
            secret: match secret {
                Value::Bytes(secret) => secret,
                Value::Text(_) | Value::Int(_) => return None,
            },
            state: text(state)?,
            created_at: number(&created_at)??,
            destroyed_at: number(&destroyed_at)?,
        })
    }

    /// 0 in use, 1 retired, 2 destroyed.
    fn gone(&self) -> u8 {
        match self.state.as_str() {
            "active" => 0,
            "retired" => 1,
            _ => 2,
        }
    }

    fn is_the_key(&self, other: &Self) -> bool {
        let secrets = match (&self.secret, &other.secret) {
            (Some(one), Some(another)) => one == another,
            // Destroyed in one of them, or held by the agency itself.
            (None, _) | (_, None) => true,
        };
        let name = |row: &Self| (row.purpose.clone(), row.scope.clone(), row.created_at);
        secrets && self.public == other.public && name(self) == name(other)
    }
}

impl Mark {
    /// Reads a row of the table `log_mark`: the log, and its mark.
    pub fn from_values(values: Vec<Value>) -> Option<(String, Self)> {
        let [log, size, root]: [Value; 3] = values.try_into().ok()?;
        let size = u64::try_from(number(&size)??).ok()?;
        let mark = Self {
            size,
            root: text(root)?,
        };
        Some((text(log)?, mark))
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => text,
        Value::Int(_) | Value::Bytes(_) => None,
    }
}

#[expect(
    clippy::option_option,
    reason = "not a number, and no number, are two things"
)]
fn number(value: &Value) -> Option<Option<i64>> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Text(_) | Value::Bytes(_) => None,
    }
}

impl KeyStore {
    /// A transaction that merges keys and marks in: all of them or none.
    pub async fn merging(&self) -> Result<Tx, StoreError> {
        self.store().write("restore-keys").await
    }

    /// Every log that has a mark.
    pub async fn marks(&self) -> Result<Vec<(String, Mark)>, StoreError> {
        let mut tx = self.store().read().await?;
        let sql = "select log, size, root from log_mark order by log";
        let rows = tx.fetch(sql.to_owned(), &[]).await?;
        rows.iter()
            .map(|row| {
                let size = u64::try_from(row.get::<i64>("size")?).unwrap_or(0);
                let root = row.get("root")?;
                Ok((row.get("log")?, Mark { size, root }))
            })
            .collect()
    }

    /// Whether there is no key.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let mut tx = self.store().read().await?;
        let rows = tx.fetch("select id from key limit 1", &[]).await?;
        Ok(rows.is_empty())
    }
}

impl Tx {
    /// Takes a key in.
    pub async fn merge_key(&mut self, key: &KeyRow) -> Result<(), MergeError> {
        let sql = format!("{} where id = $1", crate::keys::KEY);
        let there = self.fetch(sql, &[(&key.id).into()]).await?;
        let Some(there) = there.first().map(KeyRow::from_row).transpose()? else {
            crate::keys::insert(self, key).await?;
            return Ok(());
        };
        if !there.is_the_key(key) {
            return Err(MergeError::Another(key.id.clone()));
        }
        if there.gone() < key.gone() {
            let args: [Value; 4] = [
                (&key.id).into(),
                (&key.secret).into(),
                (&key.state).into(),
                key.destroyed_at.into(),
            ];
            let sql = "update key set secret = $2, state = $3, destroyed_at = $4 where id = $1";
            self.execute(sql.to_owned(), &args).await?;
        }
        Ok(())
    }

    /// Takes a mark in; a lower one is ignored.
    pub async fn merge_mark(&mut self, log: &str, mark: &Mark) -> Result<(), StoreError> {
        crate::keys::raise(self, log, mark).await
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing;

    fn key(id: &str, state: &str, secret: Option<Vec<u8>>) -> KeyRow {
        KeyRow {
            id: id.to_owned(),
            purpose: "retention".to_owned(),
            scope: "n/o/c".to_owned(),
            public: "age1".to_owned(),
            secret,
            state: state.to_owned(),
            created_at: 1,
            destroyed_at: (state == "destroyed").then_some(2),
        }
    }

    #[tokio::test]
    async fn of_two_rows_of_a_key_the_one_that_has_gone_further_counts() {
        for db in testing::each().await {
            let secret = Some(vec![7]);
            db.keys.add(&key("a", "destroyed", None)).await.unwrap();
            db.keys
                .add(&key("b", "active", secret.clone()))
                .await
                .unwrap();
            let mut tx = db.keys.merging().await.unwrap();
            for row in [
                key("a", "active", secret.clone()),
                key("b", "destroyed", None),
                key("c", "retired", secret.clone()),
            ] {
                tx.merge_key(&row).await.unwrap();
            }
            tx.commit().await.unwrap();
            for (id, state) in [("a", "destroyed"), ("b", "destroyed"), ("c", "retired")] {
                let there = db.keys.key(id).await.unwrap().unwrap();
                let kept = (state == "retired").then(|| vec![7]);
                assert_eq!((there.state.as_str(), there.secret), (state, kept), "{id}");
            }
        }
    }

    #[tokio::test]
    async fn another_installations_key_of_the_same_name_is_refused_and_nothing_is_merged() {
        for db in testing::each().await {
            db.keys
                .add(&key("a", "active", Some(vec![1])))
                .await
                .unwrap();
            let mut tx = db.keys.merging().await.unwrap();
            tx.merge_key(&key("b", "active", Some(vec![1])))
                .await
                .unwrap();
            let refused = tx.merge_key(&key("a", "active", Some(vec![2]))).await;
            assert!(matches!(refused, Err(MergeError::Another(id)) if id == "a"));
            drop(tx);
            assert!(db.keys.key("b").await.unwrap().is_none());
        }
    }
}
