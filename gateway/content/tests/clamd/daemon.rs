//! A clamd of the test's own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gateway_content::clamd::{Scanner, Timeouts};
use tempfile::TempDir;

/// EICAR's test file, which is in no file of the tree: it is put together here.
pub fn eicar() -> Vec<u8> {
    let halves = [
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR",
        "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
    ];
    halves.concat().into_bytes()
}

/// A running clamd; dropped, it is ended.
pub struct Clamd {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Clamd {
    /// Starts one that takes documents up to `largest`, and waits until it answers.
    pub async fn start(largest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/clamd.sh");
        let port = free_port();
        let child = Command::new(script)
            .arg(folder.path())
            .arg(port.to_string())
            .env("CLAMD_STREAM_MAX", largest)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut clamd = Self {
            child,
            folder,
            port,
        };
        for address in [clamd.tcp(), clamd.unix()] {
            let scanner = Scanner::new(&address, Timeouts::default()).unwrap();
            while scanner.ping().await.is_err() {
                let ended = clamd.child.try_wait().unwrap();
                assert!(ended.is_none(), "clamd did not start: {ended:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        clamd
    }

    pub fn tcp(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn unix(&self) -> String {
        format!("unix:{}/clamd.sock", self.folder.path().display())
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
