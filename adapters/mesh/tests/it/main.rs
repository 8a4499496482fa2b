//! Against the NHS's own MESH (`mesh-sandbox`) and the NHS's own client (`mesh-client`).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod account;
mod broken;
mod exchange;
mod faults;
mod large;
mod proxy;
mod sandbox;
mod sending;
mod tls;
mod trust;
