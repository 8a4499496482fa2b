//! The gateway is killed at every point at which something becomes durable, on the main ways in and
//! out: what was answered is there, once and proved, and what was not is absent or whole.
//! `scripts/crashes` goes all ways.

use crate::support::{fresh_postgres, peer_with};

/// A document and a prison's form by the API, a mail in, a mail out, an answer by MESH, a message
/// begun in the portal with a file, a file more, piece by piece, and the message sent.
const WAYS: [&str; 8] = [
    "Documents",
    "AnnexF",
    "Mail",
    "MailOut",
    "MeshIn",
    "Begins",
    "Pieces",
    "Sends",
];
/// Those of them whose transactions are most unlike on PostgreSQL.
const ON_POSTGRESQL: [&str; 4] = ["Documents", "Mail", "MailOut", "MeshTakenIn"];

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer_with("crashes.py", folder.path(), &WAYS);
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("crashes") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer_with("crashes.py", folder.path(), &ON_POSTGRESQL);
    }
}
