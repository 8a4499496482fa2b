//! The right edge of a growing tree: at each level the hashes of the tile that is not yet full.
//! All that an append or a walk over the whole log has to hold.

use crate::hash::{Hash, empty_root, fold};
use crate::tile::{TILE_WIDTH, TOP_LEVEL, TileId, Tiles, hashes};
use crate::tree::TreeError;

/// A tile with its hashes.
pub type Filled = (TileId, Vec<Hash>);

#[derive(Clone)]
pub struct Frontier {
    size: u64,
    /// By level, from 0; each shorter than a full tile.
    levels: Vec<Vec<Hash>>,
}

impl Frontier {
    pub fn empty() -> Self {
        Self {
            size: 0,
            levels: vec![Vec::new(); usize::from(TOP_LEVEL) + 1],
        }
    }

    /// The edge of a tree of `size` entries, from the tiles that [`edge`] names.
    pub fn load(size: u64, tiles: &Tiles) -> Result<Self, TreeError> {
        let mut frontier = Self::empty();
        frontier.size = size;
        for (level, edge) in (0..=TOP_LEVEL).zip(&mut frontier.levels) {
            if let Some((id, width)) = edge_tile(level, size) {
                let tile = tiles.get(&id).ok_or(TreeError::Missing(id))?;
                let need = usize::from(width);
                *edge = hashes(tile, need).ok_or(TreeError::Short { id, need })?;
            }
        }
        Ok(frontier)
    }

    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf and returns the tiles that it filled, lowest first.
    pub fn push(&mut self, leaf: Hash) -> Result<Vec<Filled>, TreeError> {
        let next = self.size.checked_add(1).ok_or(TreeError::Full)?;
        let mut filled = Vec::new();
        let mut carry = leaf;
        for (level, edge) in (0..=TOP_LEVEL).zip(&mut self.levels) {
            edge.push(carry);
            if edge.len() < usize::from(TILE_WIDTH) {
                break;
            }
            carry = fold(edge);
            let index = self
                .size
                .checked_shr(8 * (u32::from(level) + 1))
                .unwrap_or(0);
            filled.push((TileId { level, index }, std::mem::take(edge)));
        }
        self.size = next;
        Ok(filled)
    }

    /// The partial tiles, lowest level first.
    pub fn partial(&self) -> impl Iterator<Item = (TileId, &[Hash])> {
        (0..=TOP_LEVEL)
            .zip(&self.levels)
            .filter_map(|(level, edge)| {
                edge_tile(level, self.size).map(|(id, _)| (id, edge.as_slice()))
            })
    }

    /// The root: what is not yet a whole hash at one level is the last hash of the next.
    pub fn root(&self) -> Hash {
        let mut tail: Option<Hash> = None;
        for edge in &self.levels {
            let row: Vec<Hash> = edge.iter().copied().chain(tail).collect();
            if !row.is_empty() {
                tail = Some(fold(&row));
            }
        }
        tail.unwrap_or_else(empty_root)
    }
}

/// The partial tile of a level, and its width, in a tree of `size` entries.
pub fn edge_tile(level: u8, size: u64) -> Option<(TileId, u16)> {
    let hashes = size.checked_shr(8 * u32::from(level))?;
    let id = TileId {
        level,
        index: hashes / u64::from(TILE_WIDTH),
    };
    let width = id.width(size);
    (width > 0).then_some((id, width))
}
