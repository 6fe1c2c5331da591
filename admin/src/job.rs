//! Jobs: what the control plane does by itself. It probes pool keys, asks what is left behind them, and logs in with
//! those that are a username and password; and it works off what was asked to be done to many things (`bulk`).
//!
//! 1. An edge's [`Observer`] reports what it saw of a key; `reports` decides how soon that is looked into.
//! 2. `prober`: one loop that starts visits when they are due, a few at a time and evenly paced; `place` is an
//!    upstream to it.
//! 3. `visit`: one look at one account, logging in where that is needed. `askable` says which nodes are asked,
//!    `ask` is the HTTP client, `link` connects for it: `resolve` looks names up, `ways` says which outbound proxy
//!    is next, [`Tunnels`] opens the way through it.
//! 4. `outcome`: what came back becomes a change, which goes the way of every change; `said` is its log.
//!
//! Invariant: a pool key is on one visit at a time, and its credential goes to no node but those it is bound
//! to. Only one process that shares a database runs jobs.

mod ask;
mod askable;
mod bulk;
mod link;
mod outcome;
mod place;
mod prober;
mod reports;
mod resolve;
mod said;
mod tunnels;
mod visit;
mod ways;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use potluck_filters::life::Observation;
use potluck_filters::model::Layout;
use potluck_filters::probe;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::control::Control;
use prober::Prober;
pub use tunnels::{Opening, Tunnels};

/// Reports that wait to be looked at; more are dropped, since the next refusal reports the same again.
const REPORTS: usize = 1024;

/// What jobs are told at the start.
#[derive(Clone)]
pub struct JobSettings {
    /// Where the upstreams are and whom they trust.
    pub layout: Arc<Layout>,
    /// How pool keys are probed. Where that is off, nobody logs in either.
    pub probe: probe::Settings,
    /// What opens ways through outbound proxies.
    pub tunnels: Arc<dyn Tunnels>,
}

impl std::fmt::Debug for JobSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobSettings")
            .field("probe", &self.probe)
            .finish_non_exhaustive()
    }
}

/// The jobs that run. Dropped, they end at once.
#[derive(Debug)]
pub struct Jobs {
    observer: Observer,
    /// Told or dropped, it ends the task.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Takes an edge's reports. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observer(mpsc::Sender<Observation>);

impl Observer {
    /// Passes on what was seen. Never waits; where nobody reads, or too much is waiting, it is dropped.
    pub fn observe(&self, seen: Observation) {
        // Full or closed: either way there is nobody to tell.
        let _ = self.0.try_send(seen);
    }
}

/// Starts the jobs on the current tokio runtime. `now` gives Unix time in milliseconds, `chance` a number from 0
/// up to 1.
#[must_use]
pub fn spawn(control: Arc<Control>, settings: JobSettings, now: fn() -> i64, chance: fn() -> f64) -> Jobs {
    let (observer, reports) = mpsc::channel(REPORTS);
    let (stop, stopped) = oneshot::channel();
    let many = bulk::run(Arc::clone(&control));
    let prober = Prober::new(control, settings, now, chance);
    let task = tokio::spawn(async move {
        let work = async { tokio::join!(prober.run(reports), many) };
        tokio::select! {
            // Sent or dropped: both mean the end.
            _ = stopped => {}
            ((), ()) = work => {}
        }
    });
    Jobs {
        observer: Observer(observer),
        stop,
        task,
    }
}

/// Works off what was asked to be done to many things, for as long as it is polled: where no other job runs.
pub async fn work_off(control: Arc<Control>) {
    bulk::run(control).await;
}

impl Jobs {
    /// Passes on what an edge saw of a pool key.
    pub fn observe(&self, seen: Observation) {
        self.observer.observe(seen);
    }

    /// A handle for edges, which outlives nothing: after [`Jobs::stop`] it drops what it is given.
    #[must_use]
    pub fn observer(&self) -> Observer {
        self.observer.clone()
    }

    /// Ends the jobs. Visits under way are given up; they are due again at the next start.
    pub async fn stop(self) {
        // The other end is gone where the task has ended already.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the jobs ended badly");
        }
    }
}
