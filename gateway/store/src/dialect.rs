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

    /// That a column is one of a list: the argument of this number is a JSON array of texts.
    pub(crate) fn among(&self, column: &str, argument: usize) -> String {
        match self.inner {
            Inner::Sqlite(_) => format!("{column} in (select value from json_each(${argument}))"),
            Inner::Postgres(_) => format!(
                "{column} = any(array(select jsonb_array_elements_text(${argument}::jsonb)))"
            ),
        }
    }

    /// The text of a field of a JSON object in a column.
    pub(crate) fn json_text(&self, column: &str, field: &str) -> String {
        match self.inner {
            Inner::Sqlite(_) => format!("json_extract({column}, '$.{field}')"),
            Inner::Postgres(_) => format!("({column}::json ->> '{field}')"),
        }
    }
}
