//! SQLite and PostgreSQL behind one concrete [`Store`]; the only crate with SQL.
//!
//! SQL is written once, in the subset that both databases share. A row type is declared once
//! with `table!` and gets its reading, its writing and its digest from that one
//! declaration. Writing a row of a **covered** table puts its digest on a list that the
//! transaction carries, and a transaction with an undrained list does not commit: a covered row
//! cannot be changed without an event of the log that commits to it.
//!
//! What it will not do: decide anything, hold a key, or know what is inside a sealed column.
//! To add a table: a migration, a line in [`rows`], a query file named for its noun.

mod agency;
mod ahead;
pub mod backup;
pub mod blob;
mod custody;
mod db;
mod delivery;
mod dialect;
mod draft;
mod error;
mod events;
mod exchange;
pub mod failpoint;
mod flag;
mod form;
mod gathered;
mod health;
mod invitation;
mod kept;
mod keys;
mod ledger;
mod mail;
pub mod measure;
mod mesh;
mod migrate;
mod nominal;
mod page;
mod queue;
mod reading;
mod ready;
mod row;
pub mod rows;
mod security_key;
mod session;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
mod together;
mod walk;

pub use ahead::Ahead;
pub use blob::Blobs;
pub use db::{Kind, Store, Tx};
pub use delivery::SharedItem;
pub use error::StoreError;
pub use events::{EventCount, EventFilter, EventsOf};
pub use exchange::ExchangeFilter;
pub use health::{HealthCounts, HealthStanding, HealthWaits};
pub use keys::{KeyRow, KeyStore, Mark};
pub use ledger::{LeafRow, LogHead, NewLeaf};
pub use mail::{HOLDS_AT_ONCE, HoldStep};
pub use migrate::MigrateError;
pub use nominal::{ATTENDEE, InCase};
pub use page::ItemHead;
pub use queue::{Desk, LateBefore, QueueCount, Waiting};
pub use ready::Ready;
pub use row::{Record, Value};
pub use rows::COVERED;
