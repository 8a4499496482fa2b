//! The portal in a real browser: signed in, read, downloaded, proved, acknowledged, signed out.

use crate::support::{Demo, browser, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("portal_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("portal") {
        let demo = Demo::start(Some(&url));
        browser("portal_story.mjs", demo.folder.path());
    }
}
