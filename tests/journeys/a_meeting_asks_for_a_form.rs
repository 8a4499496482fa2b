//! A form that a meeting asks for, in a real browser: asked, begun from there, countersigned in the
//! queue, read, used, and withdrawn. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("asked_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("asked") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("asked_story.mjs", demo.folder.path());
    }
}
