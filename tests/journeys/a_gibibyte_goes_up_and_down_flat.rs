//! A gibibyte goes through in little memory, and not a byte of it lies in clear.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("flat.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("flat") {
        let demo = Demo::start(Some(&url));
        peer("flat.py", demo.folder.path());
    }
}
