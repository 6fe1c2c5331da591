//! The accept loop. It owns every connection's task and control: when it ends, they end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::exchange::{Link, Site, respond};
use super::tls::Acceptor;
use crate::wire::{Control, Wire};

/// How long to rest when the process has no file handles left for another connection.
const REST: Duration = Duration::from_millis(20);

pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Acceptor>,
    pub(super) connections: Arc<AtomicUsize>,
}

/// The controls of the open connections. An upgraded connection outlives its task, so aborting tasks is not enough.
#[derive(Default)]
struct Open(Vec<Control>);

impl Drop for Open {
    fn drop(&mut self) {
        for control in &self.0 {
            control.close();
        }
    }
}

impl Open {
    fn add(&mut self) -> Control {
        let control = Control::default();
        self.0.retain(Control::in_use);
        self.0.push(control.clone());
        control
    }
}

/// Serves until it is aborted.
pub(super) async fn accept(door: Door, site: Site) {
    let mut open = Open::default();
    let mut tasks = JoinSet::new();
    loop {
        match door.listener.accept().await {
            Ok((socket, _)) => {
                let connection = door.connections.fetch_add(1, Ordering::AcqRel);
                let link = Link {
                    connection,
                    control: open.add(),
                };
                tasks.spawn(converse(socket, door.tls.clone(), site.clone(), link));
            }
            Err(error) => {
                tracing::warn!(%error, "a fake could not accept a connection");
                tokio::time::sleep(REST).await;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
}

async fn converse(socket: TcpStream, tls: Option<Acceptor>, site: Site, link: Link) {
    // Small frames must leave at once; where the socket is gone already, reading says so.
    let _ = socket.set_nodelay(true);
    let wire = Wire::new(socket, link.control.clone());
    match tls {
        None => serve(wire, site, link).await,
        Some(acceptor) => match acceptor.accept(wire).await {
            Ok(stream) => serve(stream, site, link).await,
            Err(error) => tracing::debug!(%error, "a fake's TLS handshake failed"),
        },
    }
}

async fn serve<S>(stream: S, site: Site, link: Link)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| respond(site.clone(), link.clone(), request));
    let builder = Builder::new(TokioExecutor::new());
    let served = builder
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        // Scripted breaks and clients that leave end here.
        tracing::debug!(error, "a fake's connection ended early");
    }
}
