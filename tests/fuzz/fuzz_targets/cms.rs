//! A CMS message: opened with fixed keys, and checked against a fixed root.
#![no_main]

use std::sync::LazyLock;

use gateway_cms::{KeyPair, Limits, Trust, decrypt, kind, verify};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Vec<KeyPair>> = LazyLock::new(|| {
    let ec = KeyPair::from_pem(
        include_bytes!("../keys/ec.pem"),
        include_bytes!("../keys/ec.key"),
    );
    let rsa = KeyPair::from_pem(
        include_bytes!("../keys/rsa.pem"),
        include_bytes!("../keys/rsa.key"),
    );
    vec![ec.expect("a key pair"), rsa.expect("a key pair")]
});
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    Trust::new(include_bytes!("../keys/root.pem"), b"", &[], false).expect("a root")
});

fuzz_target!(|bytes: &[u8]| {
    let at = Timestamp::from_second(1_800_000_000).expect("a time");
    let limits = Limits {
        message_bytes: 1024 * 1024,
        ..Limits::default()
    };
    let _ = kind(bytes);
    if let Ok(opened) = decrypt(bytes, &KEYS, &limits) {
        let _ = verify(&opened.content, None, &TRUST, at, &limits);
    }
    let content = b"Content-Type: text/plain\r\n\r\nA word.\r\n";
    for detached in [None, Some(&content[..])] {
        if let Ok(verified) = verify(bytes, detached, &TRUST, at, &limits) {
            assert!(!verified.signers.is_empty(), "read without a signer");
        }
    }
});
