//! haproxy as a bare proxy: two threads, upstream keep-alive, no log, all else its defaults.

use std::process::Command;

use anyhow::Result;

use crate::folder::Folder;
use crate::place::Place;
use crate::program;

/// The whole configuration file.
#[must_use]
pub fn config(place: &Place) -> String {
    let Place {
        listen,
        upstream,
        folder: _,
    } = place;
    format!(
        "global
    nbthread 2
    maxconn 4096
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend bench
    bind {listen}
    default_backend upstream
backend upstream
    http-reuse always
    server one {upstream} pool-max-conn 128
"
    )
}

/// How it is started.
///
/// # Errors
/// When haproxy is not installed, or its configuration cannot be written.
pub fn command(place: &Place, folder: &Folder) -> Result<Command> {
    let file = folder.write("haproxy.cfg", &config(place))?;
    let mut command = Command::new(program::installed("haproxy", "haproxy")?);
    command.arg("-db").arg("-f").arg(file);
    Ok(command)
}

/// What its hash in the report stands for.
///
/// # Errors
/// When haproxy is not installed.
pub fn version() -> Result<String> {
    program::version(&program::installed("haproxy", "haproxy")?, "-v")
}
