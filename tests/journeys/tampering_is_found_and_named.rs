//! A changed, deleted, slipped in or reordered row, leaf, tile or checkpoint is found and named.

use crate::support::{Demo, browser, fresh_postgres, peer};

fn tampering(database: Option<&str>) {
    let mut demo = Demo::with_month(database);
    peer("served_log.py", demo.folder.path());
    peer("unproved.py", demo.folder.path());
    browser("two_keys.mjs", demo.folder.path());
    demo.stop();
    peer("tampering.py", demo.folder.path());
}

#[test]
fn in_the_embedded_database() {
    tampering(None);
}

#[test]
fn in_postgresql() {
    if let Some(url) = fresh_postgres("tampering") {
        tampering(Some(&url));
    }
}
