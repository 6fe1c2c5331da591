//! Pool keys as an edge needs them: opened, in memory only.
//!
//! Invariant: only a healthy key is put to an edge, and one that logs in only once it has a token.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::TryStreamExt;
use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::model::{PoolCredential, PoolKey, PoolKeyState};
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;
use sqlx::AnyConnection;

use super::credential::{self, CredentialKind};
use super::{account, caps, cell, credit, origins, parse_state};
use crate::error::StoreError;
use crate::seal::context::Context;
use crate::seal::ring::KeyRing;
use crate::table::outbound_proxies;

#[derive(sqlx::FromRow)]
struct Served {
    id: i64,
    upstream: String,
    contributor_id: i64,
    operator_owned: i64,
    kind: String,
    sealed: Option<Vec<u8>>,
    token_sealed: Option<Vec<u8>>,
    origins: String,
    concurrency: Option<i64>,
    caps: String,
    account: Option<String>,
    credit: Option<i64>,
    credit_used: Option<i64>,
    credit_at: Option<i64>,
    egress: Option<String>,
    state: String,
}

macro_rules! select {
    () => {
        "select p.id, p.upstream, p.contributor_id, case when u.role = 'admin' then 1 else 0 end as operator_owned, \
         p.kind, case when p.kind = 'token' then p.sealed end as sealed, p.token_sealed, p.origins, p.concurrency, \
         p.caps, p.account, p.credit, p.credit_used, p.credit_at, p.egress, p.state from pool_keys p join users u on u.id = p.contributor_id "
    };
}

/// The pool keys that may serve.
pub(crate) async fn serving(
    connection: &mut AnyConnection,
    ring: &KeyRing,
) -> Result<Vec<PoolKey>, StoreError> {
    let mut rows = sqlx::query_as::<_, Served>(concat!(
        select!(),
        "where p.state = 'healthy' and (p.kind = 'token' or p.token_sealed is not null)"
    ))
    .fetch(connection);
    let mut opener = Opener::new(ring);
    let mut keys = Vec::new();
    while let Some(row) = rows.try_next().await? {
        keys.extend(opener.open(row)?);
    }
    Ok(keys)
}

/// Pool keys that changed after `since`, or whose contributor did: who is an operator is part of the key.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    ring: &KeyRing,
    since: Revision,
) -> Result<Vec<PoolKeyChange>, StoreError> {
    let mut rows = sqlx::query_as::<_, Served>(concat!(
        select!(),
        "where p.revision > $1 or p.contributor_id in (select id from users where revision > $1) order by p.id"
    ))
    .bind(since.0)
    .fetch(connection);
    let mut opener = Opener::new(ring);
    let mut changes = Vec::new();
    while let Some(row) = rows.try_next().await? {
        changes.push(opener.change(row)?);
    }
    Ok(changes)
}

/// Opens rows, and keeps one copy of the texts that thousands of them share.
struct Opener<'r> {
    ring: &'r KeyRing,
    upstreams: HashMap<String, Arc<str>>,
    origins: HashMap<String, Arc<[Box<str>]>>,
}

impl<'r> Opener<'r> {
    fn new(ring: &'r KeyRing) -> Self {
        Self {
            ring,
            upstreams: HashMap::new(),
            origins: HashMap::new(),
        }
    }

    fn change(&mut self, row: Served) -> Result<PoolKeyChange, StoreError> {
        let id = PoolKeyId(row.id);
        match parse_state(&row.state).ok_or_else(|| cell(row.id, "state").unreadable())? {
            PoolKeyState::Healthy => Ok(self
                .open(row)?
                .map_or(PoolKeyChange::Gone(id), |key| PoolKeyChange::Put(key.into()))),
            PoolKeyState::Pending
            | PoolKeyState::Invalid
            | PoolKeyState::Paused
            | PoolKeyState::Withdrawn => Ok(PoolKeyChange::Gone(id)),
        }
    }

    /// `None` for a login that has no token yet.
    fn open(&mut self, row: Served) -> Result<Option<PoolKey>, StoreError> {
        let cell = |column| cell(row.id, column);
        let origins = self.origins(row.id, &row.origins)?;
        let Some(token) = self.token(&row, &origins)? else {
            return Ok(None);
        };
        Ok(Some(PoolKey {
            id: PoolKeyId(row.id),
            credential: PoolCredential::bearer(&token).map_err(|_| cell("sealed").unreadable())?,
            concurrency: cell("concurrency").count(row.concurrency)?,
            contributor: UserId(row.contributor_id),
            operator_owned: row.operator_owned != 0,
            account: account(row.id, row.account.as_deref())?,
            credit: credit(row.id, (row.credit, row.credit_used, row.credit_at))?,
            caps: caps(row.id, &row.caps)?,
            egress: outbound_proxies::ids(cell("egress"), row.egress.as_deref())?,
            upstream: Arc::clone(
                self.upstreams
                    .entry(row.upstream)
                    .or_insert_with_key(|name| name.as_str().into()),
            ),
            origins,
        }))
    }

    fn token(&self, row: &Served, origins: &[Box<str>]) -> Result<Option<Secret>, StoreError> {
        let (id, upstream) = (row.id, row.upstream.as_str());
        match CredentialKind::parse(&row.kind).ok_or_else(|| cell(id, "kind").unreadable())? {
            CredentialKind::Token => {
                let sealed = row
                    .sealed
                    .as_deref()
                    .ok_or_else(|| cell(id, "sealed").unreadable())?;
                let place = Context::PoolKey {
                    id,
                    upstream,
                    origins,
                };
                let token = credential::open_token(self.ring, &place, sealed)?;
                token.map_or_else(|| Err(cell(id, "sealed").unreadable()), |token| Ok(Some(token)))
            }
            CredentialKind::Login => {
                let Some(sealed) = row.token_sealed.as_deref() else {
                    return Ok(None);
                };
                let place = Context::PoolKeyToken {
                    id,
                    upstream,
                    origins,
                };
                credential::open_token(self.ring, &place, sealed)
            }
        }
    }

    fn origins(&mut self, id: i64, text: &str) -> Result<Arc<[Box<str>]>, StoreError> {
        if let Some(known) = self.origins.get(text) {
            return Ok(Arc::clone(known));
        }
        let read = origins(id, text)?;
        self.origins.insert(text.to_owned(), Arc::clone(&read));
        Ok(read)
    }
}
