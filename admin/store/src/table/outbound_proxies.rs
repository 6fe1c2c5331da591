//! Outbound proxies: listing and changing them. `login` seals what they are logged in with, `lists` says who leaves
//! through them, and `egress` opens them for an edge.
//!
//! Invariants: a login is bound to its row and to the proxy's `host:port`, so a proxy that moves loses it; a proxy
//! that is removed leaves nothing behind but its id.

mod egress;
mod lists;
mod login;

use potluck_filters::id::{OutboundProxyId, Revision};
use potluck_filters::model::{ProxyLogin, ProxyUrl};
use sqlx::{AnyConnection, AnyPool};

pub(crate) use egress::{changed, egress};
pub(crate) use lists::ids;
pub use lists::{Lists, UsedBy};

use super::{Cell, meta};
use crate::change::Change;
use crate::error::{StoreError, is_duplicate};
use crate::store::Store;

/// An outbound proxy as it may be shown: everything but what it is logged in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundProxyRow {
    /// Row id.
    pub id: OutboundProxyId,
    /// Unique among those that are there.
    pub name: String,
    /// Where it is.
    pub url: ProxyUrl,
    /// Id of the sealing key, where it has a login.
    pub key_id: Option<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// The change that touched the row last.
    pub revision: Revision,
}

/// An outbound proxy to be added.
#[derive(Clone, Debug)]
pub struct NewOutboundProxy {
    /// Unique among those that are there.
    pub name: String,
    /// Where it is.
    pub url: ProxyUrl,
    /// What it is logged in with.
    pub login: Option<ProxyLogin>,
    /// Whether it may be used.
    pub enabled: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    url: String,
    key_id: Option<String>,
    enabled: i64,
    created_at: i64,
    revision: i64,
}

macro_rules! select {
    () => {
        "select id, name, url, key_id, enabled, created_at, revision from outbound_proxies where name is not null"
    };
}

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "outbound_proxies";
    Cell { table, id, column }
}

fn url(id: i64, text: &str) -> Result<ProxyUrl, StoreError> {
    text.parse().map_err(|_| cell(id, "url").unreadable())
}

impl Row {
    fn read(self) -> Result<OutboundProxyRow, StoreError> {
        Ok(OutboundProxyRow {
            id: OutboundProxyId(self.id),
            url: url(self.id, &self.url)?,
            name: self.name,
            key_id: self.key_id,
            enabled: self.enabled != 0,
            created_at: self.created_at,
            revision: Revision(self.revision),
        })
    }
}

async fn all(connection: &mut AnyConnection) -> Result<Vec<OutboundProxyRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(select!(), " order by id"))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// The ids of all sealing keys in use.
pub(crate) async fn sealing_keys(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("select distinct key_id from outbound_proxies where key_id is not null")
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

impl Store {
    /// All outbound proxies, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbound_proxies(&self) -> Result<Vec<OutboundProxyRow>, StoreError> {
        all(&mut *self.pool.acquire().await?).await
    }
}

impl Change<'_> {
    /// All outbound proxies, by id, as this change sees them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbound_proxies(&mut self) -> Result<Vec<OutboundProxyRow>, StoreError> {
        all(&mut self.tx).await
    }

    /// Adds an outbound proxy.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one of this name, or when the database fails.
    pub async fn add_outbound_proxy(
        &mut self,
        new: &NewOutboundProxy,
        now_ms: i64,
    ) -> Result<OutboundProxyRow, StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        let sealed = self.sealed_login(id, &new.url, new.login.as_ref())?;
        let (login, key_id) = sealed.unzip();
        sqlx::query(
            "insert into outbound_proxies (id, name, url, login, key_id, enabled, created_at, revision) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(new.name.as_str())
        .bind(new.url.to_string())
        .bind(login)
        .bind(key_id)
        .bind(i64::from(new.enabled))
        .bind(now_ms)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(taken)?;
        self.outbound_proxy(OutboundProxyId(id)).await
    }

    /// Writes name, URL and whether it may be used. A login is kept only where `login` is absent, which it must
    /// not be with another host or port.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, [`StoreError::Exists`] when another one has this name.
    pub async fn save_outbound_proxy(
        &mut self,
        row: &OutboundProxyRow,
        login: Option<Option<&ProxyLogin>>,
    ) -> Result<OutboundProxyRow, StoreError> {
        let done = sqlx::query(
            "update outbound_proxies set name = $2, url = $3, enabled = $4, revision = $5 \
             where id = $1 and name is not null",
        )
        .bind(row.id.0)
        .bind(row.name.as_str())
        .bind(row.url.to_string())
        .bind(i64::from(row.enabled))
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(taken)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing("outbound proxy"));
        }
        if let Some(login) = login {
            let (sealed, key_id) = self.sealed_login(row.id.0, &row.url, login)?.unzip();
            sqlx::query("update outbound_proxies set login = $2, key_id = $3 where id = $1")
                .bind(row.id.0)
                .bind(sealed)
                .bind(key_id)
                .execute(&mut *self.tx)
                .await?;
        }
        self.outbound_proxy(row.id).await
    }

    /// Removes an outbound proxy and all that was known of it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn remove_outbound_proxy(&mut self, id: OutboundProxyId) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update outbound_proxies set name = null, url = null, login = null, key_id = null, revision = $2 \
             where id = $1 and name is not null",
        )
        .bind(id.0)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        match done.rows_affected() {
            0 => Err(StoreError::Missing("outbound proxy")),
            _ => Ok(()),
        }
    }

    async fn outbound_proxy(&mut self, id: OutboundProxyId) -> Result<OutboundProxyRow, StoreError> {
        let row: Option<Row> = sqlx::query_as(concat!(select!(), " and id = $1"))
            .bind(id.0)
            .fetch_optional(&mut *self.tx)
            .await?;
        row.ok_or(StoreError::Missing("outbound proxy"))?.read()
    }
}

fn taken(error: sqlx::Error) -> StoreError {
    if is_duplicate(&error) {
        StoreError::Exists("outbound proxy")
    } else {
        error.into()
    }
}
