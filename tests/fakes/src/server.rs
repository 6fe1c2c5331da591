//! The server under each fake: accepts, records, applies faults, and asks the fake's router.
//!
//! Invariant: when the server was stopped or dropped, its port is closed and each of its connections is broken.

mod accept;
mod exchange;
mod front;
mod tls;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fault::Faults;
use crate::record::Records;
pub use front::TlsFront;
pub use tls::{TestCa, TlsError};

/// A running fake. Speaks HTTP/1.1 and HTTP/2 (h2c with prior knowledge; over TLS by ALPN).
#[derive(Debug)]
pub struct FakeServer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What its next requests meet.
    pub faults: Faults,
    /// What it received.
    pub records: Records,
    /// The authority that signed its certificate, in PEM; None where it speaks plaintext.
    pub ca_pem: Option<String>,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl FakeServer {
    /// Serves on a free port of 127.0.0.1.
    pub async fn start(router: Router, faults: Faults, records: Records) -> io::Result<FakeServer> {
        FakeServer::start_on(loopback(), router, faults, records).await
    }

    /// Serves on a given address, for example that of a stopped server.
    pub async fn start_on(
        addr: SocketAddr,
        router: Router,
        faults: Faults,
        records: Records,
    ) -> io::Result<FakeServer> {
        let listener = TcpListener::bind(addr).await?;
        FakeServer::serve(listener, None, router, faults, records)
    }

    /// Serves TLS on a free port of 127.0.0.1, for the names `localhost` and `127.0.0.1`, with a certificate of a
    /// new authority that `ca_pem` shows.
    pub async fn start_tls(router: Router, faults: Faults, records: Records) -> io::Result<FakeServer> {
        let ca = TestCa::generate().map_err(io::Error::other)?;
        FakeServer::start_tls_with(&ca, router, faults, records).await
    }

    /// The same with a certificate of a given authority, so that several fakes can share one.
    pub async fn start_tls_with(
        ca: &TestCa,
        router: Router,
        faults: Faults,
        records: Records,
    ) -> io::Result<FakeServer> {
        let acceptor = ca.acceptor().map_err(io::Error::other)?;
        let listener = TcpListener::bind(loopback()).await?;
        let mut server = FakeServer::serve(listener, Some(acceptor), router, faults, records)?;
        server.ca_pem = Some(ca.pem().to_owned());
        Ok(server)
    }

    fn serve(
        listener: TcpListener,
        tls: Option<tls::Acceptor>,
        router: Router,
        faults: Faults,
        records: Records,
    ) -> io::Result<FakeServer> {
        let addr = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let site = exchange::Site {
            router,
            faults: faults.clone(),
            records: records.clone(),
        };
        let door = accept::Door {
            listener,
            tls,
            connections: Arc::clone(&connections),
        };
        let accepting = tokio::spawn(accept::accept(door, site));
        Ok(FakeServer {
            addr,
            faults,
            records,
            ca_pem: None,
            connections,
            accepting,
        })
    }

    /// The base URL, without a slash at its end. With TLS it names `localhost`.
    pub fn url(&self) -> String {
        match self.ca_pem {
            Some(_) => format!("https://localhost:{}", self.addr.port()),
            None => format!("http://{}", self.addr),
        }
    }

    /// How many TCP connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// Closes the port and every connection, and waits until that is done.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // The error says that the task was aborted.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

#[cfg(test)]
mod tests;
