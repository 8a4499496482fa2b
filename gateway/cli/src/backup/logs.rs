//! Whether the logs in a backup hold: every entry, every tile, the root, the signature, and every
//! checkpoint that somebody kept.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use gateway_ledger::{Hash, TileId, Tiles, Verifier, append, edge_tiles, leaf_hash};
use gateway_store::Value;
use gateway_store::backup::Schema;
use sha2::{Digest as _, Sha256};

use super::archive::Archive;
use super::manifest::Log;
use super::records_name;

/// How many entries are taken in at once: a bundle.
const BUNDLE: usize = 256;

/// A head that somebody has seen of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The log.
    pub log: String,
    /// Entries.
    pub size: u64,
    /// Root hash, hexadecimal.
    pub root: String,
    /// Who has seen it, in words.
    pub by: String,
}

/// Verifies every log of the backup, with the verifier keys by log, and that what was seen of
/// them, as far as they reach, is their beginning.
pub fn check(
    archive: &Archive,
    schema: &Schema,
    logs: &[Log],
    keys: &BTreeMap<String, String>,
    seen: &[Seen],
    progress: &mut dyn FnMut(u64),
) -> anyhow::Result<()> {
    listed(archive, schema, logs)?;
    let mut walks: BTreeMap<&str, Walk<'_>> = logs
        .iter()
        .map(|log| (log.id.as_str(), Walk::new(log, seen)))
        .collect();
    let table = schema.table("log_leaf").context("no table of leaves")?;
    for line in archive.lines(&records_name("log_leaf"))? {
        let row = table.read(&line?)?;
        let at = |name: &str| table.columns.iter().position(|c| c.name == name);
        let get = |name: &str| at(name).and_then(|at| row.get(at));
        let (Some(Value::Text(Some(log))), Some(Value::Int(Some(index)))) =
            (get("log"), get("idx"))
        else {
            anyhow::bail!("a leaf without a place");
        };
        let Some(Value::Bytes(Some(data))) = get("data") else {
            anyhow::bail!("a leaf without data");
        };
        let walk = walks.get_mut(log.as_str());
        let walk =
            walk.with_context(|| format!("there are entries of a log `{log}`, which is none"))?;
        walk.push(*index, data)?;
        progress(1);
    }
    let mut tiles = tiles(archive, schema)?;
    for (id, walk) in walks {
        let key = keys
            .get(id)
            .with_context(|| format!("there is no key of log `{id}`"))?;
        let of_log = tiles.remove(id).unwrap_or_default();
        walk.end(key, &of_log)?;
    }
    anyhow::ensure!(tiles.is_empty(), "there are tiles of a log that is none");
    Ok(())
}

/// The manifest's logs are those of the table.
fn listed(archive: &Archive, schema: &Schema, logs: &[Log]) -> anyhow::Result<()> {
    let table = schema.table("log").context("no table of logs")?;
    let mut count = 0;
    for line in archive.lines(&records_name("log"))? {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        let same = |log: &Log| {
            row.get("id") == Some(&log.id.as_str().into())
                && row.get("area") == Some(&log.area.as_str().into())
                && row.get("epoch") == Some(&log.epoch.into())
                && row.get("origin") == Some(&log.origin.as_str().into())
                && row.get("size") == Some(&log.size.into())
                && row.get("root") == Some(&log.root.as_str().into())
                && row.get("checkpoint") == Some(&log.checkpoint.as_str().into())
        };
        anyhow::ensure!(
            logs.iter().any(same),
            "its table `{}` is not what the manifest says",
            table.name
        );
        count += 1;
    }
    anyhow::ensure!(
        count == logs.len(),
        "it has not the logs that its manifest lists"
    );
    Ok(())
}

/// The digests of a log's tiles.
type TileDigests = HashMap<TileId, [u8; 32]>;

/// Those of the backup, by log.
fn tiles(archive: &Archive, schema: &Schema) -> anyhow::Result<HashMap<String, TileDigests>> {
    let table = schema.table("log_tile").context("no table of tiles")?;
    let mut tiles: HashMap<String, TileDigests> = HashMap::new();
    for line in archive.lines(&records_name("log_tile"))? {
        let row: Result<[Value; 4], _> = table.read(&line?)?.try_into();
        let Ok(
            [
                Value::Text(Some(log)),
                Value::Int(Some(level)),
                Value::Int(Some(index)),
                Value::Bytes(Some(data)),
            ],
        ) = row
        else {
            anyhow::bail!("a tile without a place");
        };
        let id = TileId {
            level: u8::try_from(level)?,
            index: u64::try_from(index)?,
        };
        let digest = Sha256::digest(&data).into();
        tiles.entry(log).or_default().insert(id, digest);
    }
    Ok(tiles)
}

/// A log on its way from the first entry to the last.
struct Walk<'l> {
    log: &'l Log,
    seen: Vec<&'l Seen>,
    size: u64,
    edge: Tiles,
    waiting: Vec<Hash>,
    root: Hash,
    built: TileDigests,
}

impl<'l> Walk<'l> {
    fn new(log: &'l Log, seen: &'l [Seen]) -> Self {
        let of_it = |seen: &&Seen| seen.log == log.id && seen.size <= log.size;
        let mut seen: Vec<&Seen> = seen.iter().filter(of_it).collect();
        seen.sort_by_key(|seen| std::cmp::Reverse(seen.size));
        Self {
            log,
            seen,
            size: 0,
            edge: Tiles::new(),
            waiting: Vec::new(),
            root: gateway_ledger::empty_root(),
            built: TileDigests::new(),
        }
    }

    fn push(&mut self, index: i64, data: &[u8]) -> anyhow::Result<()> {
        let next = self.size + self.waiting.len() as u64;
        let data: &[u8; 32] = data.try_into().context("a leaf is not 32 bytes")?;
        anyhow::ensure!(
            u64::try_from(index) == Ok(next),
            "log `{}` has no entry {next}",
            self.log.id
        );
        if next == 0 {
            self.compare()?;
        }
        self.waiting.push(leaf_hash(data));
        let stop = self.seen.last().is_some_and(|seen| seen.size == next + 1);
        if stop || self.waiting.len() == BUNDLE {
            self.grow()?;
        }
        Ok(())
    }

    fn grow(&mut self) -> anyhow::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let grown = append(self.size, &self.edge, &waiting)?;
        for (id, data) in grown.tiles {
            self.built.insert(id, Sha256::digest(&data).into());
            self.edge.insert(id, data);
        }
        (self.size, self.root) = (grown.size, grown.root);
        let needed = edge_tiles(self.size);
        self.edge.retain(|id, _| needed.contains(id));
        self.compare()
    }

    /// What was seen of the log at this size is what it is.
    fn compare(&mut self) -> anyhow::Result<()> {
        while let Some(seen) = self.seen.pop_if(|seen| seen.size == self.size) {
            anyhow::ensure!(
                seen.root == hex::encode(self.root.0),
                "the first {} entries of log `{}` are not those of the checkpoint that {} has: one of the two is not this gateway's log, and nothing can be restored before it is known which",
                seen.size,
                self.log.origin,
                seen.by
            );
        }
        Ok(())
    }

    fn end(mut self, key: &str, tiles: &TileDigests) -> anyhow::Result<()> {
        if !self.waiting.is_empty() {
            self.grow()?;
        }
        self.compare()?;
        let Log { origin, size, .. } = self.log;
        anyhow::ensure!(
            self.size == *size && hex::encode(self.root.0) == self.log.root,
            "log `{origin}` is not the one of its head"
        );
        anyhow::ensure!(
            self.built == *tiles,
            "log `{origin}` has other tiles than entries"
        );
        if *size == 0 && self.log.checkpoint.is_empty() {
            return Ok(());
        }
        let signed = Verifier::parse(key)?.open(&self.log.checkpoint)?;
        anyhow::ensure!(
            signed.size == *size && signed.root == self.root && signed.origin == *origin,
            "the checkpoint of log `{origin}` is not of its head"
        );
        Ok(())
    }
}
