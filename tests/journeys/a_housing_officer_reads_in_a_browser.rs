//! The portal in a real browser: signed in, read, downloaded, proved, acknowledged, signed out.
//! With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("portal_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("portal") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("portal_story.mjs", demo.folder.path());
    }
}
