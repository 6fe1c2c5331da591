//! What may be told in a note: these types and no others.
//!
//! Invariant: none of them has a field for a secret. Whoever adds one here has looked.

use std::collections::BTreeMap;

use potluck_filters::id::{OutboundProxyId, UserId};
use potluck_filters::model::PoolKeyState;
use potluck_filters::pool::NodeState;
use potluck_store::table::nodes::NodeRow;
use potluck_store::table::outbound_proxies::OutboundProxyRow;
use potluck_store::table::pool_keys::PoolKeyRow;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::{AlertTarget, Caps, ClientKey, ExportRequests, Job, LimitPolicy, Upstream, User};

/// May stand in a note: it has no secret in any field.
pub trait Shown: Serialize {}

impl Shown for ClientKey {}
impl Shown for AlertTarget {}
impl Shown for User {}
impl Shown for Upstream {}
impl Shown for LimitPolicy {}
impl Shown for Job {}
impl Shown for ExportRequests {}
impl Shown for PoolKeyFacts {}
impl Shown for OutboundProxyFacts {}
impl Shown for NodeFacts {}
impl Shown for Bulk {}

/// Its fields. What cannot be told is left out: a note must not keep anybody from what they do.
pub(super) fn fields(shown: &impl Shown) -> Map<String, Value> {
    match serde_json::to_value(shown) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// What people set of a pool key.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PoolKeyFacts {
    upstream: String,
    contributor: UserId,
    label: String,
    state: PoolKeyState,
    concurrency: Option<u32>,
    caps: Caps,
    origins: Vec<String>,
    egress: Option<Vec<OutboundProxyId>>,
}

impl From<&PoolKeyRow> for PoolKeyFacts {
    fn from(row: &PoolKeyRow) -> Self {
        Self {
            upstream: row.upstream.clone(),
            contributor: row.contributor,
            label: row.label.clone(),
            state: row.state,
            concurrency: row.concurrency,
            caps: row.caps.into(),
            origins: row.origins.iter().map(ToString::to_string).collect(),
            egress: row.egress.as_deref().map(<[_]>::to_vec),
        }
    }
}

/// What people set of an outbound proxy, without what it is logged in with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OutboundProxyFacts {
    name: String,
    url: String,
    has_login: bool,
    /// Set where the login was given anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) login_changed: bool,
    enabled: bool,
}

impl From<&OutboundProxyRow> for OutboundProxyFacts {
    fn from(row: &OutboundProxyRow) -> Self {
        Self {
            name: row.name.clone(),
            url: row.url.to_string(),
            has_login: row.key_id.is_some(),
            login_changed: false,
            enabled: row.enabled,
        }
    }
}

/// What people set of a node.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NodeFacts {
    url: Option<String>,
    state: NodeState,
    metadata: BTreeMap<String, String>,
}

impl From<&NodeRow> for NodeFacts {
    fn from(row: &NodeRow) -> Self {
        Self {
            url: row.place.as_ref().map(|place| place.url.to_string()),
            state: row.state,
            metadata: row.metadata.clone(),
        }
    }
}

/// What was done to many at once.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Bulk {
    /// How many.
    pub(crate) count: u64,
    /// Of which upstream, if of one.
    pub(crate) upstream: Option<String>,
    /// Whose they are now.
    pub(crate) contributor: Option<UserId>,
    /// Where they may go now.
    pub(crate) origin: Option<String>,
}
