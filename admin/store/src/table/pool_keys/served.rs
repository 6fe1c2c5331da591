//! Pool keys as an edge needs them: opened, in memory only.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::TryStreamExt;
use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::model::{PoolCredential, PoolKey, PoolKeyState};
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;
use sqlx::AnyConnection;

use super::{cell, origins, parse_state};
use crate::error::StoreError;
use crate::seal::context::Context;
use crate::seal::envelope;
use crate::seal::ring::KeyRing;

#[derive(sqlx::FromRow)]
struct Served {
    id: i64,
    upstream: String,
    contributor_id: i64,
    operator_owned: i64,
    sealed: Option<Vec<u8>>,
    origins: String,
    concurrency: Option<i64>,
    state: String,
}

macro_rules! select {
    () => {
        "select p.id, p.upstream, p.contributor_id, case when u.role = 'admin' then 1 else 0 end as operator_owned, \
         p.sealed, p.origins, p.concurrency, p.state from pool_keys p join users u on u.id = p.contributor_id "
    };
}

/// The pool keys that may serve.
pub(crate) async fn serving(
    connection: &mut AnyConnection,
    ring: &KeyRing,
) -> Result<Vec<PoolKey>, StoreError> {
    let mut rows =
        sqlx::query_as::<_, Served>(concat!(select!(), "where p.state = 'active'")).fetch(connection);
    let mut opener = Opener::new(ring);
    let mut keys = Vec::new();
    while let Some(row) = rows.try_next().await? {
        keys.push(opener.open(row)?);
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
        "where p.revision > $1 or p.contributor_id in (select id from users where revision > $1)"
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
        match parse_state(&row.state).ok_or_else(|| cell(row.id, "state").unreadable())? {
            PoolKeyState::Active => Ok(PoolKeyChange::Put(self.open(row)?)),
            PoolKeyState::Paused | PoolKeyState::Withdrawn => Ok(PoolKeyChange::Gone(PoolKeyId(row.id))),
        }
    }

    fn open(&mut self, row: Served) -> Result<PoolKey, StoreError> {
        let origins = self.origins(row.id, &row.origins)?;
        let place = Context::PoolKey {
            id: row.id,
            upstream: &row.upstream,
            origins: &origins,
        };
        let sealed = row.sealed.ok_or_else(|| cell(row.id, "sealed").unreadable())?;
        let opened = envelope::open(self.ring, &place, &sealed)?;
        Ok(PoolKey {
            id: PoolKeyId(row.id),
            credential: credential(&opened).ok_or_else(|| cell(row.id, "sealed").unreadable())?,
            concurrency: cell(row.id, "concurrency").count(row.concurrency)?,
            contributor: UserId(row.contributor_id),
            operator_owned: row.operator_owned != 0,
            upstream: Arc::clone(
                self.upstreams
                    .entry(row.upstream)
                    .or_insert_with_key(|name| name.as_str().into()),
            ),
            origins,
        })
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

fn credential(opened: &[u8]) -> Option<PoolCredential> {
    let text = std::str::from_utf8(opened).ok()?;
    PoolCredential::bearer(&Secret::new(text)).ok()
}
