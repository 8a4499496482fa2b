//! Health information by NHS MESH: asked, answered, and what goes wrong on the way, at the NHS's own
//! sandbox with the NHS's own client.

use crate::support::{fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mesh.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("mesh") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("mesh.py", folder.path());
    }
}
