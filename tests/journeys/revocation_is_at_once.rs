//! Revoked, suspended: from the next request on, on connections that are open already.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("revocation.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("revocation") {
        let demo = Demo::start(Some(&url));
        peer("revocation.py", demo.folder.path());
    }
}
