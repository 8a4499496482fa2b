//! Security keys and passkeys in a real browser with virtual authenticators: set up, used to sign
//! in, after a password and once more, removed, joined with, reset. Without scripts on the other
//! database, where it is said that a key needs them.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("keys_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("keys") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("keys_story.mjs", demo.folder.path());
    }
}
