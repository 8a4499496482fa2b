//! The line, the browser, the server, the scanner and the database break while somebody writes
//! in a browser: with scripts on one database and without on the other.

use crate::support::{fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("portal_faults.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("faults") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("portal_faults.py", folder.path());
    }
}
