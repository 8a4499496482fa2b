//! Two gateways over one database: what goes to either is written once, in one log; the end of one
//! is not the other's.

use crate::support::{fresh_postgres, peer};

#[test]
fn write_once_and_go_on_without_each_other() {
    if let Some(url) = fresh_postgres("two_gateways") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("two_gateways.py", folder.path());
    }
}
