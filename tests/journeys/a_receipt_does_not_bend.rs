//! Not one bit of a receipt can be changed unseen, by two verifiers that share no code.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("receipts.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("receipts") {
        let demo = Demo::start(Some(&url));
        peer("receipts.py", demo.folder.path());
    }
}
