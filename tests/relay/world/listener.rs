//! Where a world listens, from when on, and until when.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use pingora::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::sync::oneshot;

/// Tells Pingora to stop at once, when what it watches is told or dropped.
pub(super) struct StopWatch(Mutex<Option<oneshot::Receiver<()>>>);

impl StopWatch {
    pub(super) fn new(stopped: oneshot::Receiver<()>) -> Self {
        Self(Mutex::new(Some(stopped)))
    }
}

#[async_trait]
impl ShutdownSignalWatch for StopWatch {
    async fn recv(&self) -> ShutdownSignal {
        let stopped = self.0.lock().take();
        if let Some(stopped) = stopped {
            let _ = stopped.await;
        }
        ShutdownSignal::FastShutdown
    }
}

/// A free port of an address that no other world has: Pingora wants to bind by itself, and a free port of
/// 127.0.0.1 might be a fake's by then.
pub(super) fn free_address() -> SocketAddr {
    static WORLDS: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    // Relaxed: only that each gets another number matters.
    let own = Ipv4Addr::new(127, high.max(1), low, WORLDS.fetch_add(1, Ordering::Relaxed));
    // Where only 127.0.0.1 is a loopback address, that has to do.
    let listener = TcpListener::bind((own, 0)).or_else(|_| TcpListener::bind("127.0.0.1:0"));
    listener
        .and_then(|bound| bound.local_addr())
        .expect("a free port")
}

pub(super) fn until_open(address: SocketAddr) {
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
}
