//! Where a proxy listens, what it relays to, and where its files are.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use anyhow::{Context, Result};

/// The three things in which configurations of equal meaning differ from run to run; as text, so
/// that a configuration can be rendered without them for its hash.
#[derive(Clone, Debug)]
pub struct Place {
    /// `address:port`.
    pub listen: String,
    /// `address:port`.
    pub upstream: String,
    /// An absolute path.
    pub folder: String,
}

impl Place {
    /// A real one.
    #[must_use]
    pub fn new(listen: SocketAddr, upstream: SocketAddr, folder: &Path) -> Self {
        Self {
            listen: listen.to_string(),
            upstream: upstream.to_string(),
            folder: folder.to_string_lossy().into_owned(),
        }
    }

    /// The same in every run.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            listen: "LISTEN".to_owned(),
            upstream: "UPSTREAM".to_owned(),
            folder: "FOLDER".to_owned(),
        }
    }
}

/// A loopback address that was free a moment ago; for programs that cannot say where they listen.
///
/// # Errors
/// When no port is free.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    listener.local_addr().context("looking for a free port")
}
