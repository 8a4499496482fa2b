//! What a backup says of itself.

use std::collections::BTreeMap;

use gateway_store::LogHead;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::archive::Member;

/// The form of the files.
pub const FORMAT: u32 = 1;
/// A copy of the keys is destroyed after as many days, so that a retention key that is destroyed
/// is gone everywhere by then.
const KEYS_DAYS: i64 = 35;

/// Which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Records and sealed bodies.
    Records,
    /// Keys, each under the master key.
    Keys,
}

/// What both files say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// [`FORMAT`].
    pub format: u32,
    /// Which file.
    pub kind: Kind,
    /// Both files of one backup have it.
    pub backup: String,
    /// The version of the gateway.
    pub gateway: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The newest migration.
    pub schema: i64,
    /// Rows a table.
    pub rows: BTreeMap<String, u64>,
    /// The members.
    pub members: Vec<Member>,
}

/// Of the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// What both say.
    #[serde(flatten)]
    pub label: Label,
    /// The logs, closed ones too.
    pub logs: Vec<Log>,
    /// How many sealed bodies.
    pub bodies: u64,
    /// The file of the keys.
    pub keys: Member,
    /// Its last day.
    pub keys_destroy_after: Timestamp,
}

/// Of the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// What both say.
    #[serde(flatten)]
    pub label: Label,
    /// When this file must be gone.
    pub destroy_after: Timestamp,
}

/// A log as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Its id.
    pub id: String,
    /// Its area.
    pub area: String,
    /// Which of the area's.
    pub epoch: i64,
    /// Its name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root hash, hexadecimal.
    pub root: String,
    /// The signed note; empty before the first entry.
    pub checkpoint: String,
}

impl From<LogHead> for Log {
    fn from(head: LogHead) -> Self {
        Self {
            id: head.id,
            area: head.area,
            epoch: head.epoch,
            origin: head.origin,
            size: head.size,
            root: head.root,
            checkpoint: head.checkpoint,
        }
    }
}

/// The last instant at which a copy of the keys may be there.
pub fn destroy_after(made_at: Timestamp) -> Timestamp {
    made_at
        .checked_add((24 * KEYS_DAYS).hours())
        .unwrap_or(Timestamp::MAX)
}

/// The day of an instant, in London.
pub fn day(at: Timestamp) -> String {
    gateway_core::calendar::local_date(at).to_string()
}
