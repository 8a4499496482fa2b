//! Proofs from tiles (RFC 6962 sections 2.1.1 and 2.1.2).

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::hash::{Hash, empty_root, node_hash};
use crate::tile::{TileId, Tiles};

/// The tiles at hand do not make the tree asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A tile is not at hand.
    #[error("`{0}` is missing: read every tile of the log that the step needs")]
    Missing(TileId),
    /// A tile is too short for the size of the tree.
    #[error("`{id}` is too short: it needs {need} hashes; restore the log from a copy")]
    Short {
        /// The tile.
        id: TileId,
        /// Hashes of 32 bytes that it must at least hold.
        need: usize,
    },
    /// An entry at or beyond the end.
    #[error("entry {index} is not in a tree of {size} entries")]
    NoSuchEntry {
        /// Asked for, from 0.
        index: u64,
        /// The tree.
        size: u64,
    },
    /// An older tree cannot be the longer one.
    #[error("a tree of {old} entries cannot be the beginning of one of {new}")]
    NotOlder {
        /// Entries of the tree said to be older.
        old: u64,
        /// Entries of the newer.
        new: u64,
    },
    /// 2^64 - 1 entries.
    #[error("the log is full: open a new one")]
    Full,
}

/// A complete subtree: the entries from `position << height`, `1 << height` of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Subtree {
    height: u32,
    position: u64,
}

impl Subtree {
    /// The tile that holds it, and where in it its first hash is.
    fn place(self) -> (TileId, usize) {
        let (level, rise) = (self.height / 8, self.height % 8);
        let id = TileId {
            level: u8::try_from(level).unwrap_or(u8::MAX),
            index: self.position >> (8 - rise),
        };
        let within = self.position & ((1 << (8 - rise)) - 1);
        (id, usize::try_from(within << rise).unwrap_or(usize::MAX))
    }

    fn children(self) -> (Self, Self) {
        let (height, position) = (self.height.saturating_sub(1), self.position << 1);
        (
            Self { height, position },
            Self {
                height,
                position: position | 1,
            },
        )
    }
}

/// Node hashes from tiles. Those between two levels of tiles are computed once, so that the
/// proofs of a batch of neighbours cost little more than one.
struct Nodes<'a> {
    tiles: &'a Tiles,
    known: HashMap<Subtree, Hash>,
}

impl<'a> Nodes<'a> {
    fn of(tiles: &'a Tiles) -> Self {
        Self {
            tiles,
            known: HashMap::new(),
        }
    }

    fn stored(&self, part: Subtree) -> Result<Hash, TreeError> {
        let (id, at) = part.place();
        let tile = self.tiles.get(&id).ok_or(TreeError::Missing(id))?;
        let bytes = tile.get(at * 32..).and_then(<[u8]>::first_chunk);
        bytes
            .copied()
            .map(Hash)
            .ok_or(TreeError::Short { id, need: at + 1 })
    }

    fn subtree(&mut self, part: Subtree) -> Result<Hash, TreeError> {
        if part.height.is_multiple_of(8) {
            return self.stored(part);
        }
        if let Some(hash) = self.known.get(&part) {
            return Ok(*hash);
        }
        let (left, right) = part.children();
        let hash = node_hash(&self.subtree(left)?, &self.subtree(right)?);
        self.known.insert(part, hash);
        Ok(hash)
    }

    fn node(&mut self, range: &Range<u64>) -> Result<Hash, TreeError> {
        let mut right: Option<Hash> = None;
        for part in subtrees(range).into_iter().rev() {
            let left = self.subtree(part)?;
            right = Some(right.map_or(left, |right| node_hash(&left, &right)));
        }
        Ok(right.unwrap_or_else(empty_root))
    }

    fn proof(&mut self, nodes: &[Range<u64>]) -> Result<Vec<Hash>, TreeError> {
        nodes.iter().map(|range| self.node(range)).collect()
    }
}

/// A range that is a node of the tree, as complete subtrees from left to right.
fn subtrees(range: &Range<u64>) -> Vec<Subtree> {
    let mut parts = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let height = (range.end - start).ilog2();
        parts.push(Subtree {
            height,
            position: start >> height,
        });
        start += 1 << height;
    }
    parts
}

/// Where RFC 6962 divides a range of two or more: after the largest power of two below its
/// length.
fn split(range: &Range<u64>) -> u64 {
    range.start + (1 << (range.end - range.start - 1).ilog2())
}

/// The nodes of an inclusion proof, from the leaf's sibling up (PATH of section 2.1.1).
fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Range<u64>>, TreeError> {
    if index >= size {
        return Err(TreeError::NoSuchEntry { index, size });
    }
    let mut nodes = Vec::new();
    let mut range = 0..size;
    while range.end - range.start > 1 {
        let middle = split(&range);
        if index < middle {
            nodes.push(middle..range.end);
            range.end = middle;
        } else {
            nodes.push(range.start..middle);
            range.start = middle;
        }
    }
    nodes.reverse();
    Ok(nodes)
}

/// The nodes of a consistency proof (PROOF of section 2.1.2); none where the older tree is empty
/// or the same.
fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Range<u64>>, TreeError> {
    if old > new {
        return Err(TreeError::NotOlder { old, new });
    }
    let mut nodes = Vec::new();
    if old == 0 {
        return Ok(nodes);
    }
    let mut range = 0..new;
    while range.end > old {
        let middle = split(&range);
        if old <= middle {
            nodes.push(middle..range.end);
            range.end = middle;
        } else {
            nodes.push(range.start..middle);
            range.start = middle;
        }
    }
    // The verifier knows the older root, unless the way led away from the left edge.
    if range.start > 0 {
        nodes.push(range);
    }
    nodes.reverse();
    Ok(nodes)
}

fn tiles_of(nodes: &[Range<u64>]) -> Vec<TileId> {
    let ids: BTreeSet<TileId> = nodes
        .iter()
        .flat_map(subtrees)
        .map(|part| part.place().0)
        .collect();
    ids.into_iter().collect()
}

/// The tiles that [`prove_inclusion`] needs; none for an entry that is not in the tree.
pub fn proof_tiles(index: u64, size: u64) -> Vec<TileId> {
    inclusion_nodes(index, size)
        .map(|nodes| tiles_of(&nodes))
        .unwrap_or_default()
}

/// The inclusion proof of entry `index` in the tree of `size` entries, from the leaf's sibling
/// up to the root's child.
pub fn prove_inclusion(index: u64, size: u64, tiles: &Tiles) -> Result<Vec<Hash>, TreeError> {
    Nodes::of(tiles).proof(&inclusion_nodes(index, size)?)
}

/// The inclusion proofs of several entries, in the order given: for the receipts of a batch,
/// far cheaper than one by one.
pub fn prove_inclusions(
    indices: &[u64],
    size: u64,
    tiles: &Tiles,
) -> Result<Vec<Vec<Hash>>, TreeError> {
    let mut nodes = Nodes::of(tiles);
    indices
        .iter()
        .map(|index| nodes.proof(&inclusion_nodes(*index, size)?))
        .collect()
}

/// The tiles that [`prove_consistency`] needs; none where `old` is the larger.
pub fn consistency_tiles(old: u64, new: u64) -> Vec<TileId> {
    consistency_nodes(old, new)
        .map(|nodes| tiles_of(&nodes))
        .unwrap_or_default()
}

/// The proof that the tree of `old` entries is the beginning of the tree of `new`.
pub fn prove_consistency(old: u64, new: u64, tiles: &Tiles) -> Result<Vec<Hash>, TreeError> {
    Nodes::of(tiles).proof(&consistency_nodes(old, new)?)
}
