//! Outbound proxies.

use potluck_filters::egress::{ProbeReport, ProxyReport};
use potluck_filters::id::{OutboundProxyId, PoolKeyId, Revision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;
use super::patch::given;
use crate::output::Revised;

/// An outbound proxy, without what it is logged in with, which is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutboundProxy {
    /// Its id.
    pub id: OutboundProxyId,
    /// Its name.
    pub name: String,
    /// Where it is: `http://host:port` (HTTP CONNECT) or `socks5://host:port`.
    pub url: String,
    /// Whether it has a login.
    pub has_login: bool,
    /// Id of the key that its login is sealed with.
    pub key_id: Option<String>,
    /// Whether it may be used. One that may not stands in its lists as if it were down.
    pub enabled: bool,
    /// Upstreams that leave through it.
    pub upstreams: Vec<String>,
    /// Pool keys with a list of their own in which it stands.
    pub pool_keys: Vec<PoolKeyId>,
    /// How it fares, where a relay runs; the history only where one proxy is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<ProxyReport>,
    /// When it was added.
    pub created_at: i64,
    /// The change that touched it last.
    pub revision: Revision,
}

/// What a proxy is logged in with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyLogin {
    /// The user name, without a colon.
    pub username: SecretText,
    /// The password.
    pub password: SecretText,
}

/// An outbound proxy to be added.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddOutboundProxy {
    /// Its name: lower-case letters, digits and `-`, a letter first.
    pub name: String,
    /// `http://host:port` (HTTP CONNECT) or `socks5://host:port`, without user name and password.
    pub url: String,
    /// What it is logged in with; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<ProxyLogin>,
    /// Whether it may be used; absent: yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What to edit of an outbound proxy.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditOutboundProxy {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is. With another host or port a login must be given again, or `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is logged in with; `null`: nothing.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub login: Option<Option<ProxyLogin>>,
    /// Whether it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What a check of an outbound proxy found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedProxy {
    /// The proxy.
    pub proxy: OutboundProxy,
    /// One probe for each upstream that leaves through it; none where nobody does.
    pub probes: Vec<ProbeReport>,
}

impl Revised for OutboundProxy {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}
