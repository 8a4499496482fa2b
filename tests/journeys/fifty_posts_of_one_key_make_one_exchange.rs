//! Fifty posts at once under one Idempotency-Key are one exchange, fifty times answered alike.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("one_key.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("one_key") {
        let demo = Demo::start(Some(&url));
        peer("one_key.py", demo.folder.path());
    }
}
