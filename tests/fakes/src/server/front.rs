//! A TLS terminator, as operators put one before a relay: what comes in over TLS goes on in clear text to one address.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::tls::{Acceptor, TestCa};
use crate::wire::{Control, Wire};

/// A terminator on a loopback port of its own. Dropped, it and its connections end.
#[derive(Debug)]
pub struct TlsFront {
    /// Where it listens.
    pub addr: SocketAddr,
    task: JoinHandle<()>,
}

impl TlsFront {
    /// Starts one with a leaf that this authority signs for loopback names.
    pub async fn start(ca: &TestCa, to: SocketAddr) -> io::Result<TlsFront> {
        let acceptor = ca.acceptor().map_err(io::Error::other)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, acceptor, to));
        Ok(TlsFront { addr, task })
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, acceptor: Acceptor, to: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        connections.spawn(pass_on(socket, acceptor.clone(), to));
        while connections.try_join_next().is_some() {}
    }
}

async fn pass_on(socket: TcpStream, acceptor: Acceptor, to: SocketAddr) {
    let passed = async {
        let wire = Wire::new(socket, Control::default());
        let mut from = acceptor.accept(wire).await.map_err(io::Error::other)?;
        let mut to = TcpStream::connect(to).await?;
        tokio::io::copy_bidirectional(&mut from, &mut to).await
    };
    if let Err(error) = passed.await {
        // A client that does not trust the authority ends here.
        tracing::debug!(%error, "a connection of a TLS front ended early");
    }
}
