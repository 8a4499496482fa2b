//! A stolen cookie, a notice's link, a download of many messages, a person who is none of the
//! candidates, and pages on paper, in a real browser. With scripts on one database and without on
//! the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("moved_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("moved") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("moved_story.mjs", demo.folder.path());
    }
}
