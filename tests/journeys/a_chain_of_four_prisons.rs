//! A person is moved through four prisons in a real browser: nothing that one of them knew is
//! lost, and who has let the person go reads no more. With scripts on one database and without
//! on the other.

use crate::support::{Demo, browser, browser_without_scripts, fresh_postgres};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    browser("custody_story.mjs", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("custody") {
        let demo = Demo::start(Some(&url));
        browser_without_scripts("custody_story.mjs", demo.folder.path());
    }
}
