//! Journeys: the real binary, real databases, tools that are not ours.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod support;

mod journeys {
    mod one_exchange_from_system_to_system;
}
