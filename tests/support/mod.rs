//! A demo of the real binary, on ports of its own, stopped when the test ends.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use gateway_store::testing;
use tempfile::TempDir;

/// The gateway that `scripts/test` has built beside this test.
pub fn gateway() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests lie two folders below the binary");
    let gateway = folder.join("gateway");
    assert!(
        gateway.exists(),
        "there is no gateway to test: run scripts/test, or cargo build --workspace"
    );
    gateway
}

/// A running demo.
pub struct Demo {
    /// Its folder.
    pub folder: TempDir,
    child: Child,
}

impl Demo {
    /// Starts one on the embedded database, or on the PostgreSQL database named.
    pub fn start(database: Option<&str>) -> Self {
        Self::with(database, "none")
    }

    /// Starts one in which a month has happened.
    pub fn with_month(database: Option<&str>) -> Self {
        Self::with(database, "month")
    }

    /// What it says, more than in service, goes to `stdout.log` and `stderr.log` in its folder,
    /// temporary files to `tmp`; `pid` there holds its process id.
    fn with(database: Option<&str>, sample: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str| File::create(folder.path().join(name)).expect("a file of words");
        std::fs::create_dir(folder.path().join("tmp")).expect("a folder of temporary files");
        let mut command = Command::new(gateway());
        command
            .args(["demo", "--clock", "manual", "--sample", sample])
            .args(["--api", "127.0.0.1:0", "--ops", "127.0.0.1:0"])
            .args(["--portal", "127.0.0.1:0"])
            .args(["--smtp", "127.0.0.1:0", "--dir"])
            .arg(folder.path())
            .env("TMPDIR", folder.path().join("tmp"))
            .env("GATEWAY_LOG", "debug");
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(file("stderr.log"))
            .spawn()
            .expect("the demo starts");
        let stdout = child.stdout.take().expect("the demo has an output");
        let (says, hears) = mpsc::channel();
        let mut words = file("stdout.log");
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = writeln!(words, "{line}");
                if line.starts_with("ready") {
                    let _ = says.send(());
                }
            }
        });
        let pid = child.id().to_string();
        std::fs::write(folder.path().join("pid"), pid).expect("the process id is kept");
        let ready = hears.recv();
        let complaint = std::fs::read_to_string(folder.path().join("stderr.log"));
        assert!(
            ready.is_ok(),
            "the demo ended before it was ready: {complaint:?}"
        );
        Self { folder, child }
    }

    /// Stops it, as a power cut would; its folder stays.
    pub fn stop(&mut self) {
        self.child.kill().expect("the demo is stopped");
        self.child.wait().expect("the demo has ended");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

thread_local! {
    /// Which database the journey of this thread has asked for.
    static DATABASE: Cell<&'static str> = const { Cell::new("sqlite") };
}

/// Whether a journey that starts a server of its own runs here: wherever one on the test's does.
pub fn own_postgres() -> bool {
    let there = testing::server().is_some();
    if there {
        DATABASE.set("postgres");
    }
    there
}

/// A fresh database on the test's server; none where no server is named outside CI.
pub fn fresh_postgres(name: &str) -> Option<String> {
    let server = testing::server()?;
    DATABASE.set("postgres");
    let name = format!("journey_{name}_{}", std::process::id());
    let made = Command::new("psql")
        .arg(&server)
        .args(["-qc", &format!("create database {name}")])
        .status();
    assert!(
        made.expect("psql runs").success(),
        "a database could not be made"
    );
    let base = server
        .rsplit_once('/')
        .map_or(server.as_str(), |(base, _)| base);
    Some(format!("{base}/{name}"))
}

/// Runs a peer's script from `tests/peers` and shows what it said where it fails.
pub fn peer(script: &str, demo: &Path) {
    peer_with(script, demo, &[]);
}

/// The same with words of its own.
pub fn peer_with(script: &str, demo: &Path, words: &[&str]) {
    run("python3", script, demo, words, &[]);
}

/// The same for a script that drives a browser.
pub fn browser(script: &str, demo: &Path) {
    run("node", script, demo, &[], &[]);
}

/// A story in a browser that runs no scripts.
pub fn browser_without_scripts(script: &str, demo: &Path) {
    run("node", script, demo, &[], &[("PORTAL_PLAIN", "1")]);
}

#[expect(
    clippy::print_stdout,
    reason = "what a peer found is part of the report"
)]
fn run(program: &str, script: &str, demo: &Path, words: &[&str], environment: &[(&str, &str)]) {
    testing::note(DATABASE.get());
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(script);
    let done = Command::new(program)
        .arg(script)
        .arg(demo)
        .arg(gateway())
        .args(words)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(environment.iter().copied())
        .output()
        .expect("the peer's program runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    print!("{}", String::from_utf8_lossy(&done.stdout));
}
