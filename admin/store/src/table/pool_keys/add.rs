//! Adding pool keys: one, or thousands in one change.
//!
//! Invariant: a credential is sealed to its row id, upstream and origins, so the id is taken before it is
//! sealed.

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::{Caps, PoolKeyState};

use super::credential::{NewCredential, Unfit};
use super::{cell, state_text};
use crate::change::Change;
use crate::error::{StoreError, is_dangling};
use crate::seal::context::Context;
use crate::table::meta;

/// On which terms pool keys are brought.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The upstream's name.
    pub upstream: String,
    /// Who brings them.
    pub contributor: UserId,
    /// Their contributor's name for them; may be empty.
    pub label: String,
    /// The `host:port` origins they may be sent to.
    pub origins: Vec<Box<str>>,
    /// Requests in flight at once on each; `None` takes the upstream's setting.
    pub concurrency: Option<u32>,
    /// What their contributor allows.
    pub caps: Caps,
    /// What they begin as: `Pending` where a probe will look at them.
    pub state: PoolKeyState,
    /// Which notice of the risk their contributor has accepted; `None` where nobody was asked.
    pub notice: Option<u32>,
}

/// What became of one credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in the pool now.
    Added(PoolKeyId),
    /// The same credential is in the pool already, at the same upstream.
    Duplicate,
    /// It cannot be one.
    Invalid(Unfit),
}

/// A credential ready to be written.
struct Prepared {
    id: i64,
    kind: &'static str,
    sealed: Vec<u8>,
    fingerprint: [u8; 32],
}

/// The terms as they are written.
struct Written<'t> {
    terms: &'t Terms,
    origins: String,
    caps: String,
    now_ms: i64,
}

impl Change<'_> {
    /// Adds credentials on the same terms, and says what became of each, in their order. A probe is due at once.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the contributor, or when the database fails; then none was added.
    pub async fn add_pool_keys(
        &mut self,
        terms: &Terms,
        credentials: &[NewCredential],
        now_ms: i64,
    ) -> Result<Vec<Added>, StoreError> {
        let first = meta::reserve_ids(&mut self.tx, credentials.len() as i64).await?;
        let mut terms = terms.clone();
        terms.origins.sort_unstable();
        terms.origins.dedup();
        let written = Written {
            origins: cell(first, "origins").json_text(&terms.origins)?,
            caps: cell(first, "caps").json_text(&terms.caps)?,
            terms: &terms,
            now_ms,
        };
        let mut added = Vec::with_capacity(credentials.len());
        for (id, credential) in (first..).zip(credentials) {
            added.push(match credential.check() {
                Err(unfit) => Added::Invalid(unfit),
                Ok(()) => {
                    let prepared = self.prepare(id, &terms, credential)?;
                    self.insert_pool_key(&prepared, &written).await?
                }
            });
        }
        Ok(added)
    }

    fn prepare(&self, id: i64, terms: &Terms, credential: &NewCredential) -> Result<Prepared, StoreError> {
        let place = Context::PoolKey {
            id,
            upstream: &terms.upstream,
            origins: &terms.origins,
        };
        Ok(Prepared {
            id,
            kind: credential.kind().as_str(),
            sealed: credential.seal(&self.store.ring, &place)?,
            fingerprint: credential.fingerprint(&self.store.fingerprints, &terms.upstream),
        })
    }

    async fn insert_pool_key(
        &mut self,
        prepared: &Prepared,
        written: &Written<'_>,
    ) -> Result<Added, StoreError> {
        let terms = written.terms;
        let done = sqlx::query(
            "insert into pool_keys (id, upstream, contributor_id, label, kind, sealed, fingerprint, key_id, \
             origins, concurrency, caps, state, next_probe_at, created_at, revision, \
             state_since, notice_version, notice_accepted_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $13, $15, $16) \
             on conflict (upstream, fingerprint) do nothing",
        )
        .bind(prepared.id)
        .bind(terms.upstream.as_str())
        .bind(terms.contributor.0)
        .bind(terms.label.as_str())
        .bind(prepared.kind)
        .bind(prepared.sealed.as_slice())
        .bind(prepared.fingerprint.as_slice())
        .bind(self.store.ring.current().id.to_string())
        .bind(written.origins.as_str())
        .bind(terms.concurrency.map(i64::from))
        .bind(written.caps.as_str())
        .bind(state_text(terms.state))
        .bind(written.now_ms)
        .bind(self.revision.0)
        .bind(terms.notice.map(i64::from))
        .bind(terms.notice.map(|_| written.now_ms))
        .execute(&mut *self.tx)
        .await
        .map_err(|error| {
            if is_dangling(&error) {
                StoreError::Missing("user")
            } else {
                error.into()
            }
        })?;
        let added = done.rows_affected() == 1;
        Ok(if added {
            Added::Added(PoolKeyId(prepared.id))
        } else {
            Added::Duplicate
        })
    }
}
