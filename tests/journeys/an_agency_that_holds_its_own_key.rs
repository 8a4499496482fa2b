//! Where the agency holds the key, it gets age files that its own tools open, and nothing in clear.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("own_key.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("own_key") {
        let demo = Demo::start(Some(&url));
        peer("own_key.py", demo.folder.path());
    }
}
