//! The places where the two databases must be spoken to differently.

use crate::db::{Inner, Tx};

impl Tx {
    /// What makes a `select` hold the row until the transaction ends. SQLite needs nothing:
    /// `begin immediate` holds the whole database.
    pub(crate) const fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " for update",
        }
    }
}
