//! The independent verifier in Python says the same.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, thread};

use gateway_ledger::Receipt;
use tempfile::TempDir;

use crate::support::{Log, change, event, put};

/// False, with a word, where the peer cannot run; a failure where `CI` is set.
fn peer_runs() -> bool {
    let probe = Command::new("python3")
        .args(["-c", "import cryptography"])
        .output();
    let runs = probe.is_ok_and(|output| output.status.success());
    assert!(
        runs || std::env::var_os("CI").is_none(),
        "python3 with `cryptography` is missing: install python3-cryptography"
    );
    if !runs {
        println!("not compared: python3 with `cryptography` is missing");
    }
    runs
}

struct Peer {
    folder: TempDir,
}

impl Peer {
    fn of(log: &Log) -> Self {
        let folder = TempDir::new().unwrap();
        log.write(&folder.path().join("log"));
        fs::write(folder.path().join("key"), log.signer.verifier_key() + "\n").unwrap();
        Self { folder }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Whether it holds, and the line that says so.
    fn says(&self, receipt: &str, tiles: Option<&str>) -> (bool, String) {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/verify_receipt.py");
        let file = self.folder.path().join("receipt.tlog-proof");
        fs::write(&file, receipt).unwrap();
        let mut command = Command::new("python3");
        command
            .arg(script)
            .arg(&file)
            .arg("--key")
            .arg(self.folder.path().join("key"));
        if let Some(tiles) = tiles {
            command.args(["--tiles", tiles]);
        }
        let output = command.output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.is_empty(), "{errors}");
        assert_eq!(line.lines().count(), 1, "{line}");
        (output.status.code() == Some(0), line)
    }
}

#[test]
fn the_peer_accepts_receipts_and_folders_of_any_size() {
    if !peer_runs() {
        return;
    }
    for (size, index) in [(1, 0), (2, 1), (256, 255), (300, 17), (600, 599)] {
        let log = Log::of(size);
        let peer = Peer::of(&log);
        let receipt = log.receipt(index).render().unwrap();
        let holds = format!("holds: entry {index} of {size} of `gateway.example/ledger`");
        assert_eq!(peer.says(&receipt, None), (true, format!("{holds}\n")));
        let folder = peer.log();
        let with_log = (true, format!("{holds}; the log has {size} entries\n"));
        assert_eq!(peer.says(&receipt, folder.to_str()), with_log);
    }
}

#[test]
fn the_peer_follows_a_log_that_has_grown_over_http_beyond_a_thousand_tiles() {
    if !peer_runs() {
        return;
    }
    let old = Log::of(300);
    let new = Log::of(256 * 1001 + 5);
    let peer = Peer::of(&new);
    let url = serve(peer.log());
    let (holds, line) = peer.says(&old.receipt(299).render().unwrap(), Some(&url));
    assert!(holds, "{line}");
    assert!(line.contains("entry 299 of 300"), "{line}");
    assert!(line.ends_with("the log has 256261 entries\n"), "{line}");
    assert!(peer.log().join("tile/0/x001/000").is_file());
}

#[test]
fn the_peer_says_which_part_of_a_changed_receipt_does_not_hold() {
    if !peer_runs() {
        return;
    }
    let log = Log::of(42);
    let peer = Peer::of(&log);
    let refused = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = log.receipt(17);
        change(&mut receipt);
        let (holds, line) = peer.says(&receipt.render().unwrap(), None);
        assert!(!holds, "{line}");
        line
    };
    let root = "does not hold: the event, salt, index and path do not lead to the signed root\n";
    assert_eq!(refused(&|r| r.event.at.push('0')), root);
    assert_eq!(refused(&|r| r.path[0].0[0] ^= 1), root);
    assert_eq!(refused(&|r| r.index ^= 1), root);
    let place = "does not hold: the path does not fit the entry's place in the tree\n";
    assert_eq!(refused(&|r| r.index = 42), place);
    assert_eq!(refused(&|r| r.path.truncate(5)), place);
    let signature = "does not hold: the checkpoint's signature does not hold\n";
    assert_eq!(
        refused(&|r| r.checkpoint = r.checkpoint.replace("\n42\n", "\n43\n")),
        signature
    );
    assert!(!peer.says("", None).0);
    let text = log.receipt(17).render().unwrap();
    assert!(
        !peer
            .says(&text.replacen("index 17", "index 017", 1), None)
            .0
    );
    assert!(!peer.says(&text.replace('\n', "\r\n"), None).0);
    assert!(!peer.says(text.trim_end(), None).0);
}

#[test]
fn the_peer_refuses_a_log_that_is_not_the_receipts() {
    if !peer_runs() {
        return;
    }
    let log = Log::of(300);
    let receipt = log.receipt(17).render().unwrap();
    let refused = |break_it: &dyn Fn(&Path)| {
        let peer = Peer::of(&log);
        break_it(&peer.log());
        let (holds, line) = peer.says(&receipt, peer.log().to_str());
        assert!(!holds, "{line}");
        line
    };
    let line = refused(&|folder| change(folder, "tile/0/000", |bytes| bytes[32 * 17] ^= 1));
    assert_eq!(
        line,
        "does not hold: entry 17 of the log is not the receipt's event\n"
    );
    let line = refused(&|folder| change(folder, "tile/0/001.p/44", |bytes| bytes[0] ^= 1));
    assert_eq!(
        line,
        "does not hold: the served tiles do not lead to the served checkpoint\n"
    );
    let line = refused(&|folder| put(folder, "checkpoint", Log::of(299).checkpoint.as_bytes()));
    assert!(line.contains("rolled back"), "{line}");
    let line = refused(&|folder| {
        let mut openings = log.openings.clone();
        openings[200].1 = event(1000);
        Log::with(openings).write(folder);
    });
    assert!(line.contains("does not continue"), "{line}");
    let line = refused(&|folder| fs::remove_file(folder.join("tile/0/000")).unwrap());
    assert!(line.contains("No such file"), "{line}");
}

/// Serves a folder over HTTP on loopback, and returns its address.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &folder);
        }
    });
    format!("http://{address}/ledger")
}

fn answer(mut stream: TcpStream, folder: &Path) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let path = request
        .split(' ')
        .nth(1)
        .unwrap()
        .strip_prefix("/ledger/")
        .unwrap();
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    stream.write_all(&body).unwrap();
}
