//! Documents by the API go past a real clamd before they are anybody's.

use crate::support::{fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("scanned.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("scanned") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("scanned.py", folder.path());
    }
}
