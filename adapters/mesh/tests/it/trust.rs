//! The trust, played by the NHS's own client.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/peers/mesh_trust.py"
);

/// What the trust does, and what it says of it.
pub fn trust(base: &str, mut wanted: Value) -> Value {
    wanted["url"] = json!(base);
    let output = Command::new("python3")
        .arg(SCRIPT)
        .arg(wanted.to_string())
        .env("PYTHONWARNINGS", "ignore")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Collects what waits for the trust into a folder, and acknowledges it.
pub fn receives(base: &str, folder: &Path) -> Vec<Value> {
    let got = trust(base, json!({"do": "receive", "into": folder}));
    got.as_array().unwrap().clone()
}
