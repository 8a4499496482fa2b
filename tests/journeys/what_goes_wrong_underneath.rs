//! The database away and back, a full disk, bodies missing or changed, protocols that do not
//! validate: each has an answer that says what to do, and nothing that was taken is lost.

use crate::support::{own_postgres, peer, peer_with};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("faults.py", folder.path());
}

#[test]
fn on_postgresql() {
    if own_postgres() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        peer_with("faults.py", folder.path(), &["postgres"]);
    }
}
