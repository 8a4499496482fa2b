//! Requests and answers, written and read; refused; seen by a validator that is not ours.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it could not look at"
)]

mod any;
mod contrary;
mod fuzz;
mod hl7;
mod interface;
mod messages;
mod refused;
mod round_trip;
mod samples;
mod streamed;
mod targets;
mod validator;
