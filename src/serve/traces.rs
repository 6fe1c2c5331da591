//! Spans on their way to a tracing system: gathered for a moment, and sent in the JSON form of OTLP over HTTP.
//!
//! Invariant: what cannot be sent is counted and forgotten; nothing waits for it.

mod form;
mod send;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::edge::{Edge, Traced, Tracer};
use form::Told;
use send::{Collector, Unsent};

/// Requests that are told of at once.
const MOST: usize = 512;
/// How long spans are gathered before they are sent.
const GATHERED: Duration = Duration::from_millis(500);

/// The task.
#[derive(Debug)]
pub(super) struct Traces {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Traces {
    /// Begins to send, on the current runtime; nothing where no endpoint is set.
    pub(super) fn open(config: &Config, edge: &Edge) -> Option<Self> {
        let collector = Collector::new(config.traces.target()?);
        let (tracer, from) = Tracer::new(config.traces.one_in);
        let tracer = Arc::new(tracer);
        edge.trace_to(Arc::clone(&tracer));
        let told = Told {
            instance: config.edge_name().to_owned(),
            origin_unix_ms: edge.origin_unix_ms(),
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(keep(from, tracer, (collector, told), stopped));
        Some(Self { stop, task })
    }

    /// Sends the rest and ends.
    pub(super) async fn close(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the traces were not closed");
        }
    }
}

async fn keep(
    mut from: mpsc::Receiver<Traced>,
    tracer: Arc<Tracer>,
    (collector, told): (Collector, Told),
    mut stopped: oneshot::Receiver<()>,
) {
    let (mut away, mut last) = (false, false);
    loop {
        let mut batch = Vec::new();
        if !last {
            tokio::select! {
                _ = &mut stopped => last = true,
                _ = from.recv_many(&mut batch, MOST) => {
                    last = tokio::time::timeout(GATHERED, &mut stopped).await.is_ok();
                }
            }
        }
        while batch.len() < MOST
            && let Ok(next) = from.try_recv()
        {
            batch.push(next);
        }
        if !batch.is_empty() {
            let sent = collector.send(told.body(&batch)).await;
            tell(&mut away, &sent);
            if sent.is_err() {
                tracer.lose(batch.len() as u64);
            }
        }
        if last && from.is_empty() {
            return;
        }
    }
}

/// Says once that the collector is away, and once that it is back.
fn tell(away: &mut bool, sent: &Result<(), Unsent>) {
    match sent {
        Err(error) if !std::mem::replace(away, true) => warn(error),
        Ok(()) if std::mem::take(away) => tracing::info!("traces are sent again"),
        Ok(()) | Err(_) => {}
    }
}

fn warn(error: &Unsent) {
    tracing::warn!(%error, "traces cannot be sent; they are lost until they can");
}
