//! The server as a client meets it: raw sockets for every rule, and clients of others.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod clients;
mod dialogue;
mod ends;
mod limits;
mod lmtp;
mod logs;
mod postfix;
mod sending;
mod smuggling;
mod support;
mod tls;
