//! A change whose turn it is.

use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::snapshot::Delta;
use potluck_store::{Change, Probed, SavedProbe};
use tokio::sync::MutexGuard;

use super::Control;
use super::bulk::{Touched, object};
use crate::api::Job;
use crate::audit::{Act, Author, Note};
use crate::caller::{By, Caller};
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
            SavedProbe::Saved => turn.end_job().await?,
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

    /// Commits with what is noted of it, and returns when the edge serves it.
    ///
    /// # Errors
    /// When the edge cannot serve from it (then nothing has happened), or the database fails.
    pub async fn end(mut self, note: Note) -> Result<(), ControlError> {
        let author = Author::from(&self.by);
        self.change.note(&note.entry(&author), self.now_ms).await?;
        let control = self.control;
        let told = |delta: &Delta| control.events.tell(&note, delta.to);
        self.publish(told).await
    }

    /// Commits a step of a job, whose items are noted each by itself.
    ///
    /// # Errors
    /// As [`Self::end`].
    pub(super) async fn end_step(self, job: &Job, touched: &Touched) -> Result<(), ControlError> {
        let control = self.control;
        let progress = Note::new(Act::JobEnded, object(job)).is(job);
        let of = (touched.kind, touched.ids.as_slice(), touched.owners.as_slice());
        self.publish(|delta| control.events.tell_step(&progress, of, delta.to))
            .await
    }

    /// The same for a job, whose every-day work is not noted.
    ///
    /// # Errors
    /// As [`Self::end`]; and when somebody else than a job makes the change: then nothing has happened.
    pub async fn end_job(self) -> Result<(), ControlError> {
        let control = self.control;
        match self.by.caller {
            Caller::Job(_) => self.publish(|delta| control.events.tell_pool_keys(delta)).await,
            Caller::Operator | Caller::User(_) => Err(ControlError::Unnoted),
        }
    }

    /// The same for what is found to be wrong, which no edge needs and all admins hear of.
    ///
    /// # Errors
    /// As [`Self::end`].
    pub(crate) async fn end_findings(self, touched: Vec<i64>) -> Result<(), ControlError> {
        let control = self.control;
        self.publish(|delta| control.events.tell_findings(touched, delta.to))
            .await
    }

    /// Whoever listens is told after the edge, so that they see what the next request sees.
    async fn publish(mut self, tell: impl FnOnce(&Delta)) -> Result<(), ControlError> {
        let delta = self.change.delta(*self.published).await?;
        self.control
            .publisher
            .check(&delta)
            .map_err(ControlError::Refused)?;
        let to = self.change.commit().await?;
        tracing::debug!(by = ?self.by.caller, revision = to.0, "changed");
        let told = Delta {
            pool_keys: delta.pool_keys.clone(),
            users: delta.users.clone(),
            from: delta.from,
            to: delta.to,
            ..Delta::default()
        };
        let published = self.control.publisher.publish(delta);
        tell(&told);
        published.map_err(ControlError::NotServed)?;
        *self.published = to;
        Ok(())
    }
}
