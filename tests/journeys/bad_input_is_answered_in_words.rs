//! Input as it must not be, by the API, by form, by FHIR, in the portal and by mail: the field is
//! named, what to do is said, and nothing of it is recorded.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("bad_input.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("bad_input") {
        let demo = Demo::start(Some(&url));
        peer("bad_input.py", demo.folder.path());
    }
}
