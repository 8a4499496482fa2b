//! Mail that was written and waits for its relay: nothing of it goes to an agency that was suspended
//! meanwhile, nor to a certificate that was revoked.

use crate::support::{fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("withheld.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("withheld") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("withheld.py", folder.path());
    }
}
