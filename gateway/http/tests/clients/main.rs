//! A whole listener against real clients.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fault here is a failed test"
)]

mod answers;
mod listener;
mod support;
