//! What is known of the logs beside the backup: the marks of the key stores, and checkpoints and
//! receipts that others kept.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gateway_flow::epoch::{Continuation, LostLog};
use gateway_ledger::Verifier;
use gateway_seal::MasterKey;
use gateway_store::backup::MergeError;
use gateway_store::{KeyRow, Mark};
use gateway_vault::check_at_rest;

use super::Target;
use crate::backup::logs::Seen;
use crate::backup::manifest::Log;
use crate::{files, usage};

/// By log.
#[derive(Default)]
pub struct Known {
    /// Rows of the target's own log keys.
    rows: Vec<KeyRow>,
    keys: BTreeMap<String, String>,
    seen: Vec<Seen>,
}

/// An area's open log in the backup, and what its new epoch continues.
pub struct Heads {
    /// The log.
    pub log: Log,
    /// The number of the new epoch.
    pub epoch: i64,
    /// What the new epoch's first leaf says.
    pub continues: Continuation,
}

impl Known {
    /// Of the target's key store, where that is still there.
    pub async fn of(target: &Target) -> anyhow::Result<Self> {
        let mut known = Self::default();
        for row in target.keys.keys_for("log").await? {
            known.key(&row)?;
            known.rows.push(row);
        }
        for (log, mark) in target.keys.marks().await? {
            known.mark(&log, &mark, "this installation's key store");
        }
        Ok(known)
    }

    /// That the target's own keys are under the master key.
    pub fn check(&self, master: &MasterKey) -> anyhow::Result<()> {
        let all = self.rows.iter().map(|row| check_at_rest(master, row));
        Ok(all.collect::<Result<(), _>>()?)
    }

    /// A log's key: of one log there is only one.
    pub fn key(&mut self, row: &KeyRow) -> anyhow::Result<()> {
        if row.purpose != "log" {
            return Ok(());
        }
        let key = row.public.trim();
        let known = self.keys.entry(row.scope.clone());
        if known.or_insert_with(|| key.to_owned()) != key {
            return Err(MergeError::Another(row.id.clone()).into());
        }
        Ok(())
    }

    /// A log's mark.
    pub fn mark(&mut self, log: &str, mark: &Mark, by: &str) {
        self.seen.push(Seen {
            log: log.to_owned(),
            size: mark.size,
            root: mark.root.clone(),
            by: by.to_owned(),
        });
    }

    /// A checkpoint, or a receipt with one in it, that somebody kept: signed by the log's key.
    pub fn kept(&mut self, file: &Path) -> anyhow::Result<()> {
        let text = files::read_text(file).map_err(|error| usage(format!("{error:#}")))?;
        let note = note_in(&text);
        let origin = note.lines().next().unwrap_or_default();
        let shown = file.display();
        let key = self
            .keys
            .iter()
            .find(|(_, key)| key.split('+').next() == Some(origin));
        let (log, key) = key.with_context(|| {
            format!("`{shown}` is of a log `{origin}`, whose key neither the backup nor the key store has")
        })?;
        let head = Verifier::parse(key)?
            .open(&note)
            .with_context(|| format!("`{shown}` does not hold"))?;
        self.seen.push(Seen {
            log: log.clone(),
            size: head.size,
            root: hex::encode(head.root.0),
            by: format!("`{shown}`"),
        });
        Ok(())
    }

    /// The verifier keys, by log.
    pub fn verifiers(&self) -> BTreeMap<String, String> {
        self.keys.clone()
    }

    /// What was seen.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.clone()
    }

    /// Two heads of one log that were seen, of one size and with different roots: the log was
    /// forked, and a restore would bury the proof.
    pub fn no_fork(&self) -> anyhow::Result<()> {
        for one in &self.seen {
            let other = self.seen.iter().find(|other| {
                other.log == one.log && other.size == one.size && other.root != one.root
            });
            if let Some(other) = other {
                anyhow::bail!(
                    "log `{}` was signed twice, differently, at {} entries: by {} and by {}; keep both, and find out who held its key before anything is restored",
                    one.log,
                    one.size,
                    one.by,
                    other.by
                );
            }
        }
        Ok(())
    }

    /// For each area of the backup, its open log and what its new epoch continues.
    pub fn heads(&self, logs: &[Log]) -> Vec<Heads> {
        let mut open: BTreeMap<&str, &Log> = BTreeMap::new();
        for log in logs {
            let newest = open.entry(&log.area).or_insert(log);
            if newest.epoch < log.epoch {
                *newest = log;
            }
        }
        open.into_values().map(|log| self.head(log)).collect()
    }

    fn head(&self, log: &Log) -> Heads {
        let held = Mark {
            size: log.size,
            root: log.root.clone(),
        };
        let highest = |id: &str| {
            let of_it = self.seen.iter().filter(|seen| seen.log == id);
            of_it.max_by_key(|seen| seen.size).map(|seen| Mark {
                size: seen.size,
                root: seen.root.clone(),
            })
        };
        let known = highest(&log.id).filter(|known| known.size > held.size);
        let mut epoch = log.epoch;
        let mut lost = Vec::new();
        for (id, key) in &self.keys {
            let number = id.strip_prefix(&format!("{}-", log.area));
            let number = number.and_then(|number| number.parse::<i64>().ok());
            if let Some(number) = number.filter(|number| *number > log.epoch) {
                epoch = epoch.max(number);
                lost.push(LostLog {
                    log: id.clone(),
                    origin: key.split('+').next().unwrap_or_default().to_owned(),
                    known: highest(id).unwrap_or(Mark {
                        size: 0,
                        root: hex::encode(gateway_ledger::empty_root().0),
                    }),
                });
            }
        }
        Heads {
            epoch: epoch + 1,
            continues: Continuation {
                log: log.id.clone(),
                origin: log.origin.clone(),
                verifier_key: self.keys.get(&log.id).cloned().unwrap_or_default(),
                known: known.unwrap_or_else(|| held.clone()),
                held,
                lost,
            },
            log: log.clone(),
        }
    }
}

/// The note in a file: itself, the last part of a receipt, or the base64 of an answer's
/// `Ledger-Checkpoint` header.
fn note_in(text: &str) -> String {
    if text.starts_with("c2sp.org/tlog-proof@v1\n")
        && let Some((_, note)) = text.split_once("\n\n")
    {
        return note.to_owned();
    }
    let decoded = BASE64_STANDARD.decode(text.trim()).ok();
    decoded
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| text.to_owned())
}
