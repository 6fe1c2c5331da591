//! Adding pool keys: one, or thousands in one change.
//!
//! Invariant: a credential is sealed to its row id, upstream and origins, so the id is taken before it is
//! sealed.

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::{CredentialError, PoolCredential};
use potluck_filters::secret::Secret;

use super::cell;
use crate::change::Change;
use crate::client_key_text;
use crate::error::{StoreError, is_dangling};
use crate::random;
use crate::seal::context::Context;
use crate::seal::envelope;
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

/// Why a text cannot be a credential. Says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It cannot be sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// It is a client key of a relay like this one, which no upstream takes.
    #[error("this is a client key (np-…), not a key of an upstream")]
    ClientKey,
}

/// A credential ready to be written.
struct Prepared {
    id: i64,
    sealed: Vec<u8>,
    fingerprint: [u8; 32],
}

impl Change<'_> {
    /// Adds credentials on the same terms, and says what became of each, in their order.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the contributor, or when the database fails; then none was added.
    pub async fn add_pool_keys(
        &mut self,
        terms: &Terms,
        credentials: &[Secret],
        now_ms: i64,
    ) -> Result<Vec<Added>, StoreError> {
        let first = meta::reserve_ids(&mut self.tx, credentials.len() as i64).await?;
        let mut terms = terms.clone();
        terms.origins.sort_unstable();
        terms.origins.dedup();
        let origins = cell(first, "origins").json_text(&terms.origins)?;
        let mut added = Vec::with_capacity(credentials.len());
        for (id, credential) in (first..).zip(credentials) {
            added.push(match check(credential) {
                Err(unfit) => Added::Invalid(unfit),
                Ok(()) => {
                    let prepared = self.prepare(id, &terms, credential)?;
                    self.insert_pool_key(&prepared, &terms, &origins, now_ms).await?
                }
            });
        }
        Ok(added)
    }

    fn prepare(&self, id: i64, terms: &Terms, credential: &Secret) -> Result<Prepared, StoreError> {
        let place = Context::PoolKey {
            id,
            upstream: &terms.upstream,
            origins: &terms.origins,
        };
        let key = self.store.ring.current();
        let sealed = envelope::seal(key, &random::bytes()?, &place, credential.expose().as_bytes())?;
        let fingerprint = self.store.fingerprints.fingerprint(&terms.upstream, credential);
        Ok(Prepared {
            id,
            sealed,
            fingerprint,
        })
    }

    async fn insert_pool_key(
        &mut self,
        prepared: &Prepared,
        terms: &Terms,
        origins: &str,
        now_ms: i64,
    ) -> Result<Added, StoreError> {
        let done = sqlx::query(
            "insert into pool_keys (id, upstream, contributor_id, label, sealed, fingerprint, key_id, origins, \
             concurrency, state, created_at, revision) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11) \
             on conflict (upstream, fingerprint) do nothing",
        )
        .bind(prepared.id)
        .bind(terms.upstream.as_str())
        .bind(terms.contributor.0)
        .bind(terms.label.as_str())
        .bind(prepared.sealed.as_slice())
        .bind(prepared.fingerprint.as_slice())
        .bind(self.store.ring.current().id.to_string())
        .bind(origins)
        .bind(terms.concurrency.map(i64::from))
        .bind(now_ms)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| if is_dangling(&error) { StoreError::Missing("user") } else { error.into() })?;
        let added = done.rows_affected() == 1;
        Ok(if added {
            Added::Added(PoolKeyId(prepared.id))
        } else {
            Added::Duplicate
        })
    }
}

fn check(credential: &Secret) -> Result<(), Unfit> {
    if client_key_text::looks_like_client_key(credential.expose()) {
        return Err(Unfit::ClientKey);
    }
    PoolCredential::bearer(credential)?;
    Ok(())
}
