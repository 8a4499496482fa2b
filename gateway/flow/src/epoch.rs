//! A new epoch of an area's log, after a restore. What was signed after the backup is lost, and
//! the old log must not go on beside what others have seen of it: its key is retired, and a new
//! log with a name and a key of its own begins. Its first leaf commits to the last checkpoint
//! known of the old one, so that nobody can be shown two pasts.

use std::collections::BTreeMap;

use gateway_core::event::{Event, EventKind};
use gateway_core::{Clock, Id};
use gateway_ledger::{Hash, Receipt, Salt, Tiles, append, empty_root, leaf_data, leaf_hash};
use gateway_store::{LogHead, Mark, NewLeaf, Tx};
use gateway_vault::Vault;

use crate::error::FlowError;

/// What the first leaf of a new epoch says of the log before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// The old log.
    pub log: String,
    /// Its name.
    pub origin: String,
    /// What its receipts are checked with, for ever.
    pub verifier_key: String,
    /// The highest of its checkpoints that is known.
    pub known: Mark,
    /// Where it stands in the records: behind `known`, entries are lost.
    pub held: Mark,
    /// Later logs of the area, of which the records have nothing.
    pub lost: Vec<LostLog>,
}

/// A log of which nothing is left but its name and the last checkpoint known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostLog {
    /// The log.
    pub log: String,
    /// Its name.
    pub origin: String,
    /// The highest of its checkpoints that is known.
    pub known: Mark,
}

/// A new epoch, not committed yet.
#[derive(Debug, Clone)]
pub struct Epoch {
    /// The new log.
    pub log: LogHead,
    /// What its checkpoints are checked with.
    pub verifier_key: String,
    /// The proof of its first leaf, for those who kept checkpoints of the old log.
    pub receipt: Receipt,
}

impl Continuation {
    /// Entries that are known to have been signed, and are in the records no more; those of lost
    /// logs too.
    pub fn entries_lost(&self) -> u64 {
        let later: u64 = self.lost.iter().map(|lost| lost.known.size).sum();
        self.known.size.saturating_sub(self.held.size) + later
    }

    /// The particulars of the first leaf's event.
    fn detail(&self) -> BTreeMap<String, String> {
        let mut detail = BTreeMap::from([
            ("log".to_owned(), self.log.clone()),
            ("origin".to_owned(), self.origin.clone()),
            ("verifier-key".to_owned(), self.verifier_key.clone()),
            ("size".to_owned(), self.known.size.to_string()),
            ("root".to_owned(), self.known.root.clone()),
            ("held-size".to_owned(), self.held.size.to_string()),
            ("held-root".to_owned(), self.held.root.clone()),
        ]);
        for lost in &self.lost {
            let Mark { size, root } = &lost.known;
            let words = format!("{} {size} {root}", lost.origin);
            detail.insert(format!("lost {}", lost.log), words);
        }
        detail
    }

    /// Reads the first leaf's event; none where it opens no epoch.
    pub fn of(event: &Event) -> Option<Self> {
        if event.kind != EventKind::EpochOpened {
            return None;
        }
        let text = |name: &str| event.detail.get(name).cloned();
        let mark = |size: &str, root: &str| {
            Some(Mark {
                size: text(size)?.parse().ok()?,
                root: text(root)?,
            })
        };
        let lost = event.detail.iter().filter_map(|(name, words)| {
            let mut words = words.split(' ');
            Some(LostLog {
                log: name.strip_prefix("lost ")?.to_owned(),
                origin: words.next()?.to_owned(),
                known: Mark {
                    size: words.next()?.parse().ok()?,
                    root: words.next()?.to_owned(),
                },
            })
        });
        Some(Self {
            log: text("log")?,
            origin: text("origin")?,
            verifier_key: text("verifier-key")?,
            known: mark("size", "root")?,
            held: mark("held-size", "held-root")?,
            lost: lost.collect(),
        })
    }

    /// What a log's first leaf says of the log before it; none of an area's first log.
    ///
    /// # Errors
    /// [`FlowError::Internal`] where a later log does not begin so.
    pub async fn read(tx: &mut Tx, head: &LogHead) -> Result<Option<Self>, FlowError> {
        if head.epoch == 0 {
            return Ok(None);
        }
        let wrong = || {
            let words = "log `{}` does not begin with what it knows of the log before it";
            FlowError::Internal(words.replace("{}", &head.id))
        };
        let first = tx.leaf(&head.id, 0).await?.ok_or_else(wrong)?;
        let event: Event = serde_json::from_str(&first.event)?;
        Self::of(&event).map(Some).ok_or_else(wrong)
    }
}

/// The name of an area's log by its epoch: the first one's, and from the second on its number.
fn origin(old: &LogHead, epoch: i64) -> String {
    let suffix = format!("/{}", old.epoch + 1);
    let base = match old.epoch {
        0 => &old.origin,
        _ => old.origin.strip_suffix(&suffix).unwrap_or(&old.origin),
    };
    format!("{base}/{}", epoch + 1)
}

/// Opens the `epoch`th log of an area in the place of `old`, in the transaction that restores
/// the records: once it commits, [`Vault::given_out`] is called before anything is answered.
pub async fn open_epoch(
    tx: &mut Tx,
    vault: &Vault,
    clock: &Clock,
    policy: &str,
    old: &LogHead,
    epoch: i64,
    continues: &Continuation,
) -> Result<Epoch, FlowError> {
    let mut head = LogHead {
        id: format!("{}-{epoch}", old.area),
        area: old.area.clone(),
        epoch,
        origin: origin(old, epoch),
        size: 0,
        root: hex::encode(empty_root().0),
        checkpoint: String::new(),
        created_at: clock.now().as_microsecond(),
    };
    for closed in continues.lost.iter().map(|lost| &lost.log).chain([&old.id]) {
        vault.close_log(closed).await?;
    }
    let verifier_key = vault.begin_log(&head.id, &head.origin).await?;
    tx.add_log(&head).await?;
    let last = match old.size.checked_sub(1) {
        Some(last) => tx.leaf(&old.id, last).await?.map_or(0, |leaf| leaf.at),
        None => 0,
    };
    // Later than all of the old log: of two leaves that cover a row the later one counts.
    let at = head.created_at.max(last + 1);
    let (leaf, receipt, hash) = first_leaf(clock, policy, &head.area, at, continues)?;
    let internal = |error: gateway_ledger::TreeError| FlowError::Internal(error.to_string());
    let grown = append(0, &Tiles::new(), &[hash]).map_err(internal)?;
    tx.add_leaves(&head.id, [(0, &leaf)], &grown.tiles).await?;
    let before = Mark {
        size: 0,
        root: head.root.clone(),
    };
    let after = Mark {
        size: grown.size,
        root: hex::encode(grown.root.0),
    };
    let note = vault.sign(&head.id, &head.origin, &before, &after).await?;
    tx.move_log(&head.id, after.size, &after.root, &note)
        .await?;
    (head.size, head.root, head.checkpoint) = (after.size, after.root, note.clone());
    Ok(Epoch {
        receipt: Receipt {
            checkpoint: note,
            ..receipt
        },
        log: head,
        verifier_key: verifier_key.trim().to_owned(),
    })
}

/// The leaf, its receipt without a checkpoint yet, its hash.
fn first_leaf(
    clock: &Clock,
    policy: &str,
    area: &str,
    at: i64,
    continues: &Continuation,
) -> Result<(NewLeaf, Receipt, Hash), FlowError> {
    let internal = |error: String| FlowError::Internal(error);
    let salt = Salt::fresh();
    let written =
        jiff::Timestamp::from_microsecond(at).map_err(|error| internal(error.to_string()))?;
    let event = Event {
        v: 1,
        id: Id::new(clock).to_string(),
        at: written.to_string(),
        area: area.to_owned(),
        kind: EventKind::EpochOpened,
        exchange: None,
        nominal: None,
        from: None,
        to: Vec::new(),
        policy: policy.to_owned(),
        rules: Vec::new(),
        content: Vec::new(),
        rows: None,
        detail: continues.detail(),
    };
    let data = leaf_data(&salt, &event).map_err(|error| internal(error.to_string()))?;
    let leaf = NewLeaf {
        id: event.id.clone(),
        kind: event.kind.as_str(),
        at,
        exchange: None,
        nominal: None,
        salt: salt.as_bytes().to_vec(),
        row_salt: Vec::new(),
        event: serde_json::to_string(&event)?,
        data: data.to_vec(),
        rows: Vec::new(),
    };
    let receipt = Receipt {
        salt,
        event,
        index: 0,
        path: Vec::new(),
        checkpoint: String::new(),
    };
    Ok((leaf, receipt, leaf_hash(&data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(size: u64) -> Mark {
        Mark {
            size,
            root: hex::encode([7; 32]),
        }
    }

    #[test]
    fn the_first_leaf_says_all_that_is_known_of_the_logs_before_it() {
        let continues = Continuation {
            log: "london-0".to_owned(),
            origin: "gateway.example/london".to_owned(),
            verifier_key: "gateway.example/london+00+AA".to_owned(),
            known: mark(12),
            held: mark(10),
            lost: vec![LostLog {
                log: "london-1".to_owned(),
                origin: "gateway.example/london/2".to_owned(),
                known: mark(5),
            }],
        };
        let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
        let at = clock.now().as_microsecond();
        let (_, receipt, _) = first_leaf(&clock, "00", "london", at, &continues).unwrap();
        assert_eq!(Continuation::of(&receipt.event).as_ref(), Some(&continues));
        assert_eq!(continues.entries_lost(), 7);
    }

    #[test]
    fn a_log_is_named_by_the_areas_first_one_and_the_number_of_the_epoch() {
        let mut old = LogHead {
            id: "london-0".to_owned(),
            area: "london".to_owned(),
            epoch: 0,
            origin: "gateway.example/2".to_owned(),
            size: 0,
            root: String::new(),
            checkpoint: String::new(),
            created_at: 0,
        };
        assert_eq!(origin(&old, 1), "gateway.example/2/2");
        (old.epoch, old.origin) = (1, origin(&old, 1));
        assert_eq!(origin(&old, 2), "gateway.example/2/3");
    }
}
