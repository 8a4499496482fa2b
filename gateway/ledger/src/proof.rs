//! Checking proofs, by the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2 (the trees are
//! those of RFC 6962). They share no code with what makes the proofs.

use crate::hash::{Hash, empty_root, node_hash};

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is at or beyond the end of the tree.
    #[error("entry {index} is not in a tree of {size} entries")]
    NoSuchEntry {
        /// From 0.
        index: u64,
        /// Entries.
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
    /// More or fewer hashes than a proof for these sizes has.
    #[error("the path has not as many hashes as its place in the tree asks for")]
    Length,
    /// The hashes lead elsewhere.
    #[error("the path does not lead to the root")]
    Root,
}

/// The root to which `path` leads from the leaf hash of entry `index` in a tree of `size`.
pub fn root_of_path(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchEntry { index, size });
    }
    let (mut at, mut last) = (index, size - 1);
    let mut root = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            root = node_hash(sibling, &root);
            skip_left_edges(&mut at, &mut last);
        } else {
            root = node_hash(&root, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 {
        Ok(root)
    } else {
        Err(ProofError::Length)
    }
}

/// Above the last node of a row that has no sibling, goes up to where it has one.
fn skip_left_edges(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

/// Checks that the leaf hash stands at `index` in the tree of `size` entries with that root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if root_of_path(leaf, index, size, path)? == *root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// Checks that the older tree (entries, root) is the beginning of the newer.
pub fn verify_consistency(
    old: (u64, &Hash),
    new: (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return Err(ProofError::NotOlder {
            old: old_size,
            new: new_size,
        });
    }
    if old_size == 0 || old_size == new_size {
        let expected = if old_size == 0 {
            empty_root()
        } else {
            *new_root
        };
        return match proof {
            [] if *old_root == expected => Ok(()),
            [] => Err(ProofError::Root),
            _ => Err(ProofError::Length),
        };
    }
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(ProofError::Length)?
    };
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut older, mut newer) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
            skip_left_edges(&mut at, &mut last);
        } else {
            newer = node_hash(&newer, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if older == *old_root && newer == *new_root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::append::append;
    use crate::hash::{digest, fold};
    use crate::tile::Tiles;
    use crate::tree::{
        TreeError, consistency_tiles, proof_tiles, prove_consistency, prove_inclusion,
        prove_inclusions,
    };

    fn tree(count: u32) -> (Vec<Hash>, Tiles) {
        let leaves: Vec<Hash> = (0..count).map(|n| digest(&[&n.to_be_bytes()])).collect();
        let tiles = append(0, &Tiles::new(), &leaves).unwrap().tiles;
        (leaves, tiles)
    }

    fn only(tiles: &Tiles, ids: &[crate::TileId]) -> Tiles {
        ids.iter().map(|id| (*id, tiles[id].clone())).collect()
    }

    fn peer(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
        hashes.iter().map(|hash| tlog_tiles::Hash(hash.0)).collect()
    }

    fn included(leaves: &[Hash], tiles: &Tiles, index: u64, size: u64, root: Hash) {
        let at_hand = only(tiles, &proof_tiles(index, size));
        let path = prove_inclusion(index, size, &at_hand).unwrap();
        let leaf = leaves[usize::try_from(index).unwrap()];
        verify_inclusion(&leaf, index, size, &path, &root).unwrap();
        tlog_tiles::check_record(
            &peer(&path),
            size,
            tlog_tiles::Hash(root.0),
            index,
            tlog_tiles::Hash(leaf.0),
        )
        .unwrap();
    }

    #[test]
    fn every_entry_of_every_tree_up_to_300_is_proved_and_the_peer_agrees() {
        // One set of wide tiles serves every smaller size: partial tiles are cut.
        let (leaves, tiles) = tree(300);
        for size in 1..=300 {
            let root = fold(&leaves[..usize::try_from(size).unwrap()]);
            for index in 0..size {
                included(&leaves, &tiles, index, size, root);
            }
        }
    }

    #[test]
    fn proofs_hold_across_the_boundaries_of_tiles_and_levels() {
        let (leaves, tiles) = tree(65_536 + 300);
        let near = [
            0, 1, 127, 128, 254, 255, 256, 257, 511, 512, 65_279, 65_280, 65_535, 65_536,
        ];
        for size in [
            255, 256, 257, 512, 513, 65_535, 65_536, 65_537, 65_792, 65_793, 65_836,
        ] {
            let root = fold(&leaves[..usize::try_from(size).unwrap()]);
            for index in near
                .into_iter()
                .chain([size - 1])
                .filter(|index| *index < size)
            {
                included(&leaves, &tiles, index, size, root);
            }
            for old in near.into_iter().filter(|old| *old <= size) {
                let old_root = fold(&leaves[..usize::try_from(old).unwrap()]);
                let at_hand = only(&tiles, &consistency_tiles(old, size));
                let proof = prove_consistency(old, size, &at_hand).unwrap();
                verify_consistency((old, &old_root), (size, &root), &proof).unwrap();
            }
        }
    }

    #[test]
    fn the_proofs_of_a_batch_are_those_of_its_entries() {
        let (_, tiles) = tree(600);
        let indices: Vec<u64> = (500..600).chain([0, 255, 256]).collect();
        let proofs = prove_inclusions(&indices, 600, &tiles).unwrap();
        for (index, proof) in indices.iter().zip(&proofs) {
            assert_eq!(*proof, prove_inclusion(*index, 600, &tiles).unwrap());
        }
        assert_eq!(
            prove_inclusions(&[0, 600], 600, &tiles),
            Err(TreeError::NoSuchEntry {
                index: 600,
                size: 600
            })
        );
    }

    #[test]
    fn a_proof_from_a_missing_or_short_tile_is_an_error_that_names_it() {
        let (_, mut tiles) = tree(300);
        let id = crate::TileId { level: 0, index: 1 };
        tiles.get_mut(&id).unwrap().truncate(32 * 40);
        assert_eq!(
            prove_inclusion(0, 300, &tiles),
            Err(TreeError::Short { id, need: 41 })
        );
        assert!(prove_inclusion(0, 296, &tiles).is_ok());
        tiles.remove(&id);
        assert_eq!(prove_inclusion(0, 300, &tiles), Err(TreeError::Missing(id)));
        assert!(prove_inclusion(0, 256, &tiles).is_ok());
    }

    #[test]
    fn a_proof_holds_for_its_own_leaf_place_path_and_root_only() {
        let (leaves, tiles) = tree(70);
        for size in [1_u64, 2, 3, 7, 8, 64, 65, 70] {
            let root = fold(&leaves[..usize::try_from(size).unwrap()]);
            for index in 0..size {
                let path = prove_inclusion(index, size, &tiles).unwrap();
                let leaf = leaves[usize::try_from(index).unwrap()];
                for other in (0..size).filter(|other| *other != index) {
                    assert!(verify_inclusion(&leaf, other, size, &path, &root).is_err());
                }
                let mut longer = path.clone();
                longer.push(root);
                assert_eq!(
                    verify_inclusion(&leaf, index, size, &longer, &root),
                    Err(ProofError::Length)
                );
                for n in 0..path.len() {
                    let mut changed = path.clone();
                    changed[n].0[n % 32] ^= 1 << (n % 8);
                    assert_eq!(
                        verify_inclusion(&leaf, index, size, &changed, &root),
                        Err(ProofError::Root)
                    );
                    changed.remove(n);
                    assert!(verify_inclusion(&leaf, index, size, &changed, &root).is_err());
                }
                let mut wrong = leaf;
                wrong.0[31] ^= 128;
                assert_eq!(
                    verify_inclusion(&wrong, index, size, &path, &root),
                    Err(ProofError::Root)
                );
            }
        }
    }

    #[test]
    fn every_older_tree_up_to_300_is_proved_a_beginning_and_no_other_root_is() {
        let (leaves, tiles) = tree(300);
        let roots: Vec<Hash> = (0..=300).map(|size| fold(&leaves[..size])).collect();
        for new in 0..=300_u64 {
            let new_root = roots[usize::try_from(new).unwrap()];
            for old in 0..=new {
                let old_root = roots[usize::try_from(old).unwrap()];
                let proof = prove_consistency(old, new, &tiles).unwrap();
                verify_consistency((old, &old_root), (new, &new_root), &proof).unwrap();
                if old > 0 && old < new {
                    tlog_tiles::check_tree(
                        &peer(&proof),
                        new,
                        tlog_tiles::Hash(new_root.0),
                        old,
                        tlog_tiles::Hash(old_root.0),
                    )
                    .unwrap();
                }
                let mut forged = old_root;
                forged.0[0] ^= 1;
                assert!(verify_consistency((old, &forged), (new, &new_root), &proof).is_err());
                let mut longer = proof.clone();
                longer.push(new_root);
                assert!(verify_consistency((old, &old_root), (new, &new_root), &longer).is_err());
                for n in 0..proof.len() {
                    let mut changed = proof.clone();
                    changed[n].0[n] ^= 4;
                    let proof = changed;
                    assert!(
                        verify_consistency((old, &old_root), (new, &new_root), &proof).is_err()
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_in_the_tree_is_not_proved() {
        let (leaves, tiles) = tree(10);
        assert_eq!(
            prove_inclusion(10, 10, &tiles),
            Err(TreeError::NoSuchEntry {
                index: 10,
                size: 10
            })
        );
        assert!(prove_inclusion(0, 11, &tiles).is_err());
        assert!(prove_inclusion(0, u64::MAX, &tiles).is_err());
        assert!(prove_inclusion(u64::MAX - 1, u64::MAX, &tiles).is_err());
        assert_eq!(
            prove_consistency(11, 10, &tiles),
            Err(TreeError::NotOlder { old: 11, new: 10 })
        );
        assert_eq!(proof_tiles(3, 3), []);
        assert_eq!(
            verify_inclusion(&leaves[0], 10, 10, &[], &leaves[0]),
            Err(ProofError::NoSuchEntry {
                index: 10,
                size: 10
            })
        );
    }
}
