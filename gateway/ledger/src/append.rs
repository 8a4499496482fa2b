//! Growing the tree.

use crate::frontier::{Frontier, edge_tile};
use crate::hash::Hash;
use crate::tile::{TOP_LEVEL, TileId, Tiles};
use crate::tree::TreeError;

/// A tree after an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Entries now.
    pub size: u64,
    /// The root over all of them.
    pub root: Hash,
    /// Every tile that is new or has grown, whole: to be inserted, or put in place of the
    /// narrower version.
    pub tiles: Tiles,
}

/// The tiles needed to append to a tree of `size` entries, or to compute its root: the partial
/// one of each level, at most eight.
pub fn edge_tiles(size: u64) -> Vec<TileId> {
    (0..=TOP_LEVEL)
        .filter_map(|level| edge_tile(level, size).map(|(id, _)| id))
        .collect()
}

/// The root of a tree of `size` entries, from its [`edge_tiles`].
pub fn root(size: u64, tiles: &Tiles) -> Result<Hash, TreeError> {
    Ok(Frontier::load(size, tiles)?.root())
}

/// Appends `leaves` (leaf hashes) to a tree of `size` entries whose [`edge_tiles`] are in
/// `tiles`.
pub fn append(size: u64, tiles: &Tiles, leaves: &[Hash]) -> Result<Appended, TreeError> {
    let mut frontier = Frontier::load(size, tiles)?;
    let mut changed = Tiles::new();
    for leaf in leaves {
        for (id, hashes) in frontier.push(*leaf)? {
            changed.insert(id, bytes(&hashes));
        }
    }
    for (id, hashes) in frontier.partial() {
        if id.width(size) != id.width(frontier.size()) {
            changed.insert(id, bytes(hashes));
        }
    }
    Ok(Appended {
        size: frontier.size(),
        root: frontier.root(),
        tiles: changed,
    })
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{digest, fold};

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|n| digest(&[&n.to_be_bytes()])).collect()
    }

    fn grow(size: u64, tiles: &mut Tiles, leaves: &[Hash]) -> Hash {
        let edge = edge_tiles(size);
        let at_hand: Tiles = tiles
            .iter()
            .filter(|(id, _)| edge.contains(id))
            .map(|(i, t)| (*i, t.clone()))
            .collect();
        let appended = append(size, &at_hand, leaves).unwrap();
        assert_eq!(appended.size, size + leaves.len() as u64);
        tiles.extend(appended.tiles);
        appended.root
    }

    #[test]
    fn appending_in_any_two_parts_gives_the_same_tree_as_one_by_one() {
        let all = leaves(700);
        let mut single = Tiles::new();
        let mut history = vec![single.clone()];
        for (size, leaf) in all.iter().enumerate() {
            let root = grow(size as u64, &mut single, &[*leaf]);
            assert_eq!(root, fold(&all[..=size]), "{size}");
            history.push(single.clone());
        }
        for size in 1..=all.len() {
            // All splits of all sizes over the first boundary; beyond it some, and all at the
            // second.
            let every = size <= 300 || (510..=514).contains(&size);
            let stride = if every { 1 } else { 37 };
            for split in (0..=size).step_by(stride) {
                let mut tiles = history[split].clone();
                let root = grow(split as u64, &mut tiles, &all[split..size]);
                assert_eq!(root, fold(&all[..size]), "{split} of {size}");
                assert_eq!(tiles, history[size], "{split} of {size}");
            }
        }
    }

    #[test]
    fn an_append_returns_only_what_changed() {
        let all = leaves(513);
        let mut tiles = Tiles::new();
        grow(0, &mut tiles, &all[..300]);
        let ids = |tiles: &Tiles| {
            tiles
                .keys()
                .map(|id| (id.level, id.index))
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&tiles), [(0, 0), (0, 1), (1, 0)]);
        let appended = append(300, &tiles, &all[300..310]).unwrap();
        assert_eq!(ids(&appended.tiles), [(0, 1)]);
        let appended = append(300, &tiles, &all[300..512]).unwrap();
        assert_eq!(ids(&appended.tiles), [(0, 1), (1, 0)]);
        let nothing = append(300, &tiles, &[]).unwrap();
        assert!(nothing.tiles.is_empty());
        assert_eq!(nothing.root, fold(&all[..300]));
    }

    #[test]
    fn a_later_wider_tile_is_cut_to_the_size_asked_about() {
        let all = leaves(300);
        let mut tiles = Tiles::new();
        grow(0, &mut tiles, &all);
        assert_eq!(root(270, &tiles).unwrap(), fold(&all[..270]));
        assert_eq!(append(270, &tiles, &all[270..]).unwrap().root, fold(&all));
    }

    #[test]
    fn two_levels_of_tiles_fill_at_65536() {
        let all = leaves(65_536 + 3);
        let mut tiles = Tiles::new();
        grow(0, &mut tiles, &all[..65_535]);
        for size in 65_535..65_539 {
            assert_eq!(
                root(size, &tiles).unwrap(),
                fold(&all[..usize::try_from(size).unwrap()])
            );
            let at = usize::try_from(size).unwrap();
            grow(size, &mut tiles, &all[at..=at]);
        }
        assert_eq!(tiles[&TileId { level: 2, index: 0 }].len(), 32);
        assert_eq!(tiles[&TileId { level: 1, index: 0 }].len(), 32 * 256);
        assert_eq!(edge_tiles(65_536), [TileId { level: 2, index: 0 }]);
    }

    #[test]
    fn a_missing_or_short_tile_is_an_error_that_names_it() {
        let all = leaves(300);
        let mut tiles = Tiles::new();
        grow(0, &mut tiles, &all);
        let id = TileId { level: 0, index: 1 };
        let mut broken = tiles.clone();
        broken.get_mut(&id).unwrap().pop();
        assert_eq!(
            append(300, &broken, &[]),
            Err(TreeError::Short { id, need: 44 })
        );
        broken.remove(&id);
        assert_eq!(append(300, &broken, &all), Err(TreeError::Missing(id)));
    }

    #[test]
    fn a_tree_cannot_outgrow_its_count() {
        let tiles: Tiles = edge_tiles(u64::MAX)
            .into_iter()
            .map(|id| (id, vec![7; 8192]))
            .collect();
        assert_eq!(tiles.len(), 8);
        assert_eq!(
            append(u64::MAX, &tiles, &[Hash([0; 32])]),
            Err(TreeError::Full)
        );
        assert!(append(u64::MAX - 1, &tiles, &[Hash([0; 32])]).is_ok());
    }
}
