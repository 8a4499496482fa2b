//! Health information requests as FHIR R4, from system to system: created, read, searched, answered
//! with a document, refused where something is wrong; and the same by either interface.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("health_fhir.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("fhir") {
        let demo = Demo::start(Some(&url));
        peer("health_fhir.py", demo.folder.path());
    }
}
