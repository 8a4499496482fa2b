//! A document: the first line is its name, the rest its content.
#![no_main]

use gateway_content::{Limits, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().take(64).position(|byte| *byte == b'\n');
    let (name, content) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (&b""[..], bytes),
    };
    let name = String::from_utf8_lossy(name);
    let limits = Limits {
        total_bytes: 1024 * 1024,
        member_bytes: 256 * 1024,
        members: 100,
        ..Limits::default()
    };
    let seen = inspect(&name, "application/pdf", content, &limits);
    assert!(
        seen.findings.is_sorted_by(|a, b| a < b),
        "findings out of order"
    );
    assert!(!seen.media_type.is_empty());
});
