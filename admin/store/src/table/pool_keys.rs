//! Pool keys: listing them. `add` seals new ones, `edit` and `hosts` are for people, `probe` for probes and
//! logins, and `served` opens them for an edge.
//!
//! Invariant: nothing that lists or edits rows can open one.

macro_rules! columns {
    () => {
        "id, upstream, contributor_id, label, kind, key_id, origins, concurrency, caps, state, state_reason, \
         state_since, paused_at, held_at, held_by, held_reason, notice_version, notice_accepted_at, account, credit, credit_used, credit_at, egress, probe_streak, next_probe_at, token_expires_at, created_at, \
         withdrawn_at, revision"
    };
}

mod add;
mod credential;
mod edit;
mod find;
mod hosts;
mod probe;
mod probed;
mod served;
mod states;

use std::sync::Arc;

use potluck_filters::id::{OutboundProxyId, PoolKeyId, Revision, UserId};
use potluck_filters::model::{Account, Caps, Credit, PoolKeyState};
use sqlx::AnyPool;

pub use add::{Added, Terms};
pub use credential::{Credential, CredentialKind, NewCredential, Unfit};
pub use find::PoolKeyFilter;
pub use hosts::Granted;
pub use probe::ProbeTarget;
pub use probed::{Probed, SavedProbe, Told};
pub(crate) use served::{changed, serving};
pub use states::KeyStateRow;

use super::{Cell, outbound_proxies};
use crate::error::StoreError;
use crate::store::Store;

/// A pool key as it may be shown: everything but the credential.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolKeyRow {
    /// Row id.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: String,
    /// Who brought it.
    pub contributor: UserId,
    /// Its contributor's name for it; may be empty.
    pub label: String,
    /// What is sealed.
    pub kind: CredentialKind,
    /// Id of the sealing key; `None` once withdrawn.
    pub key_id: Option<String>,
    /// The `host:port` origins it may be sent to, sorted.
    pub origins: Arc<[Box<str>]>,
    /// Requests in flight at once; `None` takes the upstream's setting.
    pub concurrency: Option<u32>,
    /// What its contributor allows.
    pub caps: Caps,
    /// How it is: see `potluck_filters::life`.
    pub state: PoolKeyState,
    /// Why, in a stable word, where there is something to say.
    pub state_reason: Option<String>,
    /// Since when, in Unix time in milliseconds; `None` where that was not noted.
    pub state_since: Option<i64>,
    /// Who holds it back.
    pub holds: Holds,
    /// Which notice of the risk its contributor has accepted, and when in Unix time in milliseconds.
    pub notice: Option<(u32, i64)>,
    /// What the last probe said of its account.
    pub account: Option<Account>,
    /// What its upstream says is left, where it says so.
    pub credit: Option<Credit>,
    /// When its upstream was asked that, in Unix time in milliseconds; it tells nobody where `credit` is `None`.
    pub credit_at: Option<i64>,
    /// Outbound proxies that it leaves through, in place of its upstream's; empty: none.
    pub egress: Option<Arc<[OutboundProxyId]>>,
    /// Probes in a row that came to nothing.
    pub probe_streak: u32,
    /// When it is probed next, in Unix time in milliseconds; 0 is as soon as can be.
    pub next_probe_at: Option<i64>,
    /// When the token of a login expires, in Unix time in milliseconds.
    pub token_expires_at: Option<i64>,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// Unix time in milliseconds.
    pub withdrawn_at: Option<i64>,
    /// The change that touched the row last.
    pub revision: Revision,
}

/// Who holds a pool key back. It is paused as long as one of them does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// When its contributor did, in Unix time in milliseconds.
    pub contributor: Option<i64>,
    /// An admin.
    pub admin: Option<AdminHold>,
}

/// An admin's hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminHold {
    /// When, in Unix time in milliseconds.
    pub at: i64,
    /// Who; `None` is somebody with the operator's token, or at the machine.
    pub by: Option<UserId>,
    /// Why, where they have said so.
    pub reason: Option<String>,
}

impl Holds {
    /// Whether nobody does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contributor.is_none() && self.admin.is_none()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    upstream: String,
    contributor_id: i64,
    label: String,
    kind: String,
    key_id: Option<String>,
    origins: String,
    concurrency: Option<i64>,
    caps: String,
    state: String,
    state_reason: Option<String>,
    state_since: Option<i64>,
    paused_at: Option<i64>,
    held_at: Option<i64>,
    held_by: Option<i64>,
    held_reason: Option<String>,
    notice_version: Option<i64>,
    notice_accepted_at: Option<i64>,
    account: Option<String>,
    credit: Option<i64>,
    credit_used: Option<i64>,
    credit_at: Option<i64>,
    egress: Option<String>,
    probe_streak: i64,
    next_probe_at: Option<i64>,
    token_expires_at: Option<i64>,
    created_at: i64,
    withdrawn_at: Option<i64>,
    revision: i64,
}

const BY_ID: &str = concat!("select ", columns!(), " from pool_keys where id = $1");

fn state_text(state: PoolKeyState) -> &'static str {
    match state {
        PoolKeyState::Pending => "pending",
        PoolKeyState::Healthy => "healthy",
        PoolKeyState::Invalid => "invalid",
        PoolKeyState::Paused => "paused",
        PoolKeyState::Withdrawn => "withdrawn",
    }
}

pub(super) fn parse_state(text: &str) -> Option<PoolKeyState> {
    [
        PoolKeyState::Pending,
        PoolKeyState::Healthy,
        PoolKeyState::Invalid,
        PoolKeyState::Paused,
        PoolKeyState::Withdrawn,
    ]
    .into_iter()
    .find(|state| state_text(*state) == text)
}

pub(super) fn cell(id: i64, column: &'static str) -> Cell {
    Cell {
        table: "pool_keys",
        id,
        column,
    }
}

fn origins(id: i64, text: &str) -> Result<Arc<[Box<str>]>, StoreError> {
    let list: Option<Vec<Box<str>>> = cell(id, "origins").json(Some(text))?;
    Ok(list.unwrap_or_default().into())
}

fn account(id: i64, text: Option<&str>) -> Result<Option<Account>, StoreError> {
    cell(id, "account").json(text)
}

pub(super) fn caps(id: i64, text: &str) -> Result<Caps, StoreError> {
    let caps: Option<Caps> = cell(id, "caps").json(Some(text))?;
    caps.ok_or_else(|| cell(id, "caps").unreadable())
}

/// Balance, what was ever used, and when that was asked. A balance from before times were noted is as old as can be.
fn credit(
    id: i64,
    (balance, used, asked_at): (Option<i64>, Option<i64>, Option<i64>),
) -> Result<Option<Credit>, StoreError> {
    let read = |number, column| u64::try_from(number).map_err(|_| cell(id, column).unreadable());
    let Some(balance) = balance else { return Ok(None) };
    Ok(Some(Credit {
        balance: read(balance, "credit")?,
        used: used.map(|used| read(used, "credit_used")).transpose()?,
        asked_at: asked_at.unwrap_or(0),
    }))
}

impl Row {
    fn read(self) -> Result<PoolKeyRow, StoreError> {
        let cell = |column| cell(self.id, column);
        Ok(PoolKeyRow {
            origins: origins(self.id, &self.origins)?,
            concurrency: cell("concurrency").count(self.concurrency)?,
            kind: CredentialKind::parse(&self.kind).ok_or_else(|| cell("kind").unreadable())?,
            caps: caps(self.id, &self.caps)?,
            account: account(self.id, self.account.as_deref())?,
            credit: credit(self.id, (self.credit, self.credit_used, self.credit_at))?,
            credit_at: self.credit_at,
            egress: outbound_proxies::ids(cell("egress"), self.egress.as_deref())?,
            probe_streak: u32::try_from(self.probe_streak).map_err(|_| cell("probe_streak").unreadable())?,
            notice: cell("notice_version")
                .count(self.notice_version)?
                .zip(self.notice_accepted_at),
            holds: Holds {
                contributor: self.paused_at,
                admin: self.held_at.map(|at| AdminHold {
                    at,
                    by: self.held_by.map(UserId),
                    reason: self.held_reason,
                }),
            },
            state_reason: self.state_reason,
            state_since: self.state_since,
            next_probe_at: self.next_probe_at,
            token_expires_at: self.token_expires_at,
            state: parse_state(&self.state).ok_or_else(|| cell("state").unreadable())?,
            id: PoolKeyId(self.id),
            upstream: self.upstream,
            contributor: UserId(self.contributor_id),
            label: self.label,
            key_id: self.key_id,
            created_at: self.created_at,
            withdrawn_at: self.withdrawn_at,
            revision: Revision(self.revision),
        })
    }
}

impl Store {
    /// Pool keys with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_keys(&self, after: PoolKeyId, limit: u32) -> Result<Vec<PoolKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from pool_keys where id > $1 order by id limit $2"
        ))
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Pool keys that a user brought with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_keys_of(
        &self,
        user: UserId,
        after: PoolKeyId,
        limit: u32,
    ) -> Result<Vec<PoolKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from pool_keys where contributor_id = $1 and id > $2 order by id limit $3"
        ))
        .bind(user.0)
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A pool key by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_key(&self, id: PoolKeyId) -> Result<Option<PoolKeyRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID)
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Row::read).transpose()
    }
}

/// The ids of all sealing keys in use.
pub(crate) async fn sealing_keys(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("select distinct key_id from pool_keys where key_id is not null")
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
