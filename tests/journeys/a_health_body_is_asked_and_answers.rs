//! A health information request from asking to its end: answered, called back, refused, looked at.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("health.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("health") {
        let demo = Demo::start(Some(&url));
        peer("health.py", demo.folder.path());
    }
}
