//! When and how a relay stops.
//!
//! SIGTERM: `/readyz` says no, no connection is accepted any more, what is in flight ends, and the
//! process ends at once after that. SIGINT, also while it waits: now.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pingora::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::edge::Edge;

/// How often it is looked whether everything has ended.
const LOOK: Duration = Duration::from_millis(20);

/// What makes a relay stop.
#[derive(Debug)]
pub enum Stop {
    /// SIGTERM and SIGINT.
    OnSignals,
    /// The other end of the channel, for a relay inside another program.
    When(oneshot::Receiver<()>),
}

impl Stop {
    pub(super) fn watch(self, edge: Arc<Edge>, finished: mpsc::Sender<()>) -> Watch {
        Watch {
            stop: Mutex::new(Some(self)),
            edge,
            finished,
        }
    }
}

/// Tells Pingora.
pub(super) struct Watch {
    stop: Mutex<Option<Stop>>,
    edge: Arc<Edge>,
    finished: mpsc::Sender<()>,
}

#[async_trait]
impl ShutdownSignalWatch for Watch {
    async fn recv(&self) -> ShutdownSignal {
        let stop = self.stop.lock().take();
        match stop {
            Some(Stop::OnSignals) | None => self.signalled().await,
            Some(Stop::When(told)) => {
                let _ = told.await;
                ShutdownSignal::FastShutdown
            }
        }
    }
}

impl Watch {
    async fn signalled(&self) -> ShutdownSignal {
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::error!("signals cannot be watched; stopping");
            return ShutdownSignal::FastShutdown;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => return ShutdownSignal::FastShutdown,
        }
        self.drain();
        let impatient = self.finished.clone();
        tokio::spawn(async move {
            let _ = interrupt.recv().await;
            let _ = impatient.send(());
        });
        ShutdownSignal::GracefulTerminate
    }

    /// Takes nothing new in and tells whoever waits as soon as nothing is left: Pingora itself sleeps its
    /// whole grace period.
    fn drain(&self) {
        self.edge.drain();
        tracing::info!(in_flight = self.edge.in_flight(), "draining");
        let (edge, finished) = (Arc::clone(&self.edge), self.finished.clone());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(LOOK);
                if edge.in_flight() == 0 {
                    let _ = finished.send(());
                    return;
                }
            }
        });
    }
}
