//! A request that is on its way, as whoever looks at the edge sees it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Endpoint, RequestNumber};
use crate::id::{ClientKeyId, PoolKeyId, UserId};

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRequest {
    /// Its id, as in `x-request-id`.
    pub request: RequestNumber,
    /// When its body was there, in milliseconds since the Unix epoch.
    pub since: i64,
    /// Who asks.
    pub user: Option<UserId>,
    /// With which client key.
    pub client_key: Option<ClientKeyId>,
    /// The upstream that it is for.
    pub upstream: Arc<str>,
    /// What it asks for.
    pub endpoint: Endpoint,
    /// The model that it asks for, where that was read.
    pub model: Option<Arc<str>>,
    /// How far it has come.
    pub stage: LiveStage,
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum LiveStage {
    /// It is about to ask for a pool key.
    Admitted,
    /// It waits for a pool key.
    Waiting {
        /// Since when, in milliseconds since the Unix epoch.
        since: i64,
        /// Its place in the order of turns, from 1; `None` past the places that are looked at.
        place: Option<u32>,
    },
    /// It is at the upstream.
    Running {
        /// Since when, in milliseconds since the Unix epoch.
        since: i64,
        /// Which attempt this is, from 1.
        attempt: u16,
        /// The pool key, where the upstream needs one.
        pool_key: Option<PoolKeyId>,
        /// The node.
        node: Option<Arc<str>>,
    },
}

/// One of those who wait for a pool key of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRequest {
    /// Its id, as in `x-request-id`; `None` where it has just come or gone.
    pub request: Option<RequestNumber>,
    /// Who asks.
    pub user: Option<UserId>,
    /// What the user's requests weigh; 0 for all who contribute nothing together.
    pub weight: u32,
    /// For how long it has waited, in milliseconds.
    pub waited_ms: u64,
}
