//! How things fared over time: pool keys, nodes and outbound proxies, one state after the other.
//!
//! [`Recorder`] makes passages of what is seen, [`strip()`] makes the strip of them that people look at. Pure: times are
//! arguments, in Unix milliseconds.
//!
//! Invariants: a passage is kept only where the state changed; a thing that flaps has at most [`PLAIN`] passages of its
//! own in a quarter of an hour, and one more for all the rest, which says how long it was in which state; time in which
//! nobody looked is [`State::NotChecked`], whatever was known before.

mod recorder;
mod state;
mod strip;

pub use recorder::{PLAIN, Recorder, WINDOW_MS};
pub use state::State;
pub use strip::{Gap, Segment, Share, strip};

use serde::Serialize;
use serde_json::Value;

use crate::id::UserId;

/// A kind of thing whose states are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A pool key.
    PoolKey,
    /// A node of an upstream.
    Node,
    /// An outbound proxy, on the way to one upstream.
    OutboundProxy,
}

impl Kind {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PoolKey => "pool_key",
            Self::Node => "node",
            Self::OutboundProxy => "outbound_proxy",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::PoolKey, Self::Node, Self::OutboundProxy]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One thing whose states are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// Its id; of a node its name.
    pub name: String,
    /// The upstream that it belongs to, or, for a proxy, on the way to which it fares like this.
    pub upstream: String,
}

/// By whose doing something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doer {
    /// A request, or many.
    Traffic,
    /// A probe or a check.
    Probe,
    /// The relay itself: a rest was over, or it began to look.
    Relay,
    /// Somebody; `None` is somebody with the operator's token, or at the machine.
    Person(Option<UserId>),
}

impl Doer {
    /// The word, and who it was where it was a user.
    #[must_use]
    pub fn parts(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Traffic => ("traffic", None),
            Self::Probe => ("probe", None),
            Self::Relay => ("relay", None),
            Self::Person(user) => ("person", user.map(|user| user.0)),
        }
    }
}

/// Why a state changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// By whose doing.
    pub by: Doer,
    /// A stable word, or the name of the judge's rule.
    pub reason: Option<String>,
    /// What was seen, field by field; `Null` where there is nothing to say.
    pub evidence: Value,
}

impl Why {
    /// The relay's own doing, for this reason.
    #[must_use]
    pub fn relay(reason: &str) -> Self {
        Self {
            by: Doer::Relay,
            reason: Some(reason.to_owned()),
            evidence: Value::Null,
        }
    }
}

/// From one state to another; or, where that went to and fro, all of it from `at` to `until`.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// When it began.
    pub at: i64,
    /// When it was over: `at`, unless it went to and fro.
    pub until: i64,
    /// The state before; `None` for the first that is known.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// How many changes these are.
    pub times: u32,
    /// How long it was in which state between `at` and `until`.
    pub spent: Vec<Share>,
    /// Why it is so now.
    pub why: Why,
}
