//! Word forms: written and read again, by us and by `LibreOffice`, and files that are none.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bad;
mod batch;
mod common;
mod fuzz;
mod libreoffice;
mod print;
mod round;
mod targets;
mod touched;
