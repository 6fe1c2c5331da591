//! The outbound proxies there are, and who leaves through which: a part of the snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::OutboundProxyId;
use crate::model::{OutboundProxy, PoolKey};

/// All outbound proxies, and the lists of upstreams. Those of pool keys stand with the keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Egress {
    /// By id.
    pub proxies: BTreeMap<OutboundProxyId, OutboundProxy>,
    /// By the upstream's name. Without an entry, or with an empty one, requests leave straight.
    pub upstreams: BTreeMap<Arc<str>, Arc<[OutboundProxyId]>>,
}

impl Egress {
    /// The proxies that a request to `upstream` on `key` leaves through; empty: none. A key's own list,
    /// an empty one too, wins over its upstream's.
    #[must_use]
    pub fn list<'a>(&'a self, upstream: &str, key: Option<&'a PoolKey>) -> &'a [OutboundProxyId] {
        self.list_of(upstream, key.and_then(|key| key.egress.as_deref()))
    }

    /// The same by a pool key's own list, where it has one.
    #[must_use]
    pub fn list_of<'a>(
        &'a self,
        upstream: &str,
        own: Option<&'a [OutboundProxyId]>,
    ) -> &'a [OutboundProxyId] {
        own.or_else(|| self.upstreams.get(upstream).map(AsRef::as_ref))
            .unwrap_or_default()
    }

    /// Proxies that stand in the list of an upstream and do not exist.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (&str, OutboundProxyId)> {
        let lists = self.upstreams.iter();
        let named = lists.flat_map(|(name, list)| list.iter().map(move |id| (&**name, *id)));
        named.filter(|(_, id)| !self.proxies.contains_key(id))
    }
}
