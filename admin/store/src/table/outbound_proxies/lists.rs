//! Who leaves through which outbound proxies: upstreams, and pool keys that have a list of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use sqlx::AnyConnection;

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::table::Cell;

/// The lists of all upstreams that have one, by the upstream's name.
pub type Lists = BTreeMap<String, Vec<OutboundProxyId>>;

/// Who has a proxy in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsedBy {
    /// Upstreams, by name.
    pub upstreams: Vec<String>,
    /// Pool keys with a list of their own, withdrawn ones not among them.
    pub pool_keys: Vec<PoolKeyId>,
}

/// A list as it is stored.
pub(crate) fn ids(cell: Cell, text: Option<&str>) -> Result<Option<Arc<[OutboundProxyId]>>, StoreError> {
    let list: Option<Vec<OutboundProxyId>> = cell.json(text)?;
    Ok(list.map(Into::into))
}

pub(super) async fn of_upstreams(connection: &mut AnyConnection) -> Result<Lists, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select upstream, egress from upstream_settings where egress is not null")
            .fetch_all(connection)
            .await?;
    let read = |(upstream, text): (String, String)| {
        let list = serde_json::from_str(&text).map_err(|_| StoreError::Setting(upstream.clone()))?;
        Ok((upstream, list))
    };
    rows.into_iter().map(read).collect()
}

async fn of_pool_keys(
    connection: &mut AnyConnection,
) -> Result<Vec<(PoolKeyId, Arc<[OutboundProxyId]>)>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select id, egress from pool_keys where egress is not null and state <> 'withdrawn' order by id",
    )
    .fetch_all(connection)
    .await?;
    let read = |(id, text): (i64, String)| {
        let (table, column) = ("pool_keys", "egress");
        let list = ids(Cell { table, id, column }, Some(&text))?;
        Ok((PoolKeyId(id), list.unwrap_or_default()))
    };
    rows.into_iter().map(read).collect()
}

async fn used_by(connection: &mut AnyConnection) -> Result<BTreeMap<OutboundProxyId, UsedBy>, StoreError> {
    let mut used: BTreeMap<OutboundProxyId, UsedBy> = BTreeMap::new();
    for (upstream, list) in of_upstreams(connection).await? {
        for id in list {
            used.entry(id).or_default().upstreams.push(upstream.clone());
        }
    }
    for (key, list) in of_pool_keys(connection).await? {
        for id in list.iter() {
            used.entry(*id).or_default().pool_keys.push(key);
        }
    }
    Ok(used)
}

impl Store {
    /// The lists of all upstreams that have one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn egress_lists(&self) -> Result<Lists, StoreError> {
        of_upstreams(&mut *self.pool.acquire().await?).await
    }

    /// Who leaves through each proxy that anybody leaves through.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbound_proxies_used_by(&self) -> Result<BTreeMap<OutboundProxyId, UsedBy>, StoreError> {
        used_by(&mut *self.pool.acquire().await?).await
    }
}

impl Change<'_> {
    /// Who leaves through each proxy, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbound_proxies_used_by(
        &mut self,
    ) -> Result<BTreeMap<OutboundProxyId, UsedBy>, StoreError> {
        used_by(&mut self.tx).await
    }

    /// Sets which proxies an upstream's requests leave through; `None` and an empty list: none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_upstream_egress(
        &mut self,
        upstream: &str,
        list: Option<&[OutboundProxyId]>,
    ) -> Result<(), StoreError> {
        let (table, column) = ("upstream_settings", "egress");
        let cell = Cell { table, id: 0, column };
        let list = list.filter(|list| !list.is_empty());
        sqlx::query(
            "insert into upstream_settings (upstream, egress, revision) values ($1, $2, $3) \
             on conflict (upstream) do update set egress = excluded.egress, revision = excluded.revision",
        )
        .bind(upstream.to_owned())
        .bind(list.map(|list| cell.json_text(list)).transpose()?)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Sets which proxies a pool key's requests leave through; `None`: those of its upstream, an empty list: none.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such key, or it was withdrawn.
    pub async fn set_pool_key_egress(
        &mut self,
        id: PoolKeyId,
        list: Option<&[OutboundProxyId]>,
    ) -> Result<(), StoreError> {
        let (table, column) = ("pool_keys", "egress");
        let cell = Cell {
            table,
            id: id.0,
            column,
        };
        let done = sqlx::query(
            "update pool_keys set egress = $2, revision = $3 where id = $1 and state <> 'withdrawn'",
        )
        .bind(id.0)
        .bind(list.map(|list| cell.json_text(list)).transpose()?)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        match done.rows_affected() {
            0 => Err(StoreError::Missing("pool key")),
            _ => Ok(()),
        }
    }
}
