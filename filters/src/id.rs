//! Stable ids, one type per noun, so that a user's id cannot be passed where a key's is meant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person (or program) with an account. Row id in `users`.
    UserId,
    /// A client key. Row id in `client_keys`.
    ClientKeyId,
    /// An outbound proxy. Row id in `outbound_proxies`; also part of its sealed login's associated data.
    OutboundProxyId,
    /// A pool key. Row id in `pool_keys`; also part of the sealed envelope's associated data.
    PoolKeyId,
}

/// The database's change counter. Commit order is revision order.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
