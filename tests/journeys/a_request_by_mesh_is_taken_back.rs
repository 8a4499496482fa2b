//! Requests that are withdrawn or passed on: the trust's system is told by NHS MESH, once.

use crate::support::{fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mesh_withdrawn.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("mesh_withdrawn") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("mesh_withdrawn.py", folder.path());
    }
}
