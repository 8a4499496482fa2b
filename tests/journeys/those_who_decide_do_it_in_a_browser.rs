//! Holds read, asked about, approved, approved in part and refused in a real browser, and the
//! coordinator's round. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("holds_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("holds") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("holds_story.mjs", demo.folder.path());
    }
}
