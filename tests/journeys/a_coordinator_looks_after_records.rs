//! A coordinator's records, an auditor's day and a housing officer's question, in a real
//! browser: with scripts and without.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("coordinator_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql_without_scripts() {
    if let Some(url) = fresh_postgres("coordinator") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("coordinator_story.mjs", demo.folder.path());
    }
}
