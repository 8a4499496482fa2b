//! A real Postfix in front, by SMTP and by LMTP, and another behind as the relay: nothing is lost
//! where the relay is down and the gateway is killed, and what failed is told to the sender.

use crate::support::{fresh_postgres, peer};

#[test]
fn the_private_postfix_does_what_it_is_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("postfix_itself.py", folder.path());
}

#[test]
fn on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mail_postfix.py", folder.path());
}

#[test]
fn on_postgresql() {
    if let Some(url) = fresh_postgres("mail_postfix") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("mail_postfix.py", folder.path());
    }
}
