//! Whether what the relay is to listen on can be had, and waiting until it listens.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::cli::{Exit, Failure};
use crate::config::Config;

/// How long binding the listeners may take.
const BINDING: Duration = Duration::from_secs(10);

/// Pingora keeps trying an occupied port and then panics; here it is one clear message.
pub(super) fn free(address: SocketAddr, key: &str) -> Result<()> {
    TcpListener::bind(address).map(|_| ()).map_err(|error| {
        let message =
            format!("cannot listen on {address}: {error}; stop what uses it, or set `{key}` to another one");
        Failure::new(Exit::Unavailable, message).into()
    })
}

/// Turns port 0 into a free port, since Pingora does not tell which one it got.
pub(super) fn fixed(address: SocketAddr) -> Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let listener = TcpListener::bind(address).context("no free port")?;
    listener.local_addr().context("no free port")
}

/// The kernel's bound on a socket's path, with room for its closing zero byte.
pub(super) fn socket_fits(config: &Config) -> Result<()> {
    const LONGEST: usize = 107;
    let path = config.socket_path();
    if path.as_os_str().len() > LONGEST {
        let message = format!(
            "the control socket's path {} is longer than {LONGEST} bytes; set `admin.socket`",
            path.display()
        );
        return Err(Failure::new(Exit::Config, message).into());
    }
    Ok(())
}

/// Makes the control socket once and takes it away again, so that a path that cannot be is one clear message.
pub(super) fn socket_can_be_made(path: &Path) -> Result<()> {
    let refused = |why: &dyn std::fmt::Display| {
        let message = format!(
            "the control socket {} cannot be made: {why}; set `admin.socket` to another path in a folder that exists",
            path.display()
        );
        Err(Failure::new(Exit::Unavailable, message).into())
    };
    // A socket that nobody listens on is left of a relay that died; anything else there is not ours to remove.
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return refused(&"there is a file that is no socket"),
        Ok(_) if UnixStream::connect(path).is_ok() => return refused(&"another process listens on it"),
        Ok(_) | Err(_) => {}
    }
    let _ = std::fs::remove_file(path);
    match UnixListener::bind(path) {
        Ok(_listener) => {
            let _ = std::fs::remove_file(path);
            Ok(())
        }
        Err(error) => refused(&error),
    }
}

pub(super) fn until_bound(address: SocketAddr, server: &JoinHandle<()>) -> Result<()> {
    let pause = Duration::from_millis(5);
    for _ in 0..BINDING.as_millis() / pause.as_millis() {
        if TcpStream::connect_timeout(&reachable(address), pause).is_ok() {
            return Ok(());
        }
        if server.is_finished() {
            break;
        }
        std::thread::sleep(pause);
    }
    bail!("the listener on {address} did not open");
}

/// An address that listens on all interfaces is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        let loopback: std::net::IpAddr = if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    address
}
