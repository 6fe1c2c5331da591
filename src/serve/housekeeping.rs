//! What an edge does from time to time: look names up again, check nodes, forget what is over.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::{BackgroundService, GenBackgroundService, background_service};

use crate::edge::Edge;

/// How often names that were never found are looked up.
const TURN: Duration = Duration::from_secs(5);
/// Every so many turns all names are looked up again, and what is over is forgotten.
const ALL: u32 = 6;

/// The service.
pub(super) struct Housekeeping(Arc<Edge>);

#[async_trait]
impl BackgroundService for Housekeeping {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        tokio::select! {
            () = self.keep_house() => {}
            () = self.0.keep_checking() => {}
            () = self.0.keep_marking() => {}
            _ = shutdown.changed() => {}
        }
    }
}

impl Housekeeping {
    async fn keep_house(&self) {
        for turn in 1_u32.. {
            tokio::select! {
                () = tokio::time::sleep(TURN) => {}
                () = self.0.nodes_changed() => {}
            }
            if turn % ALL == 0 {
                self.0.tidy();
                self.0.resolve().await;
            } else {
                self.0.resolve_missing().await;
            }
            self.0.resolve_proxies(turn % ALL == 0).await;
            let edge = Arc::clone(&self.0);
            // Beside the rest: a proxy that hangs holds nothing up.
            tokio::spawn(async move { edge.probe_proxies().await });
        }
    }
}

pub(super) fn service(edge: Arc<Edge>) -> GenBackgroundService<Housekeeping> {
    background_service("housekeeping", Housekeeping(edge))
}
