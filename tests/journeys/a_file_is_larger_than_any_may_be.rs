//! Files that are too large are answered in words, also where no script asks first and where the
//! line is lied to; nothing of them stays. On one database more than 5 GiB really come.

use crate::support::{Demo, fresh_postgres, peer, peer_with};

#[test]
fn on_the_embedded_database() {
    let demo = Demo::start(None);
    peer_with("too_large.py", demo.folder.path(), &["whole"]);
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("large") {
        let demo = Demo::start(Some(&url));
        peer("too_large.py", demo.folder.path());
    }
}
