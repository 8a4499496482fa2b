//! The check of a whole log with no trust in who serves it: every entry, every tile at every
//! level, the root, the signature. It holds one bundle and the tree's right edge at a time,
//! however long the log.

use crate::checkpoint::{Checkpoint, CheckpointError, Verifier};
use crate::entries::{EntriesError, decode_entries};
use crate::frontier::Frontier;
use crate::hash::{Hash, empty_root, leaf_hash};
use crate::source::{SourceError, TileSource};
use crate::tile::{TILE_WIDTH, TileId, entries_path, hashes, tile_path};
use crate::tree::TreeError;

/// A log that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its signed head.
    pub checkpoint: Checkpoint,
    /// Entries looked at: all of them.
    pub entries: u64,
}

/// The first place at which a log does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something the log must have could not be read.
    #[error("`{path}`: {error}")]
    Unreadable {
        /// The path in the log.
        path: String,
        /// Why.
        error: SourceError,
    },
    /// The signed head itself.
    #[error("`checkpoint`: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The head that was kept from earlier.
    #[error("the earlier checkpoint: {0}")]
    Earlier(CheckpointError),
    /// The log is now shorter than it was.
    #[error("the log was rolled back: it had {earlier} entries, and now `checkpoint` says {now}")]
    RolledBack {
        /// Entries then.
        earlier: u64,
        /// Entries now.
        now: u64,
    },
    /// The log's beginning is not what it was.
    #[error(
        "the first {size} entries are not those that the earlier checkpoint signed: the log \
         was rewritten"
    )]
    Rewritten {
        /// Entries of the earlier checkpoint.
        size: u64,
    },
    /// A bundle is not a bundle.
    #[error("`{path}` is not a bundle of {width} entries: {error}")]
    Bundle {
        /// The path in the log.
        path: String,
        /// Entries that it must have.
        width: u16,
        /// What is wrong.
        error: EntriesError,
    },
    /// A tile has the wrong length.
    #[error("`{path}` is not a tile of {width} hashes")]
    Tile {
        /// The path in the log.
        path: String,
        /// Hashes that it must have.
        width: u16,
    },
    /// An entry is not what its tile says: one of the two was changed.
    #[error("entry {index} does not match `{tile}`")]
    Entry {
        /// From 0.
        index: u64,
        /// The path of the tile.
        tile: String,
    },
    /// A hash in a tile is not the root of the tile below it: one of the two was changed.
    #[error("hash {position} of `{tile}` does not match `{below}`")]
    Hash {
        /// Within the tile, from 0.
        position: usize,
        /// The path of the tile.
        tile: String,
        /// The path of the tile below.
        below: String,
    },
    /// All tiles agree with each other, and not with the signed head.
    #[error("the root over all {size} entries does not match `checkpoint`")]
    Root {
        /// Entries.
        size: u64,
    },
    /// Longer than a log can be.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Verifies the whole log. `progress` hears, after each bundle, how many entries are done, of
/// how many.
pub fn verify_log(
    source: &dyn TileSource,
    verifier: &Verifier,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, Fault> {
    let walk = Walk::open(source, verifier, None)?;
    walk.run(progress)
}

/// As [`verify_log`], but for who signed: every entry and tile agrees with the log's own
/// checkpoint, whose signature is not looked at. For a log whose key is not at hand.
pub fn verify_unsigned(
    source: &dyn TileSource,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, Fault> {
    let note = source
        .checkpoint()
        .map_err(|error| unreadable("checkpoint", error))?;
    let walk = Walk {
        source,
        checkpoint: Checkpoint::unsigned(&note)?,
        earlier: None,
        frontier: Frontier::empty(),
    };
    walk.run(progress)
}

/// As [`verify_log`], and also that the log is a continuation of the one that `earlier` (a
/// checkpoint note kept from before) signed.
pub fn verify_log_since(
    source: &dyn TileSource,
    verifier: &Verifier,
    earlier: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, Fault> {
    let earlier = verifier.open(earlier).map_err(Fault::Earlier)?;
    let walk = Walk::open(source, verifier, Some(earlier))?;
    walk.run(progress)
}

struct Walk<'a> {
    source: &'a dyn TileSource,
    checkpoint: Checkpoint,
    earlier: Option<Checkpoint>,
    frontier: Frontier,
}

impl<'a> Walk<'a> {
    fn open(
        source: &'a dyn TileSource,
        verifier: &Verifier,
        earlier: Option<Checkpoint>,
    ) -> Result<Self, Fault> {
        let note = source
            .checkpoint()
            .map_err(|error| unreadable("checkpoint", error))?;
        let checkpoint = verifier.open(&note)?;
        if let Some(earlier) = &earlier {
            let (earlier, now) = (earlier.size, checkpoint.size);
            if earlier > now {
                return Err(Fault::RolledBack { earlier, now });
            }
        }
        Ok(Self {
            source,
            checkpoint,
            earlier,
            frontier: Frontier::empty(),
        })
    }

    fn run(mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, Fault> {
        let size = self.checkpoint.size;
        self.check_earlier(&[])?;
        for bundle in 0..size.div_ceil(u64::from(TILE_WIDTH)) {
            let leaves = self.leaves(bundle)?;
            self.check_earlier(&leaves)?;
            self.grow(&leaves)?;
            progress(self.frontier.size(), size);
        }
        for (id, computed) in self.frontier.partial() {
            self.compare(id, computed)?;
        }
        if self.frontier.root() != self.checkpoint.root {
            return Err(Fault::Root { size });
        }
        Ok(Verified {
            entries: self.frontier.size(),
            checkpoint: self.checkpoint,
        })
    }

    /// The leaf hashes of one bundle.
    fn leaves(&self, bundle: u64) -> Result<Vec<Hash>, Fault> {
        let width = TileId {
            level: 0,
            index: bundle,
        }
        .width(self.checkpoint.size);
        let path = entries_path(bundle, width);
        let full = entries_path(bundle, TILE_WIDTH);
        let (bytes, wider) = self.fetch(&path, &full)?;
        let served = if wider { TILE_WIDTH } else { width };
        let mut entries = decode_entries(&bytes, served).map_err(|error| Fault::Bundle {
            path: if wider { full } else { path },
            width: served,
            error,
        })?;
        entries.truncate(width.into());
        Ok(entries.iter().map(leaf_hash).collect())
    }

    /// Appends the leaves and compares every tile that they fill with the one served.
    fn grow(&mut self, leaves: &[Hash]) -> Result<(), Fault> {
        for leaf in leaves {
            for (id, computed) in self.frontier.push(*leaf)? {
                self.compare(id, &computed)?;
            }
        }
        Ok(())
    }

    fn compare(&self, id: TileId, computed: &[Hash]) -> Result<(), Fault> {
        let width = id.width(self.checkpoint.size);
        let path = id.path(self.checkpoint.size);
        let (bytes, wider) = self.fetch(&path, &id.to_string())?;
        let whole = wider || bytes.len() == usize::from(width) * 32;
        let served = hashes(&bytes, computed.len()).filter(|_| whole);
        let served = served.ok_or_else(|| Fault::Tile {
            path: path.clone(),
            width,
        })?;
        match computed
            .iter()
            .zip(&served)
            .position(|(computed, served)| computed != served)
        {
            None => Ok(()),
            Some(position) => Err(mismatch(id, path, position)),
        }
    }

    /// Fetches a resource; where a partial one is gone, the full one that took its place (true).
    fn fetch(&self, path: &str, full: &str) -> Result<(Vec<u8>, bool), Fault> {
        match self.source.fetch(path) {
            Ok(bytes) => Ok((bytes, false)),
            Err(SourceError::NotFound) if path != full => match self.source.fetch(full) {
                Ok(bytes) => Ok((bytes, true)),
                Err(_) => Err(unreadable(path, SourceError::NotFound)),
            },
            Err(error) => Err(unreadable(path, error)),
        }
    }

    /// Where the earlier tree ends at or within the leaves to come, its root must be that of
    /// the entries up to there.
    fn check_earlier(&self, leaves: &[Hash]) -> Result<(), Fault> {
        let Some(earlier) = &self.earlier else {
            return Ok(());
        };
        let size = earlier.size;
        let Some(within) = size.checked_sub(self.frontier.size()) else {
            return Ok(());
        };
        let root = match usize::try_from(within)
            .ok()
            .and_then(|within| leaves.get(..within))
        {
            Some([]) if size > 0 => return Ok(()),
            Some([]) => empty_root(),
            Some(part) => {
                let mut then = self.frontier.clone();
                for leaf in part {
                    then.push(*leaf)?;
                }
                then.root()
            }
            None => return Ok(()),
        };
        if root == earlier.root {
            Ok(())
        } else {
            Err(Fault::Rewritten { size })
        }
    }
}

fn unreadable(path: &str, error: SourceError) -> Fault {
    Fault::Unreadable {
        path: path.to_owned(),
        error,
    }
}

fn mismatch(id: TileId, tile: String, position: usize) -> Fault {
    let width = u64::from(TILE_WIDTH);
    let below = id
        .index
        .saturating_mul(width)
        .saturating_add(position as u64);
    match id.level.checked_sub(1) {
        None => Fault::Entry { index: below, tile },
        Some(level) => Fault::Hash {
            position,
            tile,
            below: tile_path(level, below, TILE_WIDTH),
        },
    }
}
