//! FHIR R4 messages from outside.
#![no_main]

#[path = "../../../adapters/fhir/tests/fhir/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::message(bytes));
