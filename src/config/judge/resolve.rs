//! What a written rule becomes: what it left out follows from its outcome, as is usual for that.

use potluck_filters::judge::{
    Content, CoolDown, JudgeTable, Outcome, Retry, Rule, RuleName, Scope, Verdict, When,
};

use super::{OwnRule, WhichContent};
use crate::config::upstream::Upstream;

/// The judge's table of an upstream: its own rules, then those of its kind.
pub(in crate::config) fn table(upstream: &Upstream) -> JudgeTable {
    let built_in = JudgeTable::for_kind(upstream.kind);
    let keyed = upstream.is_keyed();
    let own = upstream.judge.iter().zip(0..).map(|(rule, at)| Rule {
        when: rule.when(),
        verdict: rule.verdict(at, keyed),
    });
    let own = own.collect();
    if keyed { built_in } else { built_in.keyless() }.after(own)
}

impl OwnRule {
    pub(super) fn when(&self) -> When {
        if self.failed.is_empty() {
            let contains = self.contains.0.iter().map(|text| text.as_str().into());
            When::Answer {
                statuses: self.status.0.iter().map(|status| status.0.clone()).collect(),
                content: self.content.only().into_iter().collect(),
                contains: contains.collect(),
            }
        } else {
            When::Failed {
                stages: self.failed.0.clone().into(),
                timed_out: self.timed_out,
                reused_connection: None,
            }
        }
    }

    fn verdict(&self, at: u16, keyed: bool) -> Verdict {
        Verdict {
            outcome: self.outcome,
            scope: self.scope(keyed),
            cool_down: self.cool_down(keyed),
            retry: self.retry(),
            rule: RuleName::Own(at),
        }
    }

    /// What rests, with the default resolved.
    pub(super) fn scope(&self, keyed: bool) -> Scope {
        self.scope.unwrap_or(match self.outcome {
            Outcome::Ok | Outcome::Client | Outcome::Relay => Scope::None,
            Outcome::Busy if !keyed => Scope::Node,
            Outcome::Key | Outcome::Quota | Outcome::Busy => Scope::Key,
            Outcome::Upstream => Scope::Node,
            Outcome::Egress => Scope::Proxy,
        })
    }

    fn cool_down(&self, keyed: bool) -> CoolDown {
        if self.scope(keyed) == Scope::None {
            return CoolDown::None;
        }
        self.cool_down.unwrap_or(match self.outcome {
            Outcome::Ok | Outcome::Client | Outcome::Relay => CoolDown::None,
            Outcome::Key => CoolDown::Credential,
            Outcome::Quota => CoolDown::Payment,
            Outcome::Busy | Outcome::Egress => CoolDown::RateLimited,
            Outcome::Upstream => CoolDown::ServerError,
        })
    }

    /// Whether another attempt may be made, with the default resolved.
    pub(super) fn retry(&self) -> Retry {
        let answered = self.failed.is_empty();
        self.retry.unwrap_or(match self.outcome {
            Outcome::Key | Outcome::Quota | Outcome::Busy if answered => Retry::NextKey,
            Outcome::Egress if answered => Retry::ElsewhereOnce,
            Outcome::Ok
            | Outcome::Client
            | Outcome::Key
            | Outcome::Quota
            | Outcome::Busy
            | Outcome::Upstream
            | Outcome::Egress
            | Outcome::Relay => Retry::Never,
        })
    }
}

impl WhichContent {
    const fn only(self) -> Option<Content> {
        match self {
            Self::Any => None,
            Self::Html => Some(Content::Html),
            Self::Json => Some(Content::Json),
            Self::Other => Some(Content::Other),
        }
    }
}
