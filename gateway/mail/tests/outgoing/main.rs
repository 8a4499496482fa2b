//! What goes out, read back by others' tools: `mail-parser`, Python's `email` and `dkim`, `openssl`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod composing;
mod direct;
mod dkim;
mod proving;
mod smime;
mod support;
