//! An area's logs one after the other: each later one begins with what was known of the one
//! before it, and names the key that the receipts of before are checked with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use gateway_flow::epoch::Continuation;
use gateway_ledger::{Verified, Verifier, verify_log, verify_unsigned};
use gateway_store::{KeyStore, LogHead, Mark, Store};
use tokio::runtime::Runtime;

use super::source::DatabaseSource;
use crate::progress;

/// A log that a later one continues, and that holds.
pub struct Earlier {
    /// The log.
    pub whole: Verified,
    /// What the later one says of it.
    pub continues: Continuation,
}

/// Another log of the same installation, that holds.
pub struct Beside {
    /// The log.
    pub whole: Verified,
    /// Its signature was checked, with a key that was given.
    pub signed: bool,
}

/// A log of an installation, with those that it continues.
pub struct Epochs<'r> {
    /// The runtime that reads the database.
    pub runtime: &'r Runtime,
    /// The database.
    pub store: &'r Store,
    /// Every log that there is.
    pub heads: Vec<LogHead>,
}

impl Epochs<'_> {
    /// The log of an origin.
    pub fn of_origin(&self, origin: &str) -> Option<&LogHead> {
        self.heads.iter().find(|head| head.origin == origin)
    }

    /// The log that is open in the place of a closed one.
    pub fn instead(&self, head: &LogHead) -> Option<&LogHead> {
        let later = self.heads.iter();
        later
            .filter(|other| other.area == head.area && other.epoch > head.epoch)
            .max_by_key(|other| other.epoch)
    }

    /// Walks through a whole log.
    pub fn walk(&self, head: &LogHead, verifier: &Verifier) -> Result<Verified, String> {
        let source = DatabaseSource::new(self.runtime, self.store.clone(), head.clone());
        let bar = progress::bar("entries");
        let walked = verify_log(&source, verifier, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        walked.map_err(text)
    }

    /// Every log that `head`, which holds, continues; the newest first.
    pub fn earlier(&self, head: &LogHead) -> Result<Vec<Earlier>, String> {
        let mut all = Vec::new();
        let mut at = head;
        while let Some(continues) = self.continues(at)? {
            let old = self.heads.iter().find(|old| old.id == continues.log);
            let old = old.filter(|old| old.area == at.area && old.epoch < at.epoch);
            let old = old.ok_or_else(|| {
                format!(
                    "log `{}`, which `{}` continues, is gone",
                    continues.origin, at.origin
                )
            })?;
            let ended = &continues.held;
            if (old.size, &old.root, &old.origin) != (ended.size, &ended.root, &continues.origin) {
                return Err(format!(
                    "`{}` is not at the {} entries at which `{}` took its place",
                    old.origin, ended.size, at.origin
                ));
            }
            let verifier = Verifier::parse(&continues.verifier_key).map_err(text)?;
            let whole = self
                .walk(old, &verifier)
                .map_err(|fault| format!("log `{}`: {fault}", old.origin))?;
            all.push(Earlier { whole, continues });
            at = old;
        }
        Ok(all)
    }

    /// Every other log of the installation, with the keys that are given; for want of its key, a
    /// log is compared with the checkpoint that it has itself.
    pub fn beside(
        &self,
        head: &LogHead,
        earlier: &[Earlier],
        verifiers: &[Verifier],
    ) -> Result<Vec<Beside>, String> {
        let mut all = Vec::new();
        for other in &self.heads {
            let walked = |old: &Earlier| old.whole.checkpoint.origin == other.origin;
            if other.id == head.id || earlier.iter().any(walked) {
                continue;
            }
            let key = verifiers.iter().find(|key| key.origin() == other.origin);
            let source = DatabaseSource::new(self.runtime, self.store.clone(), other.clone());
            let whole = match key {
                Some(key) => verify_log(&source, key, &mut |_, _| ()),
                None => verify_unsigned(&source, &mut |_, _| ()),
            };
            all.push(Beside {
                whole: whole.map_err(|fault| format!("log `{}`: {fault}", other.origin))?,
                signed: key.is_some(),
            });
        }
        Ok(all)
    }

    /// No log is behind the newest checkpoint of it that was given out.
    pub fn not_put_back(&self, key_database: &str) -> Result<(), String> {
        self.runtime.block_on(async {
            let keys = KeyStore::open(key_database).await.map_err(text)?;
            let marks: BTreeMap<String, Mark> =
                keys.marks().await.map_err(text)?.into_iter().collect();
            // The marks first: a gateway that runs beside this raises them after its commits.
            let mut tx = self.store.read().await.map_err(text)?;
            let heads = tx.logs().await.map_err(text)?;
            let mut lost = BTreeSet::new();
            for head in &heads {
                let continues = Continuation::read(&mut tx, head).await.map_err(text)?;
                lost.extend(continues.into_iter().flat_map(|c| c.lost).map(|log| log.log));
            }
            for (log, mark) in &marks {
                if mark.size > 0 && !lost.contains(log) && !heads.iter().any(|head| head.id == *log) {
                    return Err(format!(
                        "log `{log}`, of which {} entries were given out, is gone from the database",
                        mark.size
                    ));
                }
            }
            for head in heads {
                let Some(mark) = marks.get(&head.id) else {
                    continue;
                };
                let other = mark.size == head.size && mark.root != head.root;
                if mark.size > head.size || other {
                    return Err(format!(
                        "log `{}` has {} entries, but a checkpoint of {} was given out: the \
                         database was put back, or is not the one of this key store",
                        head.origin, head.size, mark.size
                    ));
                }
            }
            Ok(())
        })
    }

    fn continues(&self, head: &LogHead) -> Result<Option<Continuation>, String> {
        self.runtime.block_on(async {
            let mut tx = self.store.read().await.map_err(text)?;
            Continuation::read(&mut tx, head).await.map_err(text)
        })
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}
