//! The file of a backup: a tar whose last members are its manifest and the manifest's digest, so
//! that a file cut short is never taken for a whole one.

mod read;
mod write;

use gateway_core::Id;
use serde::{Deserialize, Serialize};

pub use self::read::{Archive, file_member};
pub use self::write::{Beside, Writer};

/// The manifest's name in the archive.
const MANIFEST: &str = "manifest.json";
/// The name of its digest.
const SEAL: &str = "manifest.json.sha256";
/// The member that lists the sealed bodies, which follow it in the same order.
pub const BLOBS: &str = "blobs.jsonl";
/// The folder of the sealed bodies.
const BLOB_FOLDER: &str = "blobs/";

/// A member, or a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// The name of a sealed body's member.
pub fn blob_name(id: &str) -> String {
    format!("{BLOB_FOLDER}{id}.age")
}

/// The sealed body's id in its member's name: a UUID and nothing else, for it becomes a file's
/// name.
pub fn blob_id(name: &str) -> Option<&str> {
    let id = name.strip_prefix(BLOB_FOLDER)?.strip_suffix(".age")?;
    let parsed: Id = id.parse().ok()?;
    (parsed.to_string() == id).then_some(id)
}
