//! The whole of a database as logical rows, the same for both kinds: what one writes down the
//! other takes in. Which tables and columns there are is read from the migrations themselves,
//! so that a new table cannot be forgotten.

mod copy;
mod line;
mod merge;
mod schema;

pub use copy::CopyError;
pub use line::LineError;
pub use merge::MergeError;
pub use schema::{Column, ColumnKind, Schema, Table};
