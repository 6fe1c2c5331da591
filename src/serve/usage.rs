//! The books of usage in this process: what the edge notes is spooled, written to the database and, in time,
//! forgotten.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use potluck_admin::Control;
use potluck_admin::store::usage::tidy::{Forgetting, Tidied};
use potluck_admin::store::usage::{Batch as Written, UsageStore};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::clock::{Clock, unix_ms};
use crate::config::Config;
use crate::edge::Edge;
use crate::spool::{Batch, NotTaken, Settings, Spool, Taker};

/// The folder of the spool, in the data folder.
const FOLDER: &str = "usage";
/// For how long the end of the process waits for the books.
const LAST: Duration = Duration::from_secs(5);
/// Between two looks at what is too old.
const TIDY: Duration = Duration::from_secs(600);
/// Between two steps of forgetting, so that others get their turn.
const STEP: Duration = Duration::from_millis(20);

/// The books at work.
#[derive(Debug)]
pub(super) struct Keeping {
    spool: Spool,
    tidying: JoinHandle<()>,
}

/// Begins to keep them, where there are any. Called before the edge serves. `epoch` is this process's.
///
/// # Errors
/// When there is no place for them in the data folder.
pub(super) fn begin(
    config: &Config,
    epoch: i64,
    edge: &Edge,
    control: &Control,
    runtime: &Runtime,
) -> Result<Option<Keeping>> {
    let Some(usage) = control.usage().cloned() else {
        return Ok(None);
    };
    let settings = Settings {
        folder: folder(config),
        edge: config.edge_name().into(),
        epoch,
        most: config.usage.spool.0,
    };
    let tidying = runtime.spawn(tidy(usage.clone()));
    let spool = Spool::open(&settings, Arc::new(InStore(usage)), runtime.handle());
    let spool = spool.context("usage cannot be kept in the data folder")?;
    edge.on_usage(spool.inlet());
    Ok(Some(Keeping { spool, tidying }))
}

/// The folder of the spool.
pub(super) fn folder(config: &Config) -> PathBuf {
    config.data.join(FOLDER)
}

impl Keeping {
    /// Writes down what is left, as far as the database takes it.
    pub(super) async fn close(self) {
        self.tidying.abort();
        self.spool.close(LAST).await;
    }
}

/// The database in this process.
struct InStore(UsageStore);

#[async_trait]
impl Taker for InStore {
    async fn take(&self, batch: &Batch) -> Result<u64, NotTaken> {
        let written = Written {
            edge: Arc::clone(&batch.edge),
            epoch: batch.epoch,
            first: batch.first,
            events: batch.events.clone(),
        };
        let mark = self.0.record(&written, unix_ms()).await;
        mark.map(|mark| mark.0)
            .map_err(|error| NotTaken(error.to_string()))
    }
}

/// Forgets what is too old, a little at a time.
async fn tidy(usage: UsageStore) {
    let clock = Clock::default();
    let mut forgetting = Forgetting::new(usage, move || clock.now());
    let mut failing = false;
    loop {
        match forgetting.step(unix_ms()).await {
            Ok(Tidied::Some(_)) => {
                failing = false;
                tokio::time::sleep(STEP).await;
                continue;
            }
            Ok(Tidied::Done) => failing = false,
            Err(error) if !std::mem::replace(&mut failing, true) => {
                tracing::warn!(%error, "old usage cannot be forgotten; it is tried again");
            }
            Err(_) => {}
        }
        tokio::time::sleep(TIDY).await;
    }
}
