//! Whether what the relay is to listen on can be had, and waiting until it listens.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpSocket;

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

/// Free ports that nobody else is given before Pingora listens on them.
///
/// Pingora does not tell which port it got, so it is told which to take. A socket that is bound and does not
/// listen keeps a port from everybody who asks for any, yet not from who asks for this one with `SO_REUSEADDR`,
/// as Pingora does.
#[derive(Default)]
pub(super) struct Ports(Vec<TcpSocket>);

impl Ports {
    /// Turns port 0 into a free port, kept for as long as this lives.
    pub(super) fn fixed(&mut self, address: SocketAddr) -> Result<SocketAddr> {
        if address.port() != 0 {
            return Ok(address);
        }
        let (socket, address) = kept(address).context("no free port")?;
        self.0.push(socket);
        Ok(address)
    }
}

fn kept(address: SocketAddr) -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let address = socket.local_addr()?;
    Ok((socket, address))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_kept_port_is_given_to_nobody_but_who_asks_for_it() {
        let any = "127.0.0.1:0".parse().expect("an address");
        let mut ports = Ports::default();
        let address = ports.fixed(any).expect("a port");
        // Each port that the kernel would hand out, for as long as files can be opened.
        let others: Vec<_> = (0..200).map(|_| kept(any).expect("another port")).collect();
        assert!(others.iter().all(|(_, other)| *other != address));
        TcpStream::connect(address).expect_err("nobody listens yet");
        let listener = TcpSocket::new_v4().expect("a socket");
        listener.set_reuseaddr(true).expect("an option");
        listener.bind(address).expect("the kept port");
        let _listener = listener.listen(1).expect("it listens");
        TcpStream::connect(address).expect("a connection");
    }
}
