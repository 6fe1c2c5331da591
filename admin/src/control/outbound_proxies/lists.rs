//! Who leaves through which outbound proxies, by their names.

use std::collections::BTreeMap;

use potluck_filters::id::{OutboundProxyId, PoolKeyId};

use crate::control::{Control, Turn};
use crate::error::ControlError;

/// Proxies in one list.
const MOST: usize = 100;

/// The names of outbound proxies.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxyNames(BTreeMap<OutboundProxyId, String>);

impl ProxyNames {
    /// A list, by names.
    pub(crate) fn of(&self, list: &[OutboundProxyId]) -> Vec<String> {
        let name = |id: &OutboundProxyId| self.0.get(id).cloned().unwrap_or_else(|| id.to_string());
        list.iter().map(name).collect()
    }
}

impl Control {
    /// The names of all outbound proxies; none are looked up where nobody asks for one.
    pub(crate) async fn proxy_names(&self, wanted: bool) -> Result<ProxyNames, ControlError> {
        if !wanted {
            return Ok(ProxyNames::default());
        }
        let rows = self.store.outbound_proxies().await?;
        Ok(ProxyNames(
            rows.into_iter().map(|row| (row.id, row.name)).collect(),
        ))
    }

    /// The lists of upstreams, by names.
    pub(crate) async fn upstream_egress(&self) -> Result<BTreeMap<String, Vec<String>>, ControlError> {
        let lists = self.store.egress_lists().await?;
        let names = self.proxy_names(!lists.is_empty()).await?;
        let lists = lists.into_iter();
        Ok(lists
            .map(|(upstream, list)| (upstream, names.of(&list)))
            .collect())
    }
}

impl Turn<'_> {
    /// Sets through which proxies an upstream's requests leave.
    pub(crate) async fn assign_to_upstream(
        &mut self,
        upstream: &str,
        list: Option<&[String]>,
    ) -> Result<(), ControlError> {
        let list = self.proxy_ids(list).await?;
        Ok(self.change.set_upstream_egress(upstream, list.as_deref()).await?)
    }

    /// Sets through which proxies a pool key's requests leave.
    pub(crate) async fn assign_to_pool_key(
        &mut self,
        key: PoolKeyId,
        list: Option<&[String]>,
    ) -> Result<(), ControlError> {
        let list = self.proxy_ids(list).await?;
        Ok(self.change.set_pool_key_egress(key, list.as_deref()).await?)
    }

    /// The proxies of these names.
    async fn proxy_ids(
        &mut self,
        names: Option<&[String]>,
    ) -> Result<Option<Vec<OutboundProxyId>>, ControlError> {
        let Some(names) = names else { return Ok(None) };
        if names.len() > MOST {
            return Err(ControlError::invalid(
                "egress",
                format!("must be at most {MOST} names"),
            ));
        }
        let known = self.change.outbound_proxies().await?;
        let mut list = Vec::with_capacity(names.len());
        for name in names {
            let row = known.iter().find(|row| row.name == *name);
            let id = row.map(|row| row.id).ok_or_else(|| {
                let known = known.iter().map(|row| row.name.as_str()).collect::<Vec<_>>();
                let known = if known.is_empty() {
                    "none yet".to_owned()
                } else {
                    known.join(", ")
                };
                ControlError::invalid(
                    "egress",
                    format!("must be names of outbound proxies; there are: {known}"),
                )
            })?;
            if list.contains(&id) {
                return Err(ControlError::invalid("egress", "must not have a name twice"));
            }
            list.push(id);
        }
        Ok(Some(list))
    }
}
