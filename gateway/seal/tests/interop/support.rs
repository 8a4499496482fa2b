//! Runs other people's tools.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use tempfile::TempDir;

/// Standard input in, standard output out; fails with the tool's own words.
pub fn run(tool: &str, arguments: &[&dyn AsRef<OsStr>], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(tool);
    command.args(arguments.iter().map(AsRef::as_ref));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|_| {
        panic!("`{tool}` is not installed: run scripts/test, which installs it")
    });
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // A tool that stops early closes its input: its own words say why.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{tool}` failed: {words}");
    output.stdout
}

/// The folder of the npm peers, installed by scripts/test.
pub fn peers() -> PathBuf {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers");
    assert!(
        peers
            .join("node_modules/age-encryption/package.json")
            .is_file(),
        "npm `age-encryption` is not installed: run scripts/test, which installs it"
    );
    peers
}

/// Writes a key file that only its owner may read, as tools ask.
pub fn key_file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, format!("{text}\n")).unwrap();
    path
}
