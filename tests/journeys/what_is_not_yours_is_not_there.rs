//! Pairs of another's thing and of none, more than a thousand in all and each timed, have equal bytes,
//! and no clock tells them apart. `scripts/absent` asks a thousand of each kind.

use crate::support::{Demo, fresh_postgres, peer_with};

/// Pairs of each of some forty kinds.
const PAIRS: &str = "50";

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer_with("absent.py", demo.folder.path(), &[PAIRS]);
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("absent") {
        let demo = Demo::start(Some(&url));
        peer_with("absent.py", demo.folder.path(), &[PAIRS]);
    }
}
