//! The story: posted, decided, taken, approved, matched, shown on the timeline, proved.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn holds_on_the_embedded_database() {
    let demo = Demo::start(None);
    peer("story.py", demo.folder.path());
}

#[test]
fn holds_on_postgresql() {
    if let Some(url) = fresh_postgres("story") {
        let demo = Demo::start(Some(&url));
        peer("story.py", demo.folder.path());
    }
}
