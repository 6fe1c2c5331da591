//! What other settings would have made of what has happened to outbound proxies.

use potluck_filters::id::OutboundProxyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings to try on what has happened.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayProxies {
    /// Failures in a row after which a proxy rests, 1 to 100.
    pub failures: u32,
    /// The first rest, in milliseconds, 1000 to a day; each further failure doubles it, up to sixteen times.
    pub cool_down_ms: i64,
    /// Only on the way to this upstream; absent: to each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// From when on, at most two days ago; absent: a day ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
}

/// What they would have made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayedProxies {
    /// From when on.
    pub from: i64,
    /// Until when: now.
    pub to: i64,
    /// How much was seen in that time: checks and connections that failed, and the first that succeeded after them.
    pub events: u64,
    /// Proxy by proxy, upstream by upstream.
    pub items: Vec<ReplayedProxy>,
}

/// One proxy on the way to one upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayedProxy {
    /// Which one.
    pub outbound_proxy: OutboundProxyId,
    /// On the way to which upstream.
    pub upstream: String,
    /// How it was.
    pub was: ProxyOuts,
    /// How it would have been.
    pub would: ProxyOuts,
}

/// How often and for how long a proxy was out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProxyOuts {
    /// Rests that began.
    pub rests: u32,
    /// For how long, in all, in milliseconds.
    pub out_ms: i64,
    /// The longest without a break, in milliseconds.
    pub longest_ms: i64,
}

impl From<potluck_filters::egress::Outs> for ProxyOuts {
    fn from(outs: potluck_filters::egress::Outs) -> Self {
        Self {
            rests: outs.rests,
            out_ms: outs.out_ms,
            longest_ms: outs.longest_ms,
        }
    }
}
