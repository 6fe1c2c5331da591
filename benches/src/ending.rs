//! How each program here ends: an error on one line of standard error, and an exit code.

use std::process::ExitCode;

use anyhow::Result;

/// The exit code for `result`, after its error was printed.
#[must_use]
pub fn of(name: &str, result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("{name}: {error:#}");
        ExitCode::FAILURE
    })
}
