//! Forms, one on each line of a file.
#![no_main]

#[allow(dead_code, reason = "the targets of all parsers of forms")]
#[path = "../../../adapters/annex-f/tests/it/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::batch(bytes));
