//! A prison's form by the API, by a signed mail and in a batch: one record, to the byte.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("forms.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("forms") {
        let demo = Demo::start(Some(&url));
        peer("forms.py", demo.folder.path());
    }
}
