//! Requests and answers, from form to FHIR and back.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod any;
mod left_out;
mod round_trip;
mod samples;
mod unsaid;
