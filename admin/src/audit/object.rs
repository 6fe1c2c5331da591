//! What acts are done to.

use potluck_filters::id::{ClientKeyId, OutboundProxyId, PoolKeyId, UserId};
use serde::{Deserialize, Serialize};

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A client key.
    ClientKey,
    /// A pool key.
    PoolKey,
    /// A user, and what belongs to their account.
    User,
    /// An upstream.
    Upstream,
    /// A node; its name is `upstream/node`.
    Node,
    /// An outbound proxy.
    OutboundProxy,
    /// The settings that are edited online.
    Settings,
    /// What users may ask for in a minute.
    Limits,
    /// An invitation.
    Invitation,
    /// Work that goes on behind an answer.
    Job,
    /// Keys that sign or seal.
    Secrets,
    /// Something that is wrong, or was.
    Finding,
    /// A webhook that is told of findings.
    AlertTarget,
    /// The books of usage.
    Usage,
}

impl ObjectKind {
    /// Each of them.
    pub const ALL: &[Self] = &[
        Self::ClientKey,
        Self::PoolKey,
        Self::User,
        Self::Upstream,
        Self::Node,
        Self::OutboundProxy,
        Self::Settings,
        Self::Limits,
        Self::Invitation,
        Self::Job,
        Self::Secrets,
        Self::Finding,
        Self::AlertTarget,
        Self::Usage,
    ];

    /// The word in the log and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientKey => "client_key",
            Self::PoolKey => "pool_key",
            Self::User => "user",
            Self::Upstream => "upstream",
            Self::Node => "node",
            Self::OutboundProxy => "outbound_proxy",
            Self::Settings => "settings",
            Self::Limits => "limits",
            Self::Invitation => "invitation",
            Self::Job => "job",
            Self::Secrets => "secrets",
            Self::Finding => "finding",
            Self::AlertTarget => "alert_target",
            Self::Usage => "usage",
        }
    }
}

/// A thing that something was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id, where it has one.
    pub id: Option<i64>,
    /// What it is called; may be empty.
    pub name: String,
    /// Whose it is: who hears of it, beside admins.
    pub owner: Option<UserId>,
}

impl Object {
    /// One that has no id, or several.
    #[must_use]
    pub fn named(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            id: None,
            name: name.into(),
            owner: None,
        }
    }

    /// One with an id.
    #[must_use]
    pub fn new(kind: ObjectKind, id: i64, name: impl Into<String>) -> Self {
        Self {
            id: Some(id),
            ..Self::named(kind, name)
        }
    }

    /// A client key of this user.
    #[must_use]
    pub fn client_key(id: ClientKeyId, name: &str, owner: UserId) -> Self {
        Self::new(ObjectKind::ClientKey, id.0, name).of(owner)
    }

    /// A pool key that this user brought.
    #[must_use]
    pub fn pool_key(id: PoolKeyId, label: &str, contributor: UserId) -> Self {
        Self::new(ObjectKind::PoolKey, id.0, label).of(contributor)
    }

    /// A user.
    #[must_use]
    pub fn user(id: UserId, name: &str) -> Self {
        Self::new(ObjectKind::User, id.0, name).of(id)
    }

    /// An outbound proxy.
    #[must_use]
    pub fn outbound_proxy(id: OutboundProxyId, name: &str) -> Self {
        Self::new(ObjectKind::OutboundProxy, id.0, name)
    }

    /// A node of an upstream.
    #[must_use]
    pub fn node(upstream: &str, name: &str) -> Self {
        Self::named(ObjectKind::Node, format!("{upstream}/{name}"))
    }

    /// The same, which is this user's.
    #[must_use]
    pub fn of(mut self, owner: UserId) -> Self {
        self.owner = Some(owner);
        self
    }
}
