//! A judge table: the rules of one kind of upstream, in order.

use std::sync::Arc;

use super::rule::Rule;
use super::{CoolDown, End, Retry, Verdict, http, novelai, openai};
use crate::model::Kind;

/// Statuses with a bit of their own; none above is ever sent by anybody.
const STATUSES: usize = 1024;
const WORD: usize = 64;

/// The rules of one kind of upstream. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeTable {
    rules: Arc<[Rule]>,
    /// The verdict on 2xx, given without a look at the rules.
    success: Verdict,
    /// The verdict on an answer that no rule knows.
    other_answer: Verdict,
    /// The verdict on a failure that no rule knows.
    other_failure: Verdict,
    /// A bit per status: a rule looks at the body.
    body_bits: [u64; STATUSES / WORD],
}

impl JudgeTable {
    /// The table that comes with the relay for this kind.
    #[must_use]
    pub fn for_kind(kind: Kind) -> Self {
        match kind {
            Kind::Novelai => Self::new(novelai::rules()),
            Kind::Openai => Self::new(openai::rules()),
            Kind::Http => Self::new(http::rules()),
        }
    }

    /// A table of these rules.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self {
            body_bits: body_bits(&rules),
            rules: rules.into(),
            success: Verdict::ok("success"),
            other_answer: Verdict::node(CoolDown::None, Retry::Never, "other-answer"),
            other_failure: Verdict::node(CoolDown::None, Retry::Never, "other-failure"),
        }
    }

    /// The same table with rules of the configuration before its own.
    #[must_use]
    pub fn after(self, own: Vec<Rule>) -> Self {
        if own.is_empty() {
            return self;
        }
        Self::new(own.into_iter().chain(self.rules.iter().cloned()).collect())
    }

    /// The same table for an upstream whose requests carry no pool key.
    #[must_use]
    pub fn keyless(self) -> Self {
        Self {
            rules: self.rules.iter().map(Rule::keyless).collect(),
            ..self
        }
    }

    /// What this end means.
    #[must_use]
    pub fn judge(&self, end: &End<'_>) -> Verdict {
        let otherwise = match end {
            End::Answer {
                status: 200..=299, ..
            } => return self.success,
            End::Answer { .. } => self.other_answer,
            End::Failed { .. } => self.other_failure,
        };
        self.rules
            .iter()
            .find(|rule| rule.matches(end))
            .map_or(otherwise, |rule| rule.verdict)
    }

    /// Whether the verdict on this status may depend on the answer's body. Where not, [`End::Answer`]
    /// may be given an empty one.
    #[must_use]
    pub fn needs_body(&self, status: u16) -> bool {
        let status = usize::from(status);
        self.body_bits
            .get(status / WORD)
            .is_some_and(|word| word >> (status % WORD) & 1 == 1)
    }

    /// The rules in order. 2xx answers and ends that none of them matches are not among them.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

fn body_bits(rules: &[Rule]) -> [u64; STATUSES / WORD] {
    let mut bits = [0_u64; STATUSES / WORD];
    for (word, start) in bits.iter_mut().zip((0_u16..).step_by(WORD)) {
        for (bit, status) in (start..).take(WORD).enumerate() {
            *word |= u64::from(rules_look_at_body(rules, status)) << bit;
        }
    }
    bits
}

/// Whether, of the rules for this status, one on the body stands before the first on the status alone.
fn rules_look_at_body(rules: &[Rule], status: u16) -> bool {
    !(200..=299).contains(&status)
        && rules
            .iter()
            .find_map(|rule| rule.looks_at_body(status))
            .unwrap_or(false)
}
