//! What the store can say that went wrong, and how it is read from PostgreSQL's errors.

use crate::migrate::MigrateError;

/// What went wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is not there, or the connection broke: try again later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// A unique value is taken already (an idempotency key, an address, a certificate).
    #[error("a row with this value exists already ({0})")]
    Conflict(String),
    /// A row holds what its column may not hold.
    #[error("row {id} of {table} cannot be read: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// Covered rows were written and no event commits to them.
    #[error("transaction `{name}` wrote {rows} covered rows that no event of the log commits to")]
    Uncovered {
        /// The transaction.
        name: &'static str,
        /// How many.
        rows: usize,
    },
    /// The address of the database is not understood.
    #[error(
        "the address of the database (`{0}`) does not read: give postgres://… or sqlite://FILE"
    )]
    Address(String),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// Anything else the database said.
    #[error("the database refused: {0}")]
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is one")]
        match &error {
            sqlx::Error::Database(db) if db.is_unique_violation() => {
                Self::Conflict(db.constraint().unwrap_or("unique").to_owned())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(db) if unavailable(db.code().as_deref()) => {
                Self::Unavailable(db.message().to_owned())
            }
            other => Self::Database(other.to_string()),
        }
    }
}

/// PostgreSQL's classes 08 (connection), 53 (resources, disk full), 57P (shutdown), and those by
/// which it lets nobody in: 28 (authorisation), 3D (no such database), 55000 (it is not accepting
/// connections).
fn unavailable(code: Option<&str>) -> bool {
    code.is_some_and(|code| {
        ["08", "28", "3D", "53", "55000", "57P"]
            .iter()
            .any(|class| code.starts_with(class))
    })
}
