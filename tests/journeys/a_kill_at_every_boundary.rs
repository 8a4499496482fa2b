//! The gateway is killed at every point at which something becomes durable, on every way in and
//! out: what was answered is there, once and proved, and what was not is absent or whole.

use crate::support::{fresh_postgres, peer, peer_with};

/// The ways that are gone on PostgreSQL too, where its transactions differ; `scripts/crashes` goes
/// all of them there.
const WAYS: [&str; 6] = ["Json", "Documents", "Hold", "MailOut", "MeshIn", "Sends"];

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("crashes.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("crashes") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer_with("crashes.py", folder.path(), &WAYS);
    }
}
