//! A thousand pairs of another's thing and of none have equal bytes, and no clock tells them apart.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("absent.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("absent") {
        let demo = Demo::start(Some(&url));
        peer("absent.py", demo.folder.path());
    }
}
