//! What a probe or a login needs of a pool key, its credential too.
//!
//! Invariant: paused and withdrawn keys are never due.

use std::fmt::Write as _;
use std::sync::Arc;

use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use potluck_filters::model::{Account, PoolKeyState};
use potluck_filters::secret::Secret;
use sqlx::AssertSqlSafe;

use super::credential::{self, Credential, CredentialKind};
use super::{account, cell, origins, parse_state};
use crate::error::StoreError;
use crate::seal::context::Context;
use crate::seal::ring::KeyRing;
use crate::store::Store;
use crate::table::outbound_proxies;

/// A pool key to be probed.
#[derive(Clone, Debug)]
pub struct ProbeTarget {
    /// Row id.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: String,
    /// How it is.
    pub state: PoolKeyState,
    /// The `host:port` origins it may be sent to, and no other.
    pub origins: Arc<[Box<str>]>,
    /// The outbound proxies that it leaves through, where it has a list of its own.
    pub egress: Option<Arc<[OutboundProxyId]>>,
    /// What to probe with.
    pub credential: Credential,
    /// What the last probe said.
    pub account: Option<Account>,
    /// Probes in a row that came to nothing.
    pub probe_streak: u32,
    /// When the probe was due, in milliseconds since the Unix epoch.
    pub next_probe_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    upstream: String,
    kind: String,
    sealed: Vec<u8>,
    token_sealed: Option<Vec<u8>>,
    token_expires_at: Option<i64>,
    origins: String,
    egress: Option<String>,
    state: String,
    account: Option<String>,
    probe_streak: i64,
    next_probe_at: Option<i64>,
}

macro_rules! select {
    () => {
        "select id, upstream, kind, sealed, token_sealed, token_expires_at, origins, egress, state, account, \
         probe_streak, next_probe_at from pool_keys where "
    };
}

/// `$first, $first+1, …`: as many as there are upstreams.
fn places(first: usize, count: usize) -> String {
    let mut text = String::new();
    for place in first..first + count {
        let comma = if place == first { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}${place}");
    }
    text
}

impl Store {
    /// Pool keys of these upstreams whose probe is due, the longest waiting first.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read or open.
    pub async fn due_probes(
        &self,
        upstreams: &[&str],
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<ProbeTarget>, StoreError> {
        if upstreams.is_empty() {
            return Ok(Vec::new());
        }
        let query = format!(
            "{}next_probe_at <= $1 and state in ('pending', 'healthy', 'invalid') and upstream in ({}) \
             order by next_probe_at, id limit $2",
            select!(),
            places(3, upstreams.len())
        );
        let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(query))
            .bind(now_ms)
            .bind(i64::from(limit));
        for upstream in upstreams {
            query = query.bind((*upstream).to_owned());
        }
        let rows = query.fetch_all(&self.pool).await?;
        rows.into_iter().map(|row| row.open(&self.ring)).collect()
    }

    /// When the next probe of these upstreams is due, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_probe_at(&self, upstreams: &[&str]) -> Result<Option<i64>, StoreError> {
        if upstreams.is_empty() {
            return Ok(None);
        }
        let query = format!(
            "select min(next_probe_at) from pool_keys \
             where state in ('pending', 'healthy', 'invalid') and upstream in ({})",
            places(1, upstreams.len())
        );
        let mut query = sqlx::query_as::<_, (Option<i64>,)>(AssertSqlSafe(query));
        for upstream in upstreams {
            query = query.bind((*upstream).to_owned());
        }
        Ok(query.fetch_one(&self.pool).await?.0)
    }

    /// One pool key to be probed, whether its probe is due or not. `None` where it is withdrawn, or was never
    /// there.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read or open.
    pub async fn probe_target(&self, id: PoolKeyId) -> Result<Option<ProbeTarget>, StoreError> {
        let row: Option<Row> = sqlx::query_as(concat!(select!(), "id = $1 and state <> 'withdrawn'"))
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row.open(&self.ring)).transpose()
    }
}

impl Row {
    fn open(self, ring: &KeyRing) -> Result<ProbeTarget, StoreError> {
        let cell = |column| cell(self.id, column);
        let origins = origins(self.id, &self.origins)?;
        Ok(ProbeTarget {
            id: PoolKeyId(self.id),
            state: parse_state(&self.state).ok_or_else(|| cell("state").unreadable())?,
            credential: self.credential(ring, &origins)?,
            account: account(self.id, self.account.as_deref())?,
            probe_streak: u32::try_from(self.probe_streak).map_err(|_| cell("probe_streak").unreadable())?,
            next_probe_at: self.next_probe_at,
            egress: outbound_proxies::ids(cell("egress"), self.egress.as_deref())?,
            upstream: self.upstream,
            origins,
        })
    }

    fn credential(&self, ring: &KeyRing, origins: &[Box<str>]) -> Result<Credential, StoreError> {
        let unreadable = |column| cell(self.id, column).unreadable();
        let (id, upstream) = (self.id, self.upstream.as_str());
        let place = Context::PoolKey {
            id,
            upstream,
            origins,
        };
        match CredentialKind::parse(&self.kind).ok_or_else(|| unreadable("kind"))? {
            CredentialKind::Token => {
                let token = credential::open_token(ring, &place, &self.sealed)?;
                token.map(Credential::Token).ok_or_else(|| unreadable("sealed"))
            }
            CredentialKind::Login => {
                let login = credential::open_login(ring, &place, &self.sealed)?;
                let (username, password) = login.ok_or_else(|| unreadable("sealed"))?;
                Ok(Credential::Login {
                    username,
                    password,
                    token: self.token(ring, origins)?,
                })
            }
        }
    }

    fn token(&self, ring: &KeyRing, origins: &[Box<str>]) -> Result<Option<(Secret, i64)>, StoreError> {
        let (Some(sealed), Some(expires_at)) = (&self.token_sealed, self.token_expires_at) else {
            return Ok(None);
        };
        let place = Context::PoolKeyToken {
            id: self.id,
            upstream: &self.upstream,
            origins,
        };
        let token = credential::open_token(ring, &place, sealed)?;
        let token = token.ok_or_else(|| cell(self.id, "token_sealed").unreadable())?;
        Ok(Some((token, expires_at)))
    }
}
