//! The gateway binary. Its commands are not built yet: it says so and exits 2.

use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn main() -> ExitCode {
    eprintln!("no command of the gateway is built yet: see CHANGELOG.md for what is");
    ExitCode::from(2)
}
