//! Receipts: C2SP tlog-proofs whose `extra` carries the opening of the leaf, so that a party
//! can check offline that the log committed to this very event.

use gateway_core::event::Event;
use serde::{Deserialize, Serialize};

use crate::b64;
use crate::checkpoint::{Checkpoint, CheckpointError, Verifier};
use crate::hash::{Hash, leaf_hash};
use crate::opening::{LeafError, Salt, leaf_data};
use crate::proof::{ProofError, verify_inclusion};

/// The longest receipt that is read, in bytes.
pub const MAX_RECEIPT: usize = 1024 * 1024;

/// A path of more would be of a tree of more than 2^64 entries.
const MAX_PATH: usize = 64;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Proof that an event is in the log, with its opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Opens the leaf, with the event.
    pub salt: Salt,
    /// What happened.
    pub event: Event,
    /// The entry's place in the log, from 0.
    pub index: u64,
    /// Its inclusion proof, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The signed head that the proof leads to, verbatim.
    pub checkpoint: String,
}

/// Why a receipt does not read or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`MAX_RECEIPT`].
    #[error("the receipt is too long to be one")]
    TooLong,
    /// Another kind of file.
    #[error("not a receipt: its first line is not `c2sp.org/tlog-proof@v1`")]
    Header,
    /// The `extra` line is absent or does not hold salt and event.
    #[error("the receipt's `extra` line does not hold the salt and the event")]
    Opening,
    /// The `index` line.
    #[error("the receipt's `index` line is not a number")]
    Index,
    /// A line of the path.
    #[error("hash {0} of the receipt's path is not the base64 of 32 bytes")]
    Hash(usize),
    /// No empty line, or nothing behind it.
    #[error("the receipt has no checkpoint")]
    NoCheckpoint,
    /// It reads, but is not spelt as receipts are.
    #[error("the receipt is not in its one canonical spelling: it was changed")]
    Spelling,
    /// The event cannot be made a leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The signature, or what is signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The place or the path has not the form that the tree's size asks for.
    #[error("the receipt's place in the log does not hold: {0}")]
    Place(ProofError),
    /// Event, salt, index and path do not lead to the signed root.
    #[error(
        "the receipt's event, salt, index and path do not lead to the root that `{0}` signed: \
         one of them was changed"
    )]
    Root(String),
}

/// `extra`, as read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    salt: String,
    event: Event,
}

/// `extra`, as written.
#[derive(Serialize)]
struct OpeningRef<'a> {
    salt: &'a str,
    event: &'a Event,
}

impl Receipt {
    /// The text of the `.tlog-proof` file.
    pub fn render(&self) -> Result<String, ReceiptError> {
        let salt = self.salt.to_base64();
        let opening = OpeningRef {
            salt: &salt,
            event: &self.event,
        };
        let extra = serde_json_canonicalizer::to_vec(&opening)
            .map_err(|error| LeafError::NotCanonical(error.to_string()))?;
        let mut text = format!(
            "{HEADER}\nextra {}\nindex {}\n",
            b64::encode(extra),
            self.index
        );
        for hash in &self.path {
            text.push_str(&hash.to_string());
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        Ok(text)
    }

    /// Reads a receipt; accepts exactly what [`Receipt::render`] writes. Nothing in it is to be
    /// believed before [`Receipt::verify`].
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > MAX_RECEIPT {
            return Err(ReceiptError::TooLong);
        }
        if text.lines().next() != Some(HEADER) {
            return Err(ReceiptError::Header);
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ReceiptError::NoCheckpoint)?;
        if checkpoint.is_empty() {
            return Err(ReceiptError::NoCheckpoint);
        }
        let mut lines = head.split('\n').skip(1);
        let opening = lines
            .next()
            .and_then(parse_extra)
            .ok_or(ReceiptError::Opening)?;
        let index = lines
            .next()
            .and_then(parse_index)
            .ok_or(ReceiptError::Index)?;
        let receipt = Self {
            salt: Salt::from_base64(&opening.salt).ok_or(ReceiptError::Opening)?,
            event: opening.event,
            index,
            path: parse_path(lines)?,
            checkpoint: checkpoint.to_owned(),
        };
        // One spelling only: order of keys, leading zeroes, padding.
        if receipt.render()? == text {
            Ok(receipt)
        } else {
            Err(ReceiptError::Spelling)
        }
    }

    /// Checks the opening, the leaf, the path, the root and the signature, and returns the
    /// signed head of the log that the event is in.
    pub fn verify(&self, verifier: &Verifier) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = verifier.open(&self.checkpoint)?;
        let leaf = leaf_hash(&leaf_data(&self.salt, &self.event)?);
        match verify_inclusion(
            &leaf,
            self.index,
            checkpoint.size,
            &self.path,
            &checkpoint.root,
        ) {
            Ok(()) => Ok(checkpoint),
            Err(ProofError::Root) => Err(ReceiptError::Root(checkpoint.origin)),
            Err(other) => Err(ReceiptError::Place(other)),
        }
    }
}

fn parse_extra(line: &str) -> Option<Opening> {
    let json = b64::decode(line.strip_prefix("extra ")?)?;
    serde_json::from_slice(&json).ok()
}

fn parse_index(line: &str) -> Option<u64> {
    line.strip_prefix("index ")?.parse().ok()
}

fn parse_path<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Hash>, ReceiptError> {
    let mut path = Vec::new();
    for (n, line) in lines.enumerate() {
        if n >= MAX_PATH {
            return Err(ReceiptError::Place(ProofError::Length));
        }
        path.push(Hash::from_base64(line).ok_or(ReceiptError::Hash(n + 1))?);
    }
    Ok(path)
}
