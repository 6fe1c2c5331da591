//! The audit log: what is noted apart from changes, and how it is looked up.

use potluck_filters::id::UserId;
use potluck_store::table::audit::{AuditHead, AuditPlace, KnownHead, Verified};
use serde::Serialize;

use super::Control;
use crate::api::{AuditEntry, AuditQuery, Page};
use crate::audit::{Act, Author, Note, Object, ObjectKind, Shown};
use crate::error::ControlError;

/// How often somebody failed within a minute.
#[derive(Serialize)]
struct Times {
    times: u64,
}

impl Shown for Times {}

impl Control {
    /// Notes something that is no change of what an edge serves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(&self, author: impl Into<Author>, note: Note) -> Result<(), ControlError> {
        let author = author.into();
        let now_ms = (self.clock)();
        self.store.note(&note.entry(&author), now_ms).await?;
        Ok(())
    }

    /// Notes a log-in that failed, to this account or to one that there is not. Several in one minute are one
    /// entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_failed_login(
        &self,
        user: Option<UserId>,
        address: Option<std::net::IpAddr>,
    ) -> Result<(), ControlError> {
        let attempted = crate::audit::Attempted { user, address };
        let due = self.failures.count(attempted, (self.clock)());
        self.note_failures(due).await
    }

    /// Notes what is to be noted of minutes that are over. Called from time to time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_failures(&self) -> Result<(), ControlError> {
        let due = self.failures.due((self.clock)());
        self.note_failures(due).await
    }

    async fn note_failures(&self, due: Vec<crate::audit::Failed>) -> Result<(), ControlError> {
        for failed in due {
            let object = Object {
                id: failed.attempted.user.map(|user| user.0),
                ..Object::named(ObjectKind::User, "")
            };
            let times = Times { times: failed.times };
            let note = Note::new(Act::SessionFailed, object).is(&times);
            self.note(Author::nobody(failed.attempted.address), note).await?;
        }
        Ok(())
    }

    /// Entries of the audit log, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, ControlError> {
        let place = AuditPlace::Before(query.after.unwrap_or(i64::MAX));
        let rows = self.store.audit(&query.filter(), place, query.limit()).await?;
        Ok(Page::of(rows, query.limit(), |entry: &AuditEntry| entry.id))
    }

    /// The next entries of an export, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_after(
        &self,
        query: &AuditQuery,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, ControlError> {
        let rows = self
            .store
            .audit(&query.filter(), AuditPlace::After(after), limit)
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// What stands for the whole log now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_head(&self) -> Result<AuditHead, ControlError> {
        Ok(self.store.audit_head().await?)
    }

    /// Walks the whole log, and looks whether it has what a head that was kept stands for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_audit(&self, known: Option<&KnownHead>) -> Result<Verified, ControlError> {
        Ok(self.store.verify_audit(known).await?)
    }
}
