//! A change whose turn it is.

use potluck_filters::id::{PoolKeyId, Revision};
use potluck_store::{Change, Probed, SavedProbe};
use tokio::sync::MutexGuard;

use super::Control;
use crate::caller::By;
use crate::error::ControlError;

/// A change whose turn it is. Dropped before its end, nothing has happened.
pub struct Turn<'c> {
    pub(super) control: &'c Control,
    pub(super) published: MutexGuard<'c, Revision>,
    pub(super) change: Change<'c>,
    pub(super) now_ms: i64,
    /// Who makes it.
    pub(super) by: By,
}

impl std::fmt::Debug for Turn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn")
            .field("change", &self.change)
            .finish_non_exhaustive()
    }
}

impl Control {
    /// Waits for its turn and begins a change.
    ///
    /// # Errors
    /// When the database fails, or another process keeps it locked.
    pub async fn turn(&self, by: &By) -> Result<Turn<'_>, ControlError> {
        let published = self.published.lock().await;
        let change = self.store.change().await?;
        Ok(Turn {
            control: self,
            published,
            change,
            now_ms: (self.clock)(),
            by: *by,
        })
    }

    /// Writes what a probe found out, and makes a change of it only where an edge has to hear of it.
    ///
    /// # Errors
    /// When the database fails, or the edge cannot serve from the change.
    pub async fn save_probe(&self, id: PoolKeyId, probed: &Probed) -> Result<SavedProbe, ControlError> {
        if self.store.save_quiet_probe(id, probed).await? {
            return Ok(SavedProbe::Saved);
        }
        let mut turn = self.turn(&By::job("probe")).await?;
        let saved = turn.change.save_probe(id, probed).await?;
        match saved {
            SavedProbe::Saved => turn.end().await?,
            SavedProbe::SameAccountAs(_) | SavedProbe::Gone => {}
        }
        Ok(saved)
    }
}

impl<'c> Turn<'c> {
    /// The rows to change.
    pub fn change(&mut self) -> &mut Change<'c> {
        &mut self.change
    }

    /// Commits, and returns when the edge serves it.
    ///
    /// # Errors
    /// When the edge cannot serve from it (then nothing has happened), or the database fails.
    pub async fn end(mut self) -> Result<(), ControlError> {
        let delta = self.change.delta(*self.published).await?;
        self.control
            .publisher
            .check(&delta)
            .map_err(ControlError::Refused)?;
        let to = self.change.commit().await?;
        tracing::debug!(by = ?self.by.caller, revision = to.0, "changed");
        self.control
            .publisher
            .publish(delta)
            .map_err(ControlError::NotServed)?;
        *self.published = to;
        Ok(())
    }
}
