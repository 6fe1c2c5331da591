//! What the client gets of an attempt that no other follows: the upstream's own answer where it is about
//! the client's request, else the relay's words. A pool key's trouble is never shown as the client's.

use std::time::Duration;

use super::{Outcome, Stage, Verdict};
use crate::rejection::{Code, LimitSource, Rejection};

/// The relay's words for an upstream's answer; nothing where the client gets the answer itself.
#[must_use]
pub fn shown(verdict: &Verdict, retry_after: Option<Duration>) -> Option<Rejection> {
    match verdict.outcome {
        Outcome::Ok | Outcome::Client | Outcome::Upstream => None,
        Outcome::Busy => {
            let busy = Rejection::new(Code::PoolBusy).limited_by(LimitSource::Upstream);
            Some(busy.after(retry_after.unwrap_or(Duration::from_secs(1))))
        }
        Outcome::Key | Outcome::Quota | Outcome::Relay => Some(Code::AttemptsExhausted.into()),
        Outcome::Egress => Some(Code::UpstreamUnreachable.into()),
    }
}

/// The relay's words where no answer came.
#[must_use]
pub fn no_answer(verdict: &Verdict, stage: Stage, timed_out: bool) -> Rejection {
    let by_stage = match (stage, timed_out) {
        (Stage::Proxy | Stage::Connect, _) => Code::UpstreamUnreachable,
        (Stage::Send | Stage::FirstByte | Stage::Body, true) => Code::UpstreamTimeout,
        (Stage::Send | Stage::FirstByte | Stage::Body, false) => Code::UpstreamBroken,
    };
    match verdict.outcome {
        Outcome::Busy | Outcome::Key | Outcome::Quota | Outcome::Relay => shown(verdict, None),
        Outcome::Ok | Outcome::Client | Outcome::Upstream | Outcome::Egress => None,
    }
    .unwrap_or_else(|| by_stage.into())
}
