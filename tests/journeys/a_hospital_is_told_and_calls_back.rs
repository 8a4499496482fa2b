//! A hospital flag from its setting to its clearing: answered, renewed, ended, lapsed.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("flag.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("flag") {
        let demo = Demo::start(Some(&url));
        peer("flag.py", demo.folder.path());
    }
}
