//! The nouns of the relay, as an edge sees them. Words as in `docs/architecture.md`.

mod account;
mod address;
mod caps;
mod credit;
mod extension;
mod hours;
mod layout;
mod model_routes;
mod node;
mod node_plan;
mod opened;
mod outbound_proxy;
mod people;
mod pool_key;
mod zone;

pub use account::{Account, OPUS};
pub use address::{Network, NetworkError};
pub use caps::Caps;
pub use credit::Credit;
pub use extension::Extension;
pub use hours::Hours;
pub use layout::{Bodies, Layout, Route, RouteAuth, Timeouts, Upstream};
pub use model_routes::{ModelRoutes, ModelRule};
pub use node::{BaseUrl, BaseUrlError, HttpVersion, Kind, Node, Role, Scheme};
pub use node_plan::{NodeInUse, NodePlan, NodeSet};
pub use opened::Opened;
pub use outbound_proxy::{
    LoginError, OutboundProxy, ProxyKind, ProxyLogin, ProxyUrl, ProxyUrlError, may_be_proxy,
};
pub use people::{ClientKey, ClientKeyState, FormerText, KeyHash, User};
pub use pool_key::{CredentialError, PoolCredential, PoolKey, PoolKeyState};
pub use zone::{UnknownZone, Zone};
