//! The transparency log: leaves, tiles, checkpoints, proofs, receipts, and the check of a
//! whole log. RFC 6962 trees served as C2SP tlog-tiles, checkpoints as C2SP signed notes,
//! receipts as C2SP tlog-proofs. A leaf is a salted hash, so tiles can be public and say
//! nothing; the opening (salt and event) goes to the parties in their receipts.
//!
//! What it will not do: keep anything, know a database or a network, or read a clock. Who
//! appends fetches the [`edge_tiles`], calls [`append`], and stores what comes back; who
//! verifies brings a [`TileSource`]. To serve a log from somewhere else, implement
//! [`TileSource`]; to commit to something new, add its formula, with its own domain prefix,
//! to [`rows`].

#![deny(clippy::indexing_slicing)]

mod append;
mod b64;
pub mod checkpoint;
mod entries;
mod frontier;
mod hash;
mod opening;
mod proof;
pub mod receipt;
pub mod rows;
mod source;
mod tile;
mod tree;
pub mod verify;

pub use append::{Appended, append, edge_tiles, root};
pub use checkpoint::{Checkpoint, CheckpointError, Signer, Verifier};
pub use entries::{EntriesError, decode_entries, encode_entries};
pub use hash::{Hash, empty_root, leaf_hash};
pub use opening::{LeafError, Salt, leaf_data};
pub use proof::{ProofError, root_of_path, verify_consistency, verify_inclusion};
pub use receipt::{Receipt, ReceiptError};
pub use rows::{CoveredRow, commit_rows, content_commitment, row_digest};
pub use source::{FolderSource, SourceError, TileSource};
pub use tile::{TILE_WIDTH, TileId, TilePath, Tiles, entries_path, parse_tile_path, tile_path};
pub use tree::{
    TreeError, consistency_tiles, proof_tiles, prove_consistency, prove_inclusion, prove_inclusions,
};
pub use verify::{Fault, Verified, verify_log, verify_log_since, verify_unsigned};
