//! How a request came to its end, where that was not the plain way: what it waited for, whom it tried, who was passed
//! over and why.
//!
//! Kept only for requests that waited, were tried more than once, failed or were refused: a request that was served
//! at once has nothing to tell that its line in the books does not. Bounded, and free of anything that a client or an
//! upstream said but for the status.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{OutboundProxyId, PoolKeyId};
use crate::judge::{CoolDown, Outcome, Retry, Scope};
use crate::pool::Census;
use crate::rejection::{Code, LimitSource};

/// Steps that are kept of one request.
const MOST: usize = 32;

/// What a request went through, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// What happened.
    pub steps: Vec<Step>,
    /// Steps that are not kept, since there were too many.
    pub left_out: u32,
}

/// One thing that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// When it had happened, in milliseconds since the request's head had come.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What may happen to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum What {
    /// An upstream was chosen, by the model that was asked for or after another had failed.
    Upstream {
        /// Its name.
        upstream: Arc<str>,
    },
    /// No pool key could take it.
    NoneFree {
        /// How the keys stood to it.
        census: Census,
    },
    /// It waited in the queue.
    Waited {
        /// How many waited before it.
        ahead: u64,
        /// How long that was expected to take, in milliseconds, where that was known.
        expected_ms: Option<u64>,
        /// How long it waited, in milliseconds.
        took_ms: u64,
        /// Whether it got a pool key.
        got: bool,
    },
    /// It was tried.
    Attempt(Box<Attempt>),
    /// The relay refused it, or gave up.
    Refused {
        /// Why.
        code: CodeText,
        /// Whose limit it met, if it met one.
        limit_source: Option<LimitSource>,
        /// Requests in 60 seconds that whoever sent it had then, where it was that limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// When it was told to come again, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The client went away.
    ClientLeft,
}

/// One try of a request on one node, pool key and outbound proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// The node, by its name.
    pub node: Option<Arc<str>>,
    /// The pool key.
    pub pool_key: Option<PoolKeyId>,
    /// The outbound proxy.
    pub outbound_proxy: Option<OutboundProxyId>,
    /// How long it took until the judge had spoken, in milliseconds.
    pub took_ms: u64,
    /// The upstream's status, where it answered.
    pub status: Option<u16>,
    /// Whom the judge blamed.
    pub outcome: Outcome,
    /// By which of its rules.
    pub rule: Box<str>,
    /// What rests for it.
    pub scope: Scope,
    /// For how long, as a class.
    pub cool_down: CoolDown,
    /// When the upstream asked to be left alone for, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Whether another attempt was allowed.
    pub retry: Retry,
}

/// A code's stable text form: one of a newer process is read, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CodeText(pub Box<str>);

impl From<Code> for CodeText {
    fn from(code: Code) -> Self {
        Self(code.as_str().into())
    }
}

impl Trace {
    /// Adds what happened at `at_ms`.
    pub fn add(&mut self, at_ms: u64, what: What) {
        if self.steps.len() < MOST {
            self.steps.push(Step { at_ms, what });
        } else {
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> What {
        What::Attempt(Box::new(Attempt {
            node: Some("image".into()),
            pool_key: Some(PoolKeyId(7)),
            outbound_proxy: None,
            took_ms: 1_200,
            status: Some(429),
            outcome: Outcome::Busy,
            rule: "busy".into(),
            scope: Scope::Key,
            cool_down: CoolDown::RateLimited,
            retry_after_ms: Some(2_000),
            retry: Retry::NextKey,
        }))
    }

    #[test]
    fn a_trace_reads_as_it_was_written() {
        let mut trace = Trace::default();
        let census = Census::default();
        trace.add(3, What::NoneFree { census });
        trace.add(10, attempt());
        let refused = What::Refused {
            code: Code::PoolBusy.into(),
            limit_source: Some(LimitSource::Upstream),
            limit: Some(5),
            retry_after_ms: None,
        };
        trace.add(11, refused);
        let text = serde_json::to_string(&trace).unwrap();
        assert!(
            text.contains(r#"{"at_ms":10,"step":"attempt","node":"image","pool_key":7,"#),
            "{text}"
        );
        assert!(text.contains(r#""limit_source":"upstream""#), "{text}");
        assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), trace);
    }

    #[test]
    fn a_request_that_is_tried_for_ever_keeps_its_first_steps() {
        let mut trace = Trace::default();
        (0..40).for_each(|at| trace.add(at, What::ClientLeft));
        assert_eq!((trace.steps.len(), trace.left_out), (32, 8));
        assert_eq!(trace.steps.first().unwrap().at_ms, 0);
    }
}
