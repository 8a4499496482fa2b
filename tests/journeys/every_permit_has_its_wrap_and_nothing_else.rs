//! There is a key for every cell that the answers permit, and for none that they do not: counted in
//! the database, from outside, over everything that can give or take one.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::with_month(None);
    peer("wraps.py", demo.folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("wraps") {
        let demo = Demo::with_month(Some(&url));
        peer("wraps.py", demo.folder.path());
    }
}
