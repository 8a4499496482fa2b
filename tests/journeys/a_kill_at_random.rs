//! The gateway is killed at random moments while agencies use every way in at once: the short form
//! of `scripts/crashes`.

use crate::support::{fresh_postgres, peer_with};

const KILLS: &str = "5";

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer_with("crash_random.py", folder.path(), &[KILLS]);
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("random_kills") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer_with("crash_random.py", folder.path(), &[KILLS]);
    }
}
