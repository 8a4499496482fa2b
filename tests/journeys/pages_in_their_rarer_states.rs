//! Pages in their rarer states in a real browser: with scripts on one database and without on
//! the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("states_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("states") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("states_story.mjs", demo.folder.path());
    }
}
