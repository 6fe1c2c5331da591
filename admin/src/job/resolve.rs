//! Looking names up for probes.
//!
//! Invariant: a connection is made only to an address that was judged here; a name that leads inside, now or
//! later, leads nowhere.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use potluck_filters::address::{self, allowed};
use potluck_filters::model::{BaseUrl, Network, Upstream};

/// The look-up of one upstream.
#[derive(Default)]
pub(super) struct Judging {
    /// Private networks in which its nodes may be.
    private: Arc<[Network]>,
    /// Where names of the configuration may lead besides.
    configured: HashMap<Arc<str>, Arc<[Network]>>,
}

/// Why there is no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfound {
    #[error("it leads to {0}, which {1}")]
    Inside(IpAddr, address::Why),
    #[error(transparent)]
    Unknown(#[from] io::Error),
}

impl Judging {
    pub(super) fn of(upstream: &Upstream) -> Self {
        let configured = upstream.nodes.iter().map(|node| {
            let networks = allowed(&node.base, true, &upstream.private_networks);
            (Arc::clone(&node.base.host), networks)
        });
        Self {
            private: Arc::clone(&upstream.private_networks),
            configured: configured.collect(),
        }
    }

    fn allowed(&self, host: &str) -> Arc<[Network]> {
        Arc::clone(self.configured.get(host).unwrap_or(&self.private))
    }

    /// Whether a node may be asked: one whose host is a name is judged when that is looked up.
    pub(super) fn takes(&self, base: &BaseUrl) -> bool {
        let judged = |ip| address::judge(ip, &self.allowed(&base.host));
        base.host.parse().map_or(true, |ip| judged(ip).is_ok())
    }

    /// Where a node may be connected to: those addresses of it that were found good, if any is.
    pub(super) async fn addresses(&self, base: &BaseUrl) -> Result<Vec<SocketAddr>, Unfound> {
        let allowed = self.allowed(&base.host);
        let (mut good, mut inside) = (Vec::new(), None);
        for found in tokio::net::lookup_host((&*base.host, base.port)).await? {
            match address::judge(found.ip(), &allowed) {
                Ok(()) => good.push(found),
                Err(why) => inside = Some(Unfound::Inside(found.ip(), why)),
            }
        }
        match inside {
            Some(inside) if good.is_empty() => Err(inside),
            Some(_) | None => Ok(good),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn found(resolver: &Judging, name: &str) -> Result<Vec<SocketAddr>, String> {
        let base = format!("http://{name}").parse().unwrap();
        let found = resolver.addresses(&base).await;
        found.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_taken_only_where_the_configuration_says_so() {
        let private: Arc<[Network]> = Arc::default();
        let mut resolver = Judging::default();
        let refused = found(&resolver, "localhost").await.unwrap_err();
        assert!(refused.contains("which is this machine itself"), "{refused}");
        let here: BaseUrl = "http://localhost:1".parse().unwrap();
        let networks = allowed(&here, true, &private);
        resolver.configured.insert("localhost".into(), networks);
        assert!(!found(&resolver, "localhost").await.unwrap().is_empty());
    }

    #[test]
    fn an_address_that_leads_inside_is_not_asked() {
        let configured: BaseUrl = "http://127.0.0.1:1".parse().unwrap();
        let private: Arc<[Network]> = Arc::from(["10.1.0.0/16".parse().unwrap()]);
        let networks = allowed(&configured, true, &private);
        let resolver = Judging {
            configured: HashMap::from([(Arc::clone(&configured.host), networks)]),
            private,
        };
        for (url, taken) in [
            ("http://127.0.0.1:2", true),
            ("http://127.0.0.2:1", false),
            ("http://10.1.2.3", true),
            ("http://10.2.2.3", false),
            ("http://169.254.169.254", false),
            ("https://api.example", true),
        ] {
            assert_eq!(resolver.takes(&url.parse().unwrap()), taken, "{url}");
        }
    }
}
