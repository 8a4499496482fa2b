//! A form's whole way in a real browser: begun, filled in over a lock, pasted, checked, sent,
//! countersigned, released and read. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("forms_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("forms") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("forms_story.mjs", demo.folder.path());
    }
}
