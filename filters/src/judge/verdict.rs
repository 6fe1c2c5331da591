//! A verdict: whom the end of an attempt blames, what rests for how long, and what may happen next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RuleName;

/// Whom the end of an attempt blames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nobody: the upstream did what was asked.
    Ok,
    /// The request itself; the answer goes to the client as it is.
    Client,
    /// The pool key is bad.
    Key,
    /// The pool key's account has run dry, or its plan does not cover this request.
    Quota,
    /// The pool key works, but not now.
    Busy,
    /// The upstream or one of its nodes.
    Upstream,
    /// The way out: this relay's address or an outbound proxy.
    Egress,
    /// This relay or its configuration.
    Relay,
}

/// What rests during the cool-down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Nothing rests. With a retry allowed, the same key and node may be taken again.
    None,
    /// The pool key.
    Key,
    /// The pool key, for the model that was asked for.
    KeyModel,
    /// The node.
    Node,
    /// The outbound proxy; nothing where there is none.
    Proxy,
    /// All nodes of the upstream.
    Upstream,
}

/// Whether another attempt may be made. Nothing is repeated after the first relayed byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// The work may have been done, or would fail again.
    Never,
    /// The work was refused or never begun: the next key or node, up to the upstream's `attempts`.
    NextKey,
    /// The work was most likely not done: once more, on another key or node.
    ElsewhereOnce,
}

/// The class of a cool-down; its length is in [`super::CoolDownSettings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CoolDown {
    /// No rest.
    None,
    /// An earlier request still runs there (409).
    Conflict,
    /// Too many requests (429).
    RateLimited,
    /// The server failed (5xx).
    ServerError,
    /// No credit (402).
    Payment,
    /// The credential was refused (401).
    Credential,
    /// No connection could be made.
    Connect,
}

/// What the end of an attempt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Verdict {
    /// Whom it blames.
    pub outcome: Outcome,
    /// What rests.
    pub scope: Scope,
    /// For how long, as a class.
    pub cool_down: CoolDown,
    /// Whether another attempt may be made.
    pub retry: Retry,
    /// The rule that decided, for traces and metrics.
    pub rule: RuleName,
}

impl Verdict {
    /// The upstream did what was asked.
    #[must_use]
    pub const fn ok(rule: &'static str) -> Self {
        Self::unpunished(Outcome::Ok, RuleName::BuiltIn(rule))
    }

    /// The request is at fault: its answer goes to the client and nothing rests.
    #[must_use]
    pub const fn client(rule: &'static str) -> Self {
        Self::unpunished(Outcome::Client, RuleName::BuiltIn(rule))
    }

    /// This relay is at fault: another key would fare no better, and nothing rests.
    #[must_use]
    pub const fn relay(rule: &'static str) -> Self {
        Self::unpunished(Outcome::Relay, RuleName::BuiltIn(rule))
    }

    /// The way out was refused; another one may be tried once.
    #[must_use]
    pub const fn egress(rule: &'static str) -> Self {
        let (scope, cool_down) = (Scope::Proxy, CoolDown::RateLimited);
        Self {
            outcome: Outcome::Egress,
            scope,
            cool_down,
            retry: Retry::ElsewhereOnce,
            rule: RuleName::BuiltIn(rule),
        }
    }

    /// The pool key refused the work: the next key may take it. `outcome` is `Key`, `Quota` or `Busy`.
    #[must_use]
    pub const fn refused(outcome: Outcome, scope: Scope, cool_down: CoolDown, rule: &'static str) -> Self {
        Self {
            outcome,
            scope,
            cool_down,
            retry: Retry::NextKey,
            rule: RuleName::BuiltIn(rule),
        }
    }

    /// The node failed.
    #[must_use]
    pub const fn node(cool_down: CoolDown, retry: Retry, rule: &'static str) -> Self {
        Self {
            outcome: Outcome::Upstream,
            scope: Scope::Node,
            cool_down,
            retry,
            rule: RuleName::BuiltIn(rule),
        }
    }

    const fn unpunished(outcome: Outcome, rule: RuleName) -> Self {
        Self {
            outcome,
            scope: Scope::None,
            cool_down: CoolDown::None,
            retry: Retry::Never,
            rule,
        }
    }

    /// The same verdict where no pool key was sent: a refused credential is then the client's matter,
    /// and a busy key is a busy node.
    #[must_use]
    pub const fn keyless(self) -> Self {
        match self.outcome {
            Outcome::Key | Outcome::Quota => Self::unpunished(Outcome::Client, self.rule),
            Outcome::Busy => Self {
                scope: Scope::Node,
                ..self
            },
            Outcome::Ok | Outcome::Client | Outcome::Upstream | Outcome::Egress | Outcome::Relay => self,
        }
    }

    /// The same verdict where so many keys fail alike that it is not the key's fault (see
    /// [`super::Correlation`]): no key rests, and where whole keys were refused the upstream does.
    #[must_use]
    pub const fn not_the_key(self) -> Self {
        let (scope, cool_down) = match self.scope {
            Scope::Key => (Scope::Upstream, CoolDown::ServerError),
            // A request can provoke this one, and must not be able to stop the upstream for all.
            Scope::KeyModel => (Scope::None, CoolDown::None),
            Scope::None | Scope::Node | Scope::Proxy | Scope::Upstream => (self.scope, self.cool_down),
        };
        Self {
            outcome: Outcome::Upstream,
            scope,
            cool_down,
            ..self
        }
    }
}
