//! Mail as it must not be: forged, wrapped anew, malformed, from machines, with malware in it; and
//! the wire as it must not be spoken. A clear reply or quarantine; nothing lost, nothing doubled.

use crate::support::{Demo, fresh_postgres, peer};

#[test]
fn forged_malformed_and_infected_mail_on_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    peer("mail_bad.py", folder.path());
}

#[test]
fn forged_malformed_and_infected_mail_on_postgresql() {
    if let Some(url) = fresh_postgres("mail_bad") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("database"), url).expect("the database is named");
        peer("mail_bad.py", folder.path());
    }
}

#[test]
fn octets_that_two_servers_could_read_in_two_ways() {
    let demo = Demo::start(None);
    peer("mail_wire.py", demo.folder.path());
}
