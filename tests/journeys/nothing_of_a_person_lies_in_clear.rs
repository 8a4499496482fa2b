//! Names, identifiers, addresses, texts and reasons lie in clear in no table, file or log.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::with_month(None);
    peer("in_clear.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("in_clear") {
        let demo = Demo::with_month(Some(&url));
        peer("in_clear.py", demo.folder.path());
    }
}
