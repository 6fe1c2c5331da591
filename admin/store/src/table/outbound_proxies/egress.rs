//! Outbound proxies as an edge and the jobs need them: opened, in memory only.

use potluck_filters::egress::Egress;
use potluck_filters::id::{OutboundProxyId, Revision};
use potluck_filters::model::OutboundProxy;
use sqlx::AnyConnection;

use super::{lists, login, url};
use crate::error::StoreError;
use crate::seal::ring::KeyRing;
use crate::store::Store;

#[derive(sqlx::FromRow)]
struct Opened {
    id: i64,
    name: String,
    url: String,
    login: Option<Vec<u8>>,
    enabled: i64,
}

impl Opened {
    fn read(self, ring: &KeyRing) -> Result<(OutboundProxyId, OutboundProxy), StoreError> {
        let id = OutboundProxyId(self.id);
        let url = url(self.id, &self.url)?;
        let login = self.login.map(|sealed| login::open(ring, self.id, &url, &sealed));
        let proxy = OutboundProxy {
            id,
            name: self.name.into(),
            login: login.transpose()?,
            url,
            enabled: self.enabled != 0,
        };
        Ok((id, proxy))
    }
}

impl Store {
    /// Outbound proxies, opened, and which upstreams leave through them.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read or open.
    pub async fn egress(&self) -> Result<Egress, StoreError> {
        egress(&mut *self.pool.acquire().await?, &self.ring).await
    }
}

/// All proxies, and the lists of upstreams.
pub(crate) async fn egress(connection: &mut AnyConnection, ring: &KeyRing) -> Result<Egress, StoreError> {
    let rows: Vec<Opened> = sqlx::query_as(
        "select id, name, url, login, enabled from outbound_proxies where name is not null order by id",
    )
    .fetch_all(&mut *connection)
    .await?;
    let proxies = rows.into_iter().map(|row| row.read(ring));
    let proxies = proxies.collect::<Result<_, _>>()?;
    let lists = lists::of_upstreams(connection).await?.into_iter();
    Ok(Egress {
        proxies,
        upstreams: lists
            .map(|(upstream, list)| (upstream.into(), list.into()))
            .collect(),
    })
}

/// All of it, where some of it changed after `since`.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    ring: &KeyRing,
    since: Revision,
) -> Result<Option<Egress>, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "select revision from outbound_proxies where revision > $1 \
         union all select revision from upstream_settings where revision > $1 limit 1",
    )
    .bind(since.0)
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(_) => egress(connection, ring).await.map(Some),
        None => Ok(None),
    }
}
