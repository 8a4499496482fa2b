//! The log's tables: head, leaves with their openings, covered rows, tiles.

use gateway_ledger::rows::CoveredRow;
use gateway_ledger::{TileId, Tiles};

use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::row::Value;
use crate::together::Insertion;

/// A log and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// The log's id.
    pub id: String,
    /// Its area.
    pub area: String,
    /// Counts the times the area's log was begun anew.
    pub epoch: i64,
    /// The checkpoint's origin line.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root hash, hexadecimal.
    pub root: String,
    /// The newest signed checkpoint; empty before the first leaf.
    pub checkpoint: String,
    /// When the log was begun, microseconds UTC.
    pub created_at: i64,
}

/// A leaf to add.
#[derive(Debug, Clone)]
pub struct NewLeaf {
    /// The event's id.
    pub id: String,
    /// Kind of event.
    pub kind: &'static str,
    /// When, microseconds UTC.
    pub at: i64,
    /// The exchange.
    pub exchange: Option<String>,
    /// The nominal.
    pub nominal: Option<String>,
    /// Salt of the leaf.
    pub salt: Vec<u8>,
    /// Salt of the commitment to rows.
    pub row_salt: Vec<u8>,
    /// The event as JSON (RFC 8785 form).
    pub event: String,
    /// The leaf's data: 32 bytes.
    pub data: Vec<u8>,
    /// The rows it covers.
    pub rows: Vec<CoveredRow>,
}

/// A leaf as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRow {
    /// The log.
    pub log: String,
    /// Its index.
    pub index: u64,
    /// The event's id.
    pub id: String,
    /// Kind of event.
    pub kind: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// The exchange.
    pub exchange: Option<String>,
    /// The nominal.
    pub nominal: Option<String>,
    /// Salt of the leaf.
    pub salt: Vec<u8>,
    /// Salt of the commitment to rows.
    pub row_salt: Vec<u8>,
    /// The event as JSON.
    pub event: String,
    /// The leaf's data.
    pub data: Vec<u8>,
}

const HEAD: &str = "select id, area, epoch, origin, size, root, checkpoint, created_at from log";
pub(crate) const LEAF: &str = "select log, idx, id, kind, at, exchange, nominal, salt, row_salt, event, data \
                    from log_leaf";

impl LogHead {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            area: row.get("area")?,
            epoch: row.get("epoch")?,
            origin: row.get("origin")?,
            size: unsigned(row.get("size")?),
            root: row.get("root")?,
            checkpoint: row.get("checkpoint")?,
            created_at: row.get("created_at")?,
        })
    }
}

impl LeafRow {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            log: row.get("log")?,
            index: unsigned(row.get("idx")?),
            id: row.get("id")?,
            kind: row.get("kind")?,
            at: row.get("at")?,
            exchange: row.get("exchange")?,
            nominal: row.get("nominal")?,
            salt: row.get("salt")?,
            row_salt: row.get("row_salt")?,
            event: row.get("event")?,
            data: row.get("data")?,
        })
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What is written of a leaf, and of each row that it covers.
const LEAF_COLUMNS: &[&str] = &[
    "log", "idx", "id", "kind", "at", "exchange", "nominal", "salt", "row_salt", "event", "data",
];
const ROW_COLUMNS: &[&str] = &["log", "idx", "tbl", "row_id", "digest"];
const TILE_COLUMNS: &[&str] = &["log", "level", "n", "data"];
/// A tile grows until it is full.
const WIDER: &str = " on conflict (log, level, n) do update set data = excluded.data";

impl Tx {
    /// Begins a log; the area's earlier one is closed.
    pub async fn add_log(&mut self, head: &LogHead) -> Result<(), StoreError> {
        self.execute(
            "update log set state = 'closed' where area = $1",
            &[(&head.area).into()],
        )
        .await?;
        let args: [Value; 8] = [
            (&head.id).into(),
            (&head.area).into(),
            head.epoch.into(),
            (&head.origin).into(),
            signed(head.size).into(),
            (&head.root).into(),
            (&head.checkpoint).into(),
            head.created_at.into(),
        ];
        self.execute(
            "insert into log (id, area, epoch, origin, size, root, checkpoint, created_at, state) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'open')",
            &args,
        )
        .await
        .map(|_| ())
    }

    /// The area's open log.
    pub async fn log_head(&mut self, area: &str) -> Result<Option<LogHead>, StoreError> {
        let rows = self
            .fetch(
                format!("{HEAD} where area = $1 and state = 'open'"),
                &[area.into()],
            )
            .await?;
        rows.first().map(LogHead::from_row).transpose()
    }

    /// The open log of the area that was made first.
    pub async fn first_log_head(&mut self) -> Result<Option<LogHead>, StoreError> {
        let first = "(select id from area order by created_at, id limit 1)";
        let rows = self
            .fetch(
                format!("{HEAD} where area = {first} and state = 'open'"),
                &[],
            )
            .await?;
        rows.first().map(LogHead::from_row).transpose()
    }

    /// The area's open log, its head held until the transaction ends: the first statement of
    /// whoever records.
    pub async fn lock_log(&mut self, area: &str) -> Result<Option<LogHead>, StoreError> {
        let sql = format!(
            "{HEAD} where area = $1 and state = 'open'{}",
            self.for_update()
        );
        let rows = self.fetch(sql, &[area.into()]).await?;
        rows.first().map(LogHead::from_row).transpose()
    }

    /// A log by its id.
    pub async fn log(&mut self, id: &str) -> Result<Option<LogHead>, StoreError> {
        let rows = self
            .fetch(format!("{HEAD} where id = $1"), &[id.into()])
            .await?;
        rows.first().map(LogHead::from_row).transpose()
    }

    /// All logs, closed ones too.
    pub async fn logs(&mut self) -> Result<Vec<LogHead>, StoreError> {
        let rows = self
            .fetch(format!("{HEAD} order by area, epoch"), &[])
            .await?;
        rows.iter().map(LogHead::from_row).collect()
    }

    /// Moves a log's head.
    pub async fn move_log(
        &mut self,
        log: &str,
        size: u64,
        root: &str,
        checkpoint: &str,
    ) -> Result<(), StoreError> {
        self.execute(
            "update log set size = $2, root = $3, checkpoint = $4 where id = $1",
            &[
                log.into(),
                signed(size).into(),
                root.into(),
                checkpoint.into(),
            ],
        )
        .await
        .map(|_| ())
    }

    /// Adds a leaf with what it covers.
    pub async fn add_leaf(
        &mut self,
        log: &str,
        index: u64,
        leaf: &NewLeaf,
    ) -> Result<(), StoreError> {
        self.add_leaves(log, [(index, leaf)], &Tiles::new()).await
    }

    /// Adds leaves, each at its index, with what they cover, and the tiles that are new or wider
    /// with them.
    pub async fn add_leaves<'l>(
        &mut self,
        log: &str,
        leaves: impl IntoIterator<Item = (u64, &'l NewLeaf)>,
        tiles: &Tiles,
    ) -> Result<(), StoreError> {
        let (mut added, mut covered) = (Vec::new(), Vec::new());
        for (index, leaf) in leaves {
            added.push(vec![
                log.into(),
                signed(index).into(),
                (&leaf.id).into(),
                leaf.kind.into(),
                leaf.at.into(),
                (&leaf.exchange).into(),
                (&leaf.nominal).into(),
                (&leaf.salt).into(),
                (&leaf.row_salt).into(),
                (&leaf.event).into(),
                (&leaf.data).into(),
            ]);
            covered.extend(leaf.rows.iter().map(|row| {
                vec![
                    log.into(),
                    signed(index).into(),
                    (&row.table).into(),
                    (&row.id).into(),
                    (&row.digest).into(),
                ]
            }));
        }
        let tiles = tiles.iter().map(|(id, data)| {
            vec![
                log.into(),
                i64::from(id.level).into(),
                signed(id.index).into(),
                data.into(),
            ]
        });
        let part = |table, columns, else_do, rows| Insertion {
            table,
            columns,
            else_do,
            rows,
        };
        self.add_together(&[
            part("log_leaf", LEAF_COLUMNS, "", added),
            part("log_row", ROW_COLUMNS, "", covered),
            part("log_tile", TILE_COLUMNS, WIDER, tiles.collect()),
        ])
        .await
    }

    /// Leaves of a log from an index on.
    pub async fn leaves(
        &mut self,
        log: &str,
        from: u64,
        limit: i64,
    ) -> Result<Vec<LeafRow>, StoreError> {
        let sql = format!("{LEAF} where log = $1 and idx >= $2 order by idx limit $3");
        let rows = self
            .fetch(sql, &[log.into(), signed(from).into(), limit.into()])
            .await?;
        rows.iter().map(LeafRow::from_row).collect()
    }

    /// When a leaf was written, microseconds UTC.
    pub async fn leaf_at(&mut self, log: &str, index: u64) -> Result<Option<i64>, StoreError> {
        let sql = "select at from log_leaf where log = $1 and idx = $2";
        let rows = self.fetch(sql, &[log.into(), signed(index).into()]).await?;
        rows.first().map(|row| row.get("at")).transpose()
    }

    /// One leaf.
    pub async fn leaf(&mut self, log: &str, index: u64) -> Result<Option<LeafRow>, StoreError> {
        Ok(self
            .leaves(log, index, 1)
            .await?
            .into_iter()
            .find(|leaf| leaf.index == index))
    }

    /// The first leaf that commits to a covered row.
    pub async fn leaf_of_row(
        &mut self,
        table: &str,
        id: &str,
    ) -> Result<Option<LeafRow>, StoreError> {
        let sql =
            "select log, idx from log_row where tbl = $1 and row_id = $2 order by idx limit 1";
        let rows = self.fetch(sql, &[table.into(), id.into()]).await?;
        let Some(place) = rows.first() else {
            return Ok(None);
        };
        let (log, index): (String, i64) = (place.get("log")?, place.get("idx")?);
        self.leaf(&log, u64::try_from(index).unwrap_or_default())
            .await
    }

    /// The leaves of an exchange, in order.
    pub async fn leaves_of_exchange(&mut self, exchange: &str) -> Result<Vec<LeafRow>, StoreError> {
        let sql = format!("{LEAF} where exchange = $1 order by at, idx");
        let rows = self.fetch(sql, &[exchange.into()]).await?;
        rows.iter().map(LeafRow::from_row).collect()
    }

    /// The leaves of one kind of these exchanges, each exchange's in order.
    pub async fn leaves_of_all(
        &mut self,
        exchanges: &[&str],
        kind: &str,
    ) -> Result<Vec<LeafRow>, StoreError> {
        if exchanges.is_empty() {
            return Ok(Vec::new());
        }
        let among = self.among("exchange", 1);
        let sql = format!("{LEAF} where {among} and kind = $2 order by exchange, at, idx");
        let list = serde_json::to_string(exchanges).unwrap_or_default();
        let rows = self.fetch(sql, &[list.into(), kind.into()]).await?;
        rows.iter().map(LeafRow::from_row).collect()
    }

    /// The leaves of a nominal, and of those that were merged into it, in order, from an event
    /// id on.
    pub async fn leaves_of_nominal(
        &mut self,
        nominal: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<LeafRow>, StoreError> {
        let sql = format!(
            "{LEAF} where {} and ($2 is null or id > $2) order by id limit $3",
            crate::events::OF_NOMINAL
        );
        let rows = self
            .fetch(sql, &[nominal.into(), after.into(), limit.into()])
            .await?;
        rows.iter().map(LeafRow::from_row).collect()
    }

    /// The rows a leaf covers.
    pub async fn leaf_rows(
        &mut self,
        log: &str,
        index: u64,
    ) -> Result<Vec<CoveredRow>, StoreError> {
        let rows = self
            .fetch(
                "select tbl, row_id, digest from log_row where log = $1 and idx = $2",
                &[log.into(), signed(index).into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(CoveredRow {
                    table: row.get("tbl")?,
                    id: row.get("row_id")?,
                    digest: row.get("digest")?,
                })
            })
            .collect()
    }

    /// Tiles by their ids; those not there are absent from the answer.
    pub async fn tiles(&mut self, log: &str, ids: &[TileId]) -> Result<Tiles, StoreError> {
        let mut args: Vec<Value> = vec![log.into()];
        let mut each = Vec::new();
        for id in ids {
            args.extend([i64::from(id.level).into(), signed(id.index).into()]);
            each.push(format!(
                "(level = ${} and n = ${})",
                args.len() - 1,
                args.len()
            ));
        }
        if each.is_empty() {
            return Ok(Tiles::new());
        }
        let sql = format!(
            "select level, n, data from log_tile where log = $1 and ({})",
            each.join(" or ")
        );
        let rows = self.fetch(sql, &args).await?;
        let found = |row: &Row, id: &TileId| -> Result<bool, StoreError> {
            let (level, n): (i64, i64) = (row.get("level")?, row.get("n")?);
            Ok(level == i64::from(id.level) && n == signed(id.index))
        };
        let mut tiles = Tiles::new();
        for row in &rows {
            for id in ids {
                if found(row, id)? {
                    tiles.insert(*id, row.get("data")?);
                }
            }
        }
        Ok(tiles)
    }

    /// Every (table, row, digest) that the newest leaf covering it committed to, in pages:
    /// tables and rows after the given place.
    pub async fn newest_digests(
        &mut self,
        table: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<NewestDigest>, StoreError> {
        let rows = self
            .fetch(
                "select r.row_id as row_id, r.digest as digest, r.log as log, r.idx as idx \
                 from log_row r join log_leaf l on l.log = r.log and l.idx = r.idx \
                 where r.tbl = $1 and r.row_id > $2 and not exists \
                   (select 1 from log_row n join log_leaf m on m.log = n.log and m.idx = n.idx \
                    where n.tbl = r.tbl and n.row_id = r.row_id \
                      and (m.at > l.at or (m.at = l.at and m.idx > l.idx))) \
                 order by r.row_id limit $3",
                &[table.into(), after.into(), limit.into()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(NewestDigest {
                    id: row.get("row_id")?,
                    digest: row.get("digest")?,
                    log: row.get("log")?,
                    index: unsigned(row.get("idx")?),
                })
            })
            .collect()
    }
}

/// What the log last committed to for one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestDigest {
    /// The row's id.
    pub id: String,
    /// The digest.
    pub digest: String,
    /// The log.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
}
