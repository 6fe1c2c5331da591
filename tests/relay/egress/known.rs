//! Real proxies as the snapshot has them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::{OutboundProxy, ProxyKind, ProxyLogin};
use potluck_filters::secret::Secret;
use tokio::net::TcpStream;

use super::real::{PASSWORD, RealProxy, USER};

impl RealProxy {
    /// It, as the snapshot has it.
    pub fn proxy(&self, id: i64) -> OutboundProxy {
        proxy(id, self.kind, self.address)
    }

    /// It behind somebody who counts its connections: each is one handshake.
    pub async fn counted(&self, id: i64) -> (OutboundProxy, Arc<AtomicUsize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = listener.local_addr().unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let (counted, behind) = (Arc::clone(&count), self.address);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                // Relaxed: read when everything has been answered.
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(behind).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        (proxy(id, self.kind, front), count)
    }
}

/// A proxy on this machine with the login of all real ones.
pub fn proxy(id: i64, kind: ProxyKind, address: SocketAddr) -> OutboundProxy {
    let scheme = match kind {
        ProxyKind::Connect => "http",
        ProxyKind::Socks5 => "socks5",
    };
    OutboundProxy {
        id: OutboundProxyId(id),
        name: format!("proxy-{id}").into(),
        url: format!("{scheme}://{address}").parse().unwrap(),
        login: Some(ProxyLogin::new(Secret::new(USER), Secret::new(PASSWORD)).unwrap()),
        enabled: true,
    }
}
