//! A probation officer asks a trust for health information in a browser, and it answers there: in
//! full, and not at all and why. With scripts on one database and without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("health_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("trust") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("health_story.mjs", demo.folder.path());
    }
}
