//! The key store: keys wrapped under the master key, and the highest checkpoint given out.
//! A database of its own (or tables of their own), so that its backups can expire sooner than
//! those of the records.

use crate::db::{Row, Store, Tx};
use crate::error::StoreError;
use crate::row::Value;

/// A key. The secret is wrapped under the master key; a destroyed key has none.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: String,
    /// What it is for: `agency`, `hold`, `retention`, `column`, `blind`, `log`.
    pub purpose: String,
    /// Whose: an agency, an area, a (nominal, owner, class).
    pub scope: String,
    /// The public half, where there is one.
    pub public: String,
    /// The wrapped secret half.
    pub secret: Option<Vec<u8>>,
    /// `active`, `retired` (reads only) or `destroyed`.
    pub state: String,
    /// Made at, microseconds UTC.
    pub created_at: i64,
    /// Destroyed at, microseconds UTC.
    pub destroyed_at: Option<i64>,
}

impl std::fmt::Debug for KeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "key {} ({} {})", self.id, self.purpose, self.state)
    }
}

/// The highest checkpoint given out for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Leaves.
    pub size: u64,
    /// Root hash, hexadecimal.
    pub root: String,
}

/// The key store.
#[derive(Debug, Clone)]
pub struct KeyStore(Store);

pub(crate) const KEY: &str =
    "select id, purpose, scope, public, secret, state, created_at, destroyed_at from key";

impl KeyRow {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            purpose: row.get("purpose")?,
            scope: row.get("scope")?,
            public: row.get("public")?,
            secret: row.get("secret")?,
            state: row.get("state")?,
            created_at: row.get("created_at")?,
            destroyed_at: row.get("destroyed_at")?,
        })
    }
}

impl KeyStore {
    /// Opens `postgres://…` or `sqlite://FILE` and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self(Store::open_keys(url).await?))
    }

    /// A key by its id.
    pub async fn key(&self, id: &str) -> Result<Option<KeyRow>, StoreError> {
        let mut tx = self.0.read().await?;
        let rows = tx
            .fetch(format!("{KEY} where id = $1"), &[id.into()])
            .await?;
        rows.first().map(KeyRow::from_row).transpose()
    }

    /// The keys of a purpose and scope, the newest first.
    pub async fn keys(&self, purpose: &str, scope: &str) -> Result<Vec<KeyRow>, StoreError> {
        let mut tx = self.0.read().await?;
        let sql =
            format!("{KEY} where purpose = $1 and scope = $2 order by created_at desc, id desc");
        let rows = tx.fetch(sql, &[purpose.into(), scope.into()]).await?;
        rows.iter().map(KeyRow::from_row).collect()
    }

    /// The keys of either of two purposes, each with its scope, the newest first.
    pub async fn keys_of_two(
        &self,
        one: (&str, &str),
        other: (&str, &str),
    ) -> Result<Vec<KeyRow>, StoreError> {
        let mut tx = self.0.read().await?;
        let sql = format!(
            "{KEY} where (purpose = $1 and scope = $2) or (purpose = $3 and scope = $4) \
             order by created_at desc, id desc"
        );
        let asked = [one.0, one.1, other.0, other.1].map(Value::from);
        let rows = tx.fetch(sql, &asked).await?;
        rows.iter().map(KeyRow::from_row).collect()
    }

    /// The keys of a purpose and any of these scopes, the newest first.
    pub async fn keys_among(
        &self,
        purpose: &str,
        scopes: &[&str],
    ) -> Result<Vec<KeyRow>, StoreError> {
        let mut tx = self.0.read().await?;
        let sql = format!(
            "{KEY} where purpose = $1 and {} order by created_at desc, id desc",
            tx.among("scope", 2)
        );
        let scopes = serde_json::to_string(scopes).unwrap_or_default();
        let rows = tx.fetch(sql, &[purpose.into(), scopes.into()]).await?;
        rows.iter().map(KeyRow::from_row).collect()
    }

    /// All keys of a purpose, the newest first.
    pub async fn keys_for(&self, purpose: &str) -> Result<Vec<KeyRow>, StoreError> {
        let mut tx = self.0.read().await?;
        let sql = format!("{KEY} where purpose = $1 order by created_at desc, id desc");
        let rows = tx.fetch(sql, &[purpose.into()]).await?;
        rows.iter().map(KeyRow::from_row).collect()
    }

    /// Adds a key.
    pub async fn add(&self, key: &KeyRow) -> Result<(), StoreError> {
        let mut tx = self.0.write("add-key").await?;
        insert(&mut tx, key).await?;
        tx.commit().await
    }

    /// Retires the other keys of a key's purpose and scope: they go on reading.
    pub async fn retire_others(&self, key: &KeyRow) -> Result<(), StoreError> {
        let mut tx = self.0.write("retire-keys").await?;
        tx.execute(
            "update key set state = 'retired' where purpose = $1 and scope = $2 and id <> $3 \
             and state = 'active'",
            &[(&key.purpose).into(), (&key.scope).into(), (&key.id).into()],
        )
        .await?;
        tx.commit().await
    }

    /// Retires every key of a purpose and scope.
    pub async fn retire(&self, purpose: &str, scope: &str) -> Result<(), StoreError> {
        let mut tx = self.0.write("retire-keys").await?;
        tx.execute(
            "update key set state = 'retired' where purpose = $1 and scope = $2 \
             and state = 'active'",
            &[purpose.into(), scope.into()],
        )
        .await?;
        tx.commit().await
    }

    /// Destroys a key: its secret half is gone. What was sealed to it cannot be opened, here or
    /// in any backup of the records.
    pub async fn destroy(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let mut tx = self.0.write("destroy-key").await?;
        let touched = tx
            .execute(
                "update key set secret = null, state = 'destroyed', destroyed_at = $2 \
                 where id = $1 and state <> 'destroyed'",
                &[id.into(), now.into()],
            )
            .await?;
        tx.commit().await?;
        Ok(touched > 0)
    }

    /// The highest checkpoint given out for a log.
    pub async fn mark(&self, log: &str) -> Result<Option<Mark>, StoreError> {
        let mut tx = self.0.read().await?;
        let rows = tx
            .fetch(
                "select size, root from log_mark where log = $1",
                &[log.into()],
            )
            .await?;
        rows.first()
            .map(|row| {
                Ok(Mark {
                    size: u64::try_from(row.get::<i64>("size")?).unwrap_or(0),
                    root: row.get("root")?,
                })
            })
            .transpose()
    }

    /// The mark of a log, and whether a key of it is no longer in use: asked before each signature.
    pub async fn standing(&self, log: &str) -> Result<(Option<Mark>, bool), StoreError> {
        let mut tx = self.0.read().await?;
        let sql = "select m.size as size, m.root as root, k.closed as closed from \
                   (select count(*) as closed from key \
                    where purpose = 'log' and scope = $1 and state <> 'active') k \
                   left join log_mark m on m.log = $1";
        let rows = tx.fetch(sql, &[log.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok((None, false));
        };
        let size: Option<i64> = row.get("size")?;
        let mark = match size {
            Some(size) => Some(Mark {
                size: u64::try_from(size).unwrap_or(0),
                root: row.get("root")?,
            }),
            None => None,
        };
        Ok((mark, row.get::<i64>("closed")? > 0))
    }

    /// Raises the mark; a lower one is ignored. It does not wait for the disk: a mark that a
    /// power cut sets back is lower than it could be, and the next checkpoint raises it again.
    pub async fn raise_mark(&self, log: &str, mark: &Mark) -> Result<(), StoreError> {
        let mut tx = self.0.write_unsynced("raise-mark").await?;
        raise(&mut tx, log, mark).await?;
        tx.commit().await
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.0
    }

    /// Whether the key store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

pub(crate) async fn insert(tx: &mut Tx, key: &KeyRow) -> Result<(), StoreError> {
    let args: [Value; 8] = [
        (&key.id).into(),
        (&key.purpose).into(),
        (&key.scope).into(),
        (&key.public).into(),
        (&key.secret).into(),
        (&key.state).into(),
        key.created_at.into(),
        key.destroyed_at.into(),
    ];
    tx.execute(
        "insert into key (id, purpose, scope, public, secret, state, created_at, destroyed_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args,
    )
    .await
    .map(|_| ())
}

pub(crate) async fn raise(tx: &mut Tx, log: &str, mark: &Mark) -> Result<(), StoreError> {
    let size = i64::try_from(mark.size).unwrap_or(i64::MAX);
    tx.execute(
        "insert into log_mark (log, size, root) values ($1, $2, $3) \
         on conflict (log) do update set size = excluded.size, root = excluded.root \
         where log_mark.size < excluded.size",
        &[log.into(), size.into(), (&mark.root).into()],
    )
    .await
    .map(|_| ())
}
