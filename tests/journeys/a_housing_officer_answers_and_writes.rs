//! Messages from the portal in a real browser: answered, written, kept over a lock, checked and
//! sent once. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("message_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("messages") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("message_story.mjs", demo.folder.path());
    }
}
