//! A single point of contact's day in a real browser: invites, names a deputy, resets, suspends;
//! and the coordinator is told. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("people_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("people") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("people_story.mjs", demo.folder.path());
    }
}
