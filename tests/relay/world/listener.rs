//! From when on a world listens, and until when.

use std::net::SocketAddr;

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

pub(super) fn until_open(address: SocketAddr) {
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
}
