//! Requests on their way, and those who wait for a pool key.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::usage::{self, Endpoint, LiveStage, QueuedRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is about to ask for a pool key.
    Admitted,
    /// It waits for a pool key.
    Waiting,
    /// It is at the upstream.
    Running,
}

/// A request of whoever asks that is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MyLiveRequest {
    /// Its id, as in `x-request-id`.
    pub request_id: String,
    /// When its body was there.
    pub since: i64,
    /// With which client key.
    pub client_key: Option<ClientKeyId>,
    /// The upstream that it is for.
    pub upstream: Arc<str>,
    /// What it asks for.
    pub endpoint: Endpoint,
    /// The model that it asks for, where that was read.
    pub model: Option<Arc<str>>,
    /// How far it has come.
    pub stage: Stage,
    /// When it came so far; `null` for `admitted`.
    pub stage_since: Option<i64>,
    /// For `waiting`: its place in the order of turns, from 1; `null` far back in the line.
    pub place: Option<u32>,
    /// For `running`: which attempt this is, from 1.
    pub attempt: Option<u16>,
}

/// A request that is on its way, of anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiveRequest {
    /// What whoever asks for it may know, too.
    #[serde(flatten)]
    pub request: MyLiveRequest,
    /// Who asks; `null` on routes without a client key.
    pub user: Option<UserId>,
    /// For `running`: the pool key, where the upstream needs one.
    pub pool_key: Option<PoolKeyId>,
    /// For `running`: the node.
    pub node: Option<Arc<str>>,
}

/// One of those who wait for a pool key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// The request's id; `null` where it has just come or gone.
    pub request_id: Option<String>,
    /// Who asks; `null` on routes without a client key.
    pub user: Option<UserId>,
    /// What the user's requests weigh; 0 for all who contribute nothing together.
    pub weight: u32,
    /// For how long it has waited, in milliseconds.
    pub waited_ms: u64,
}

/// Those who wait for a pool key of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingLine {
    /// The first of them, in the order of their turns. What their requests need of a key may still let one pass another.
    pub items: Vec<Waiting>,
    /// How many they are together.
    pub total: usize,
}

impl From<usage::LiveRequest> for LiveRequest {
    fn from(live: usage::LiveRequest) -> Self {
        let (stage, stage_since, place, attempt, at) = match live.stage {
            LiveStage::Admitted => (Stage::Admitted, None, None, None, (None, None)),
            LiveStage::Waiting { since, place } => (Stage::Waiting, Some(since), place, None, (None, None)),
            LiveStage::Running {
                since,
                attempt,
                pool_key,
                node,
            } => (Stage::Running, Some(since), None, Some(attempt), (pool_key, node)),
        };
        let (pool_key, node) = at;
        Self {
            request: MyLiveRequest {
                request_id: live.request.to_string(),
                since: live.since,
                client_key: live.client_key,
                upstream: live.upstream,
                endpoint: live.endpoint,
                model: live.model,
                stage,
                stage_since,
                place,
                attempt,
            },
            user: live.user,
            pool_key,
            node,
        }
    }
}

impl From<QueuedRequest> for Waiting {
    fn from(queued: QueuedRequest) -> Self {
        Self {
            request_id: queued.request.map(|number| number.to_string()),
            user: queued.user,
            weight: queued.weight,
            waited_ms: queued.waited_ms,
        }
    }
}
