//! A probation officer sets a hospital flag in a browser; the hospital says that the person came; the
//! flag is ended, and cleared. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("flag_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("flagged") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("flag_story.mjs", demo.folder.path());
    }
}
