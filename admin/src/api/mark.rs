//! What happened, for plots over time: starts, changes of how requests are served, findings.

use potluck_filters::finding::{Kind, Severity};
use potluck_store::table::marks::{BegunFinding, DoneAct};
use potluck_store::table::starts::Start;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AskedTime;
use crate::audit::Act;

/// Of which time.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarksQuery {
    /// The last so long, such as `90m`, `24h` or `7d`; a day when neither this nor `from` is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// From this time on, in the place of `range`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

impl MarksQuery {
    pub(crate) fn time(&self) -> AskedTime<'_> {
        AskedTime {
            range: self.range.as_deref(),
            from: self.from,
            to: self.to,
        }
    }
}

/// What happened in a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Marks {
    /// From when.
    pub from: i64,
    /// Until when; not itself part of it.
    pub to: i64,
    /// What happened, the oldest first. At most 500: the newest.
    pub items: Vec<Mark>,
    /// Where there was more than fits: of what happened before this time nothing is told. `null`: everything is there.
    pub cut_before: Option<i64>,
    /// When an edge started last, also long before the time that is asked for; `null`: never yet.
    pub last_start_at: Option<i64>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mark {
    /// An edge started.
    Start {
        /// When.
        at: i64,
        /// The edge's name.
        edge: String,
        /// The version of its program.
        version: String,
    },
    /// Somebody changed how requests are served, for all.
    Policy {
        /// When.
        at: i64,
        /// What was done.
        act: PolicyAct,
        /// The entry of the audit log that tells who did it, and what that changed.
        audit_id: i64,
        /// The id of what it was done to, where it has one.
        object_id: Option<i64>,
        /// What that was called then; may be empty.
        object_name: String,
    },
    /// Something went wrong.
    Finding {
        /// When it began.
        at: i64,
        /// The finding's id.
        finding_id: i64,
        /// What kind of trouble.
        trouble: Kind,
        /// What it is about: an upstream's name, `upstream/node`, an id.
        subject: String,
        /// How bad it is, or was in the end.
        severity: Severity,
        /// When it was over; `null` while it goes on.
        ended_at: Option<i64>,
    },
}

impl Mark {
    /// When it happened.
    #[must_use]
    pub fn at(&self) -> i64 {
        match self {
            Self::Start { at, .. } | Self::Policy { at, .. } | Self::Finding { at, .. } => *at,
        }
    }
}

impl From<Start> for Mark {
    fn from(start: Start) -> Self {
        let Start {
            edge, at, version, ..
        } = start;
        Self::Start { at, edge, version }
    }
}

impl From<BegunFinding> for Mark {
    fn from(begun: BegunFinding) -> Self {
        Self::Finding {
            at: begun.at,
            finding_id: begun.id,
            trouble: begun.kind,
            subject: begun.subject,
            severity: begun.severity,
            ended_at: begun.ended_at,
        }
    }
}

impl Mark {
    /// An entry of the audit log; `None`: it changed nothing of how requests are served.
    pub(crate) fn policy(done: DoneAct) -> Option<Self> {
        Some(Self::Policy {
            at: done.at,
            act: PolicyAct::parse(&done.act)?,
            audit_id: done.id,
            object_id: done.object_id,
            object_name: done.object_name,
        })
    }
}

macro_rules! policy_acts {
    ($($(#[$about:meta])* $name:ident $word:literal,)*) => {
        /// An act that changes how requests of everybody are served. What is about one person or one key alone is none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum PolicyAct {
            $($(#[$about])* #[serde(rename = $word)] $name,)*
        }

        impl PolicyAct {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The act in the audit log.
            #[must_use]
            pub fn act(self) -> Act {
                match self {
                    $(Self::$name => Act::$name,)*
                }
            }
        }
    };
}

policy_acts! {
    /// What users may ask for in a minute was edited for all.
    LimitsEdited "limits.edited",
    /// Settings were edited.
    SettingsEdited "settings.edited",
    /// Something about an upstream was switched.
    UpstreamEdited "upstream.edited",
    /// A node was added.
    NodeAdded "node.added",
    /// A node was drained or resumed, or noted about.
    NodeEdited "node.edited",
    /// A node was taken out.
    NodeRemoved "node.removed",
    /// A node became the preferred one.
    NodeActivated "node.activated",
    /// Operators' own pool keys were let go to a node's host.
    NodeGranted "node.granted",
    /// An outbound proxy was added.
    OutboundProxyAdded "outbound_proxy.added",
    /// An outbound proxy was edited.
    OutboundProxyEdited "outbound_proxy.edited",
    /// An outbound proxy was removed.
    OutboundProxyRemoved "outbound_proxy.removed",
}

impl PolicyAct {
    /// The word in the log and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.act().as_str()
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::PolicyAct;

    #[test]
    fn each_act_is_told_by_the_word_that_the_log_has() {
        for act in PolicyAct::ALL {
            assert_eq!(serde_json::to_value(act).unwrap(), act.as_str());
            assert_eq!(PolicyAct::parse(act.as_str()), Some(*act));
        }
        assert_eq!(PolicyAct::parse("session.began"), None);
    }
}
