//! Tiles and their paths (C2SP tlog-tiles, "Merkle Tree" and "Log entries").

use std::collections::BTreeMap;
use std::fmt;

use crate::hash::Hash;

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// The highest level that a tree counted in 64 bits has.
pub(crate) const TOP_LEVEL: u8 = 7;

/// A tile of hashes, by its place. Its width follows from the size of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaf hashes; each hash at level l is the root of a full tile at level l - 1.
    pub level: u8,
    /// Position among the tiles of the level, from 0.
    pub index: u64,
}

/// Tiles at hand: consecutive hashes of 32 bytes each. A tile may hold more hashes than the
/// tree asked about (a later version of a partial tile).
pub type Tiles = BTreeMap<TileId, Vec<u8>>;

impl TileId {
    /// How many hashes the tile has in a tree of `size` entries: 0 (there is no such tile)
    /// to 256.
    pub fn width(self, size: u64) -> u16 {
        let hashes = size.checked_shr(8 * u32::from(self.level)).unwrap_or(0);
        let before = self.index.saturating_mul(u64::from(TILE_WIDTH));
        let here = hashes.saturating_sub(before).min(u64::from(TILE_WIDTH));
        u16::try_from(here).unwrap_or(TILE_WIDTH)
    }

    /// The path at which a log of `size` entries serves the tile.
    pub fn path(self, size: u64) -> String {
        tile_path(self.level, self.index, self.width(size))
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tile_path(self.level, self.index, TILE_WIDTH))
    }
}

/// The hashes of a tile; none unless it is `width` hashes or more, and then the first `width`.
pub(crate) fn hashes(tile: &[u8], width: usize) -> Option<Vec<Hash>> {
    let bytes = tile.get(..width.checked_mul(32)?)?;
    Some(
        bytes
            .chunks_exact(32)
            .filter_map(|hash| hash.try_into().ok().map(Hash))
            .collect(),
    )
}

/// What a path under `tile/` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TilePath {
    /// `tile/<level>/<index>[.p/<width>]`: hashes.
    Hashes {
        /// 0 to 63.
        level: u8,
        /// Position within the level.
        index: u64,
        /// 1 to 256 hashes.
        width: u16,
    },
    /// `tile/entries/<index>[.p/<width>]`: the entries under a level 0 tile.
    Entries {
        /// Position among the bundles.
        index: u64,
        /// 1 to 256 entries.
        width: u16,
    },
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Hashes {
                level,
                index,
                width,
            } => f.write_str(&tile_path(level, index, width)),
            Self::Entries { index, width } => f.write_str(&entries_path(index, width)),
        }
    }
}

/// The path of a tile of hashes, such as `tile/0/x001/x234/067.p/8`. A `width` of 256 is a full
/// tile.
pub fn tile_path(level: u8, index: u64, width: u16) -> String {
    format!("tile/{level}/{}", index_path(index, width))
}

/// The path of a bundle of entries, such as `tile/entries/x001/x234/067.p/8`.
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", index_path(index, width))
}

fn index_path(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH {
        format!("{path}.p/{width}")
    } else {
        path
    }
}

/// Reads a path under `tile/`; none for anything but the one spelling of what exists
/// (C2SP tlog-tiles: level 0 to 63, partial widths 1 to 255).
pub fn parse_tile_path(path: &str) -> Option<TilePath> {
    // The longest is `tile/entries/` with seven groups and a width.
    if path.len() > 64 {
        return None;
    }
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let index = parse_index(index)?;
    let parsed = match kind {
        "entries" => TilePath::Entries { index, width },
        level => TilePath::Hashes {
            level: level.parse().ok().filter(|l| *l < 64)?,
            index,
            width,
        },
    };
    // Signs, leading zeroes, empty groups and widths out of range all fail here.
    (width > 0 && parsed.to_string() == path).then_some(parsed)
}

fn parse_index(text: &str) -> Option<u64> {
    text.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        index
            .checked_mul(1000)?
            .checked_add(digits.parse::<u16>().ok()?.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile_path(0, 1_234_067, 8), "tile/0/x001/x234/067.p/8");
        assert_eq!(entries_path(0, 42), "tile/entries/000.p/42");
        assert_eq!(tile_path(2, 1000, 255), "tile/2/x001/000.p/255");
    }

    #[test]
    fn a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() {
        let width = |level, index| TileId { level, index }.width(70_000);
        assert_eq!((width(0, 272), width(0, 273), width(0, 274)), (256, 112, 0));
        assert_eq!((width(1, 0), width(1, 1), width(1, 2)), (256, 17, 0));
        assert_eq!((width(2, 0), width(2, 1), width(3, 0)), (1, 0, 0));
        assert_eq!(
            TileId {
                level: 200,
                index: u64::MAX
            }
            .width(u64::MAX),
            0
        );
    }

    #[test]
    fn every_path_reads_back_and_agrees_with_the_peer() {
        let indices = [
            0,
            1,
            9,
            99,
            999,
            1000,
            1001,
            1_234_067,
            999_999_999,
            1_u64 << 40,
        ];
        for index in indices {
            for width in [1, 2, 42, 255, 256] {
                for level in [0, 1, 7, 63] {
                    let path = tile_path(level, index, width);
                    let parsed = parse_tile_path(&path).unwrap();
                    assert_eq!(
                        parsed,
                        TilePath::Hashes {
                            level,
                            index,
                            width
                        }
                    );
                    let peer = tlog_tiles::Tile::new(8, level, index, width.into(), false);
                    assert_eq!(path.replacen("tile/", "tile/8/", 1), peer.path());
                }
                let path = entries_path(index, width);
                assert_eq!(
                    parse_tile_path(&path),
                    Some(TilePath::Entries { index, width })
                );
            }
        }
        let last = entries_path(u64::MAX, 255);
        assert_eq!(
            parse_tile_path(&last),
            Some(TilePath::Entries {
                index: u64::MAX,
                width: 255
            })
        );
    }

    #[test]
    fn any_other_spelling_is_no_path() {
        for bad in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/x001/x002",
            "tile/0/001.p",
            "tile/0/001.p/",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/08",
            "tile/0/001.p/+8",
            "tile/0/001.p/8/",
            "tile/0/001.p/8.p/8",
            "tile/0/+01",
            "tile/0/-01",
            "tile/00/001",
            "tile/+0/001",
            "tile/64/001",
            "tile/256/001",
            "tile/-1/001",
            "/tile/0/001",
            "tile//0/001",
            "tile/0/001/",
            "tile/entries",
            "tile/entries/1",
            "tile/Entries/001",
            "tile/data/001",
            "tile/0/../001",
            "tile/0/%30%301",
            "tile/0/001?x",
            "tile/0/001\n",
            "tile/0/X001/001",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x001/x234/067.P/8",
            "tile/0/é01",
            "checkpoint",
        ] {
            assert_eq!(parse_tile_path(bad), None, "{bad}");
        }
        assert_eq!(parse_tile_path(&"tile/0/x001".repeat(10_000)), None);
    }
}
