//! Letting pool keys go to further hosts.
//!
//! Invariant: the origins are part of what seals a key, so it is opened where it was and sealed anew where it may
//! be now, in one change. Its text stays in here.

use potluck_filters::id::PoolKeyId;

use super::{PoolKeyRow, cell, credential, origins};
use crate::change::Change;
use crate::error::StoreError;
use crate::seal::context::Context;
use crate::seal::envelope;
use crate::seal::ring::KeyRing;
use crate::store::Store;

/// What came of one part of a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Pool keys that may go there now and could not before.
    pub granted: u64,
    /// The last one that was looked at; `None`: there are no more.
    pub last: Option<PoolKeyId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    upstream: String,
    sealed: Vec<u8>,
    token_sealed: Option<Vec<u8>>,
    origins: String,
}

/// A key sealed anew.
struct Resealed {
    origins: Vec<Box<str>>,
    sealed: Vec<u8>,
    token_sealed: Option<Vec<u8>>,
}

impl Row {
    /// `None` where it may go there already.
    fn with(&self, origin: &str, ring: &KeyRing) -> Result<Option<Resealed>, StoreError> {
        let before = origins(self.id, &self.origins)?;
        if before.iter().any(|known| **known == *origin) {
            return Ok(None);
        }
        let mut after: Vec<Box<str>> = before.iter().cloned().chain([origin.into()]).collect();
        after.sort_unstable();
        let (id, upstream) = (self.id, self.upstream.as_str());
        let key = |origins| Context::PoolKey {
            id,
            upstream,
            origins,
        };
        let token = |origins| Context::PoolKeyToken {
            id,
            upstream,
            origins,
        };
        let sealed = reseal(ring, &key(&before), &key(&after), &self.sealed)?;
        let token_sealed = self.token_sealed.as_deref();
        let token_sealed = token_sealed.map(|sealed| reseal(ring, &token(&before), &token(&after), sealed));
        Ok(Some(Resealed {
            sealed,
            token_sealed: token_sealed.transpose()?,
            origins: after,
        }))
    }
}

fn reseal(
    ring: &KeyRing,
    before: &Context<'_>,
    after: &Context<'_>,
    sealed: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let opened = envelope::open(ring, before, sealed)?;
    credential::seal(ring, after, &opened)
}

impl Store {
    /// Pool keys of an upstream that may not go to an origin. Withdrawn ones go nowhere, and are not among them.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read.
    pub async fn keys_not_allowed(&self, upstream: &str, origin: &str) -> Result<Vec<PoolKeyId>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select id, origins from pool_keys where upstream = $1 and state <> 'withdrawn' order by id",
        )
        .bind(upstream.to_owned())
        .fetch_all(&self.pool)
        .await?;
        let mut ids = Vec::new();
        for (id, text) in rows {
            if !origins(id, &text)?.iter().any(|known| **known == *origin) {
                ids.push(PoolKeyId(id));
            }
        }
        Ok(ids)
    }
}

impl Change<'_> {
    /// Lets one pool key go to a further origin.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, or it was withdrawn.
    pub async fn allow_origin(&mut self, id: PoolKeyId, origin: &str) -> Result<PoolKeyRow, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "select id, upstream, sealed, token_sealed, origins from pool_keys \
             where id = $1 and state <> 'withdrawn'",
        )
        .bind(id.0)
        .fetch_optional(&mut *self.tx)
        .await?;
        self.let_go(&row.ok_or(StoreError::Missing("pool key"))?, origin)
            .await?;
        self.pool_key(id).await?.ok_or(StoreError::Missing("pool key"))
    }

    /// Lets the operators' own pool keys of an upstream go to a further origin: those with an id above `after`,
    /// at most `limit` of them. Keys that others brought are left alone.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot open.
    pub async fn grant_origin(
        &mut self,
        upstream: &str,
        origin: &str,
        after: PoolKeyId,
        limit: u32,
    ) -> Result<Granted, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select p.id, p.upstream, p.sealed, p.token_sealed, p.origins from pool_keys p \
             join users u on u.id = p.contributor_id where p.upstream = $1 and u.role = 'admin' \
             and p.state <> 'withdrawn' and p.id > $2 order by p.id limit $3",
        )
        .bind(upstream.to_owned())
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.tx)
        .await?;
        let mut granted = Granted {
            granted: 0,
            last: rows.last().map(|row| PoolKeyId(row.id)),
        };
        for row in &rows {
            granted.granted += u64::from(self.let_go(row, origin).await?);
        }
        Ok(granted)
    }

    async fn let_go(&mut self, row: &Row, origin: &str) -> Result<bool, StoreError> {
        let Some(resealed) = row.with(origin, &self.store.ring)? else {
            return Ok(false);
        };
        sqlx::query(
            "update pool_keys set origins = $2, sealed = $3, token_sealed = $4, key_id = $5, revision = $6 \
             where id = $1",
        )
        .bind(row.id)
        .bind(cell(row.id, "origins").json_text(&resealed.origins)?)
        .bind(resealed.sealed)
        .bind(resealed.token_sealed)
        .bind(self.store.ring.current().id.to_string())
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(true)
    }
}
