//! One rule: when it matches, and the verdict it gives.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{End, Stage, Verdict};

/// What sort of document an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// A page for people, so most likely from a CDN and not from the API.
    Html,
    /// The API's own envelope.
    Json,
    /// Anything else, and nothing at all.
    Other,
}

/// When a rule matches. All fields must agree; an empty list agrees with everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// An answer came.
    Answer {
        /// Any of these statuses.
        statuses: Box<[RangeInclusive<u16>]>,
        /// Any of these contents.
        content: Box<[Content]>,
        /// Any of these texts stands in the body's first bytes, whatever the case of ASCII letters.
        contains: Box<[Box<str>]>,
    },
    /// The attempt failed.
    Failed {
        /// At any of these stages.
        stages: Box<[Stage]>,
        /// By a time-out, or not.
        timed_out: Option<bool>,
        /// On a connection that had been used before, or not.
        reused_connection: Option<bool>,
    },
}

/// A row of a judge table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// When it matches.
    pub when: When,
    /// What it then says.
    pub verdict: Verdict,
}

impl Rule {
    /// A rule on the status alone.
    pub(super) fn status(statuses: &[RangeInclusive<u16>], verdict: Verdict) -> Self {
        Self::answer(statuses, &[], &[], verdict)
    }

    /// A rule on the status and the sort of content.
    pub(super) fn content(statuses: &[RangeInclusive<u16>], content: &[Content], verdict: Verdict) -> Self {
        Self::answer(statuses, content, &[], verdict)
    }

    /// A rule on the status and texts in the body.
    pub(super) fn text(statuses: &[RangeInclusive<u16>], contains: &[&str], verdict: Verdict) -> Self {
        Self::answer(statuses, &[], contains, verdict)
    }

    fn answer(
        statuses: &[RangeInclusive<u16>],
        content: &[Content],
        contains: &[&str],
        verdict: Verdict,
    ) -> Self {
        let when = When::Answer {
            statuses: statuses.into(),
            content: content.into(),
            contains: contains.iter().map(|text| Box::from(*text)).collect(),
        };
        Self { when, verdict }
    }

    /// A rule on an attempt that failed at one of `stages`.
    pub(super) fn failed(
        stages: &[Stage],
        timed_out: Option<bool>,
        reused_connection: Option<bool>,
        verdict: Verdict,
    ) -> Self {
        let when = When::Failed {
            stages: stages.into(),
            timed_out,
            reused_connection,
        };
        Self { when, verdict }
    }

    /// Whether this rule decides that end.
    #[must_use]
    pub fn matches(&self, end: &End<'_>) -> bool {
        match (&self.when, end) {
            (
                When::Answer {
                    statuses,
                    content,
                    contains,
                },
                End::Answer {
                    status,
                    content_type,
                    body,
                },
            ) => {
                any(statuses, |range| range.contains(status))
                    && any(content, |c| *c == content_of(*content_type, body))
                    && any(contains, |text| find_ignoring_case(body, text.as_bytes()))
            }
            (
                When::Failed {
                    stages,
                    timed_out,
                    reused_connection,
                },
                End::Failed {
                    stage,
                    timed_out: by_timeout,
                    reused_connection: reused,
                },
            ) => {
                any(stages, |s| s == stage)
                    && timed_out.is_none_or(|t| t == *by_timeout)
                    && reused_connection.is_none_or(|r| r == *reused)
            }
            (When::Answer { .. }, End::Failed { .. }) | (When::Failed { .. }, End::Answer { .. }) => false,
        }
    }

    /// The same rule where no pool key is sent.
    pub(super) fn keyless(&self) -> Self {
        Self {
            when: self.when.clone(),
            verdict: self.verdict.keyless(),
        }
    }

    /// Whether an answer with this status could match; `Some(true)` where that depends on its content.
    pub(super) fn looks_at_body(&self, asked: u16) -> Option<bool> {
        match &self.when {
            When::Answer {
                statuses,
                content,
                contains,
            } => any(statuses, |range| range.contains(&asked))
                .then_some(!content.is_empty() || !contains.is_empty()),
            When::Failed { .. } => None,
        }
    }
}

/// Whether one of `items` agrees, or there are none.
fn any<T>(items: &[T], agrees: impl Fn(&T) -> bool) -> bool {
    items.is_empty() || items.iter().any(agrees)
}

/// By the declared type; where that says neither HTML nor JSON, by the body's first character.
fn content_of(content_type: Option<&str>, body: &[u8]) -> Content {
    let declared = content_type.unwrap_or_default().as_bytes();
    if find_ignoring_case(declared, b"html") {
        return Content::Html;
    }
    if find_ignoring_case(declared, b"json") {
        return Content::Json;
    }
    match body.trim_ascii_start().first() {
        Some(b'<') => Content::Html,
        Some(b'{') => Content::Json,
        Some(_) | None => Content::Other,
    }
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len().max(1))
        .any(|window| window.eq_ignore_ascii_case(needle))
}
