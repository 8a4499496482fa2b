//! The pages of health information requests: for whoever asks, whoever is asked and whom they give
//! questions to, whoever looks at a refusal, and whoever oversees. With scripts on one database and
//! without on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("health_pages_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("health_pages") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("health_pages_story.mjs", demo.folder.path());
    }
}
