use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Demo, gateway};

const DATABASE: [&str; 3] = ["records.db", "records.db-wal", "records.db-shm"];

fn run(words: &[&str]) -> Output {
    let done = Command::new(gateway()).args(words).output();
    done.expect("the gateway runs")
}

/// Runs a command that must do what it is told; what it printed.
fn done(words: &[&str]) -> String {
    let done = run(words);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words:?}: {said}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// The verifier key in `demo.json`.
fn key(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join("demo.json")).expect("demo.json");
    let state: serde_json::Value = serde_json::from_str(&text).expect("demo.json is JSON");
    let key = state.pointer("/ledger/verifier_key");
    key.and_then(|key| key.as_str()).expect("a key").to_owned()
}

fn move_database(from: &Path, to: &Path) {
    for name in DATABASE {
        if from.join(name).exists() {
            std::fs::rename(from.join(name), to.join(name)).expect("it is moved");
        }
    }
}

/// Waits until the demo has sent the mail of its month: what it logs after the backup is lost
/// with the database, and this journey is about a restore that loses nothing.
fn all_is_sent(folder: &Path) {
    let quiet = || {
        let store = Command::new("python3")
            .args(["-c", STILL, &folder.join("records.db").to_string_lossy()])
            .status();
        store.expect("python3 runs").success()
    };
    let mut tries = 0..300;
    while !quiet() {
        assert!(tries.next().is_some(), "the demo goes on sending mail");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// Every delivery that mail announces has its mail, and none of them waits.
const STILL: &str = "import sqlite3, sys
db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
one = lambda sql: db.execute(sql).fetchone()[0]
waits = one(\"select count(*) from mail_out where state = 'queued'\")
unsent = one(\"select count(*) from delivery d where state in ('queued', 'waiting') and channel in ('secure-email', 'portal') and not exists (select 1 from mail_out m where m.delivery = d.id)\")
moving = one(\"select count(*) from mail_out m join delivery d on d.id = m.delivery where m.kind = 'delivery' and m.state = 'sent' and d.state in ('queued', 'waiting')\")
sys.exit(waits + unsent + moving > 0 or one('select count(*) from mail_out') == 0)";

#[test]
fn a_backup_of_a_running_demo_is_restored_and_its_log_begun_anew() {
    let mut demo = Demo::with_month(None);
    let folder = demo.folder.path().to_owned();
    let dir = folder.to_str().expect("a path");
    all_is_sent(&folder);
    let place = folder.join("backup.tar");
    let backup = place.to_str().expect("a path");
    let said = done(&["backup", "--out", backup, "--dir", dir]);
    assert!(said.contains("destroy it by"), "{said}");
    demo.stop();
    let old = key(&folder);

    // Over records that are there, nothing is restored.
    let refused = run(&["restore", "--from", backup, "--dir", dir]);
    assert_eq!(refused.status.code(), Some(2));
    let aside = tempfile::tempdir().expect("a temporary folder");
    move_database(&folder, aside.path());
    let said = done(&["restore", "--from", backup, "--dir", dir]);
    let new = key(&folder);
    assert!(new != old && said.contains(&new), "{said}");

    let said = done(&["ledger", "verify", "--key", &new, "--dir", dir]);
    assert!(said.contains("`gateway.example/london/2`"), "{said}");
    assert!(said.contains("no entry is known to be lost"), "{said}");
    done(&["ledger", "verify", "--key", &old, "--dir", dir]);
    let receipt = folder.join("epoch-london-1.tlog-proof");
    let receipt = receipt.to_str().expect("a path");
    done(&["receipt", "verify", receipt, "--key", &new]);

    // The database of before, put back by hand: one plain sentence, and no gateway.
    let restored = tempfile::tempdir().expect("a temporary folder");
    move_database(&folder, restored.path());
    move_database(aside.path(), &folder);
    let config = folder.join("gateway.toml");
    let serve = run(&["serve", "--config", config.to_str().expect("a path")]);
    let said = String::from_utf8_lossy(&serve.stderr);
    assert_eq!(serve.status.code(), Some(1), "{said}");
    assert!(said.contains("run `gateway restore`"), "{said}");
    assert!(serve.stdout.is_empty());
}
