//! What can be wrong with a draft or a delta. All of it is reported at once.

use crate::id::{ClientKeyId, OutboundProxyId, PoolKeyId, Revision, UserId};
use crate::model::Role;

/// One reason why a snapshot was not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An upstream without a place to send requests to.
    #[error("upstream {0:?} has no node")]
    NoNode(String),
    /// Two upstreams share a name.
    #[error("two upstreams are called {0:?}")]
    UpstreamTwice(String),
    /// Two nodes of an upstream share a name.
    #[error("upstream {upstream:?} has two nodes called {node:?}")]
    NodeTwice {
        /// The upstream.
        upstream: String,
        /// The name that stands twice.
        node: String,
    },
    /// All nodes that could serve a role are removed or drained.
    #[error("upstream {upstream:?} would have no {}node left for new requests; add or resume one first", before(*role))]
    LastNode {
        /// The upstream.
        upstream: String,
        /// Whom nobody would serve.
        role: Role,
    },
    /// `attempts` or `key_concurrency` is 0, with which nothing could ever be served.
    #[error("upstream {upstream:?}: {setting} must be at least 1")]
    Zero {
        /// The upstream.
        upstream: String,
        /// The setting.
        setting: &'static str,
    },
    /// A route leads to an upstream that does not exist.
    #[error("route {0:?} leads to no upstream")]
    RouteNowhere(String),
    /// The upstreams of a route that chooses by the model are not alike.
    #[error("route {0:?} chooses among upstreams that are not all of kind openai and equally open")]
    RouteMixed(String),
    /// Two routes claim the same prefix on the same host.
    #[error("two routes claim {0:?} on the same host")]
    RouteTwice(String),
    /// A route's prefix does not start with a slash.
    #[error("route {0:?} does not start with /")]
    RoutePrefix(String),
    /// An upstream's list names an outbound proxy that does not exist.
    #[error("upstream {upstream:?} leaves through outbound proxy {proxy}, which does not exist")]
    NoProxy {
        /// The upstream.
        upstream: String,
        /// The missing proxy.
        proxy: OutboundProxyId,
    },
    /// A client key of nobody.
    #[error("client key {key} belongs to user {user}, who does not exist")]
    KeyOfNobody {
        /// The client key.
        key: ClientKeyId,
        /// The missing owner.
        user: UserId,
    },
    /// A key of a member on an upstream where members would see each other's objects.
    #[error(
        "pool key {key} was contributed by user {contributor}, who is no operator, and upstream {upstream:?} has \
         `reach: all`; withdraw the key, or set `reach: stateless` (with `stateful: owned`, if members need files)"
    )]
    ContributedKey {
        /// The pool key.
        key: PoolKeyId,
        /// Who brought it.
        contributor: UserId,
        /// The upstream.
        upstream: String,
    },
    /// Two client keys have one hash: the rows were tampered with.
    #[error("client keys {0} and {1} have the same hash")]
    HashTwice(ClientKeyId, ClientKeyId),
    /// A delta that does not start where the snapshot is.
    #[error("the change starts at revision {from}, but revision {at} is served")]
    Gap {
        /// Where the delta starts.
        from: Revision,
        /// What is served.
        at: Revision,
    },
}

/// The role as a word before `node`.
fn before(role: Role) -> &'static str {
    match role {
        Role::Any => "",
        Role::Image => "image ",
        Role::Text => "text ",
        Role::Api => "api ",
    }
}
