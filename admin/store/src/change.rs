//! One change: a transaction that has taken the next revision, and the rows it writes.
//!
//! Invariant: dropped without [`Change::commit`], nothing has happened. Changes wait for one another on the
//! revision row, so commit order is revision order.

use potluck_filters::id::Revision;
use potluck_filters::snapshot::Delta;
use sqlx::{Any, Transaction};

use crate::error::StoreError;
use crate::store::{self, Store};

/// A change under way. Its methods stand beside the queries of each table.
#[derive(Debug)]
pub struct Change<'s> {
    pub(crate) store: &'s Store,
    pub(crate) tx: Transaction<'static, Any>,
    pub(crate) revision: Revision,
}

impl Change<'_> {
    /// The revision that this change makes.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What an edge that has `since` will have to change once this is committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delta(&mut self, since: Revision) -> Result<Delta, StoreError> {
        store::delta(&mut self.tx, &self.store.ring, since).await
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// When the database fails; then nothing was changed.
    pub async fn commit(self) -> Result<Revision, StoreError> {
        self.tx.commit().await?;
        Ok(self.revision)
    }
}
