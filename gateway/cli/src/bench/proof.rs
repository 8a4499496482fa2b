//! `proof`: the log at a million entries, beside the SHA-256 that each thing cannot do without.

use std::hint::black_box;

use anyhow::Context as _;
use gateway_ledger::{
    Hash, Signer, SourceError, TileId, TileSource, Tiles, Verifier, append, edge_tiles,
    encode_entries, leaf_hash, proof_tiles, prove_inclusion, prove_inclusions, verify_inclusion,
    verify_log,
};
use gateway_ledger::{TilePath, parse_tile_path};
use sha2::{Digest as _, Sha256};

use super::Setup;
use super::figure::Figure;
use super::times::{Times, Watch, count};
use crate::progress;

const NAME: &str = "proof";
/// 2^20: every tile below the top is full, so that the hashes needed can be counted.
const SIZE: usize = 1 << 20;
/// Entries of a batch.
const BATCH: u64 = 64;
/// Height of the tree; a proof has as many hashes.
const HEIGHT: u32 = 20;
/// Heights that a tile spans.
const TILE: u32 = 8;

/// Measures.
pub fn run(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let bar = progress::bar("proof");
    // The form of the figures can be tested on a small tree; what the hashes needed are cannot.
    let size = if setup.divisor == 1 { SIZE } else { 1 << 10 };
    let log = Log::grow(size)?;
    bar.inc(1);
    let needed = Needed::measure(setup);
    let mut figures = log.appends(setup, &needed)?;
    bar.inc(1);
    figures.extend(log.proofs(setup, &needed)?);
    bar.inc(1);
    figures.push(log.walk(&needed)?);
    bar.finish_and_clear();
    Ok(figures)
}

/// What the hashes of the tree cost, microseconds each.
struct Needed {
    leaf: f64,
    node: f64,
}

impl Needed {
    fn measure(setup: &Setup) -> Self {
        const AT_ONCE: usize = 1_000;
        let each = |bytes: &[u8]| {
            let times = Times::repeat(setup.times(400), || {
                for _ in 0..AT_ONCE {
                    black_box(Sha256::digest(black_box(bytes)));
                }
            });
            times.median() / count(AT_ONCE)
        };
        Self {
            leaf: each(&[0; 33]),
            node: each(&[1; 65]),
        }
    }

    fn hashes(&self, leaves: usize, nodes: usize) -> f64 {
        self.leaf * count(leaves) + self.node * count(nodes)
    }
}

/// The nodes to hash for one proof from tiles: a sibling at height h above its tile's row is
/// the root of 2^h hashes of that row.
fn nodes_of_a_proof() -> usize {
    (0..HEIGHT).map(|h| (1_usize << (h % TILE)) - 1).sum()
}

/// The nodes to hash for the root after an append at 2^20: within the new tile, within the top
/// tile, and the one above both.
const fn nodes_of_an_append(leaves: usize) -> usize {
    let top = 1_usize << (HEIGHT % TILE);
    (leaves - 1) + (top - 1) + 1
}

struct Log {
    size: u64,
    entries: Vec<[u8; 32]>,
    tiles: Tiles,
    root: Hash,
}

impl Log {
    fn grow(size: usize) -> anyhow::Result<Self> {
        let entries: Vec<[u8; 32]> = (0..size)
            .map(|n| Sha256::digest(n.to_be_bytes()).into())
            .collect();
        let leaves: Vec<Hash> = entries.iter().map(leaf_hash).collect();
        let grown = append(0, &Tiles::new(), &leaves)?;
        Ok(Self {
            size: grown.size,
            entries,
            tiles: grown.tiles,
            root: grown.root,
        })
    }

    fn at_hand(&self, ids: &[TileId]) -> Tiles {
        let of = |id: &TileId| self.tiles.get(id).map(|tile| (*id, tile.clone()));
        ids.iter().filter_map(of).collect()
    }

    fn appends(&self, setup: &Setup, needed: &Needed) -> anyhow::Result<Vec<Figure>> {
        let edge = self.at_hand(&edge_tiles(self.size));
        let mut figures = Vec::new();
        for leaves in [1, 64] {
            let data = self.entries.get(..leaves).context("entries")?;
            append(
                self.size,
                &edge,
                &data.iter().map(leaf_hash).collect::<Vec<_>>(),
            )?;
            let times = Times::repeat(setup.times(2_000), || {
                let hashes: Vec<Hash> = data.iter().map(leaf_hash).collect();
                append(self.size, &edge, &hashes).map(|appended| appended.root)
            });
            let nodes = nodes_of_an_append(leaves);
            let words = match leaves {
                1 => "a leaf",
                _ => "a batch of 64",
            };
            figures.push(
                Figure::times(NAME, format!("append {words}"), &times).beside(
                    format!("SHA-256, {leaves} leaf and {nodes} node hashes"),
                    needed.hashes(leaves, nodes),
                ),
            );
        }
        Ok(figures)
    }

    fn proofs(&self, setup: &Setup, needed: &Needed) -> anyhow::Result<Vec<Figure>> {
        // Spread over the tree by a step that is prime to its size.
        let mut index = 0;
        let mut next = || {
            index = (index + 611_953) % self.size;
            index
        };
        let one = Times::repeat(setup.times(2_000), || {
            let index = next();
            let tiles = self.at_hand(&proof_tiles(index, self.size));
            prove_inclusion(index, self.size, &tiles)
        });
        let nodes = nodes_of_a_proof();
        let one = Figure::times(NAME, "one inclusion proof", &one)
            .beside(
                format!("SHA-256, {nodes} node hashes"),
                needed.hashes(0, nodes),
            )
            .target("< 1 ms", one.p99() < 1_000.0);

        let indices: Vec<u64> = (self.size - BATCH..self.size).collect();
        let tiles = self.at_hand(&proof_tiles(self.size - 1, self.size));
        let batch = Times::repeat(setup.times(500), || {
            prove_inclusions(&indices, self.size, &tiles)
        });
        // The batch lies in one tile: its paths share all but what is between its own leaves,
        // and those nodes are hashed once.
        let shared = nodes + 62 - 57;
        let batch = Figure::times(NAME, "the proofs of a batch of 64", &batch).beside(
            format!("SHA-256, {shared} node hashes"),
            needed.hashes(0, shared),
        );

        let at = self.size / 3;
        let path = prove_inclusion(at, self.size, &self.at_hand(&proof_tiles(at, self.size)))?;
        let data = self.entries.get(usize::try_from(at)?).context("an entry")?;
        verify_inclusion(&leaf_hash(data), at, self.size, &path, &self.root)?;
        let check = Times::repeat(setup.times(5_000), || {
            verify_inclusion(&leaf_hash(data), at, self.size, &path, &self.root)
        });
        let check = Figure::times(NAME, "check one proof", &check).beside(
            format!("SHA-256, 1 leaf and {} node hashes", path.len()),
            needed.hashes(1, path.len()),
        );
        Ok(vec![one, batch, check])
    }

    /// The whole log, as whoever trusts nobody checks it.
    fn walk(&self, needed: &Needed) -> anyhow::Result<Figure> {
        let signer = Signer::new("bench.example/log", &[7; 32])?;
        let verifier = Verifier::parse(&signer.verifier_key())?;
        let source = Memory {
            log: self,
            note: signer.sign(self.size, self.root),
        };
        let watch = Watch::start();
        verify_log(&source, &verifier, &mut |_, _| {})?;
        let seconds = watch.seconds();
        let entries = self.entries.len();
        let rate = count(entries) / seconds;
        let limit = count(entries) / (needed.hashes(entries, entries - 1) / 1e6);
        let case = "verify the whole log, on one core";
        Ok(Figure::rate(NAME, case, rate, "entries/s")
            .beside("SHA-256 of every leaf and node", limit)
            .target("≥ 500,000 entries/s", rate >= 500_000.0))
    }
}

struct Memory<'a> {
    log: &'a Log,
    note: String,
}

impl TileSource for Memory<'_> {
    fn checkpoint(&self) -> Result<String, SourceError> {
        Ok(self.note.clone())
    }

    fn fetch(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match parse_tile_path(path).ok_or(SourceError::NotFound)? {
            TilePath::Hashes {
                level,
                index,
                width,
            } => {
                let tile = self.log.tiles.get(&TileId { level, index });
                let tile = tile.and_then(|tile| tile.get(..usize::from(width) * 32));
                tile.map(<[u8]>::to_vec).ok_or(SourceError::NotFound)
            }
            TilePath::Entries { index, width } => {
                let from = usize::try_from(index).map_or(usize::MAX, |n| n.saturating_mul(256));
                let entries = self.log.entries.get(from..);
                let entries = entries.and_then(|rest| rest.get(..usize::from(width)));
                entries.map(encode_entries).ok_or(SourceError::NotFound)
            }
        }
    }
}
