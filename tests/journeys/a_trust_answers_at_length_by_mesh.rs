//! Large documents by NHS MESH, in and out: chunks that are lost, and 200 MB of base64 in little memory;
//! nothing of them lies in clear on the way.

use crate::support::{fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mesh_large.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("mesh_large") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("mesh_large.py", folder.path());
    }
}
