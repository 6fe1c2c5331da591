//! The Pingora proxy that does nothing, a program of this package.

use std::process::Command;

use anyhow::Result;

use crate::place::Place;
use crate::program;

/// Its arguments; it has no other configuration.
#[must_use]
pub fn arguments(place: &Place) -> [String; 6] {
    let Place {
        listen,
        upstream,
        folder: _,
    } = place;
    ["--listen", listen, "--upstream", upstream, "--threads", "2"].map(str::to_owned)
}

/// How it is started.
///
/// # Errors
/// When it was not built.
pub fn command(place: &Place) -> Result<Command> {
    let mut command = Command::new(program::sibling("pingora-bare")?);
    command.args(arguments(place));
    Ok(command)
}

/// The version of Pingora that this package was built with.
#[must_use]
pub fn version() -> String {
    let lock = include_str!("../../Cargo.lock");
    let found = lock.split("[[package]]").find_map(|package| {
        package
            .trim_start()
            .strip_prefix("name = \"pingora\"")?
            .split('"')
            .nth(1)
    });
    format!("pingora {}", found.unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_found_in_the_lock_file() {
        assert!(super::version().starts_with("pingora 0."), "{}", super::version());
    }
}
