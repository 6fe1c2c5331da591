//! What was used: sums over time, and by what.
//!
//! Invariant: what upstreams reported and what the relay estimated stay apart, and what nobody knew is counted, not
//! taken for zero.

mod part;
mod pool_key;
mod recent;

use potluck_filters::latency::{Histogram, Latencies};
use potluck_filters::usage::StatusClass;
use potluck_store::usage::sums::{FigureSum, Sums};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Request;
pub use part::{MyUsageGroups, UsageGroups, UsageMeasure, UsageStep};
pub(crate) use pool_key::makes_something;
pub use pool_key::{PoolKeyUsage, PoolKeyUsageDay};
pub use recent::{RecentOfUpstream, RecentStep, RecentUsage};

/// A figure, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageFigure {
    /// What upstreams reported.
    pub reported: u64,
    /// What the relay estimated where they did not.
    pub estimated: u64,
    /// Requests of which nobody knows it, or that have none.
    pub unknown: u64,
}

impl UsageFigure {
    fn of(sum: FigureSum, requests: u64) -> Self {
        Self {
            reported: sum.reported,
            estimated: sum.estimated,
            unknown: requests.saturating_sub(sum.told),
        }
    }

    /// Both together.
    #[must_use]
    pub fn amount(&self) -> u64 {
        self.reported.saturating_add(self.estimated)
    }
}

/// Requests, summed. Means of times are these sums divided by `requests`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageSums {
    /// How many.
    pub requests: u64,
    /// Tokens of what was asked.
    pub prompt_tokens: UsageFigure,
    /// Of those, what upstreams had in their caches.
    pub cached_tokens: UsageFigure,
    /// Tokens of what was answered.
    pub completion_tokens: UsageFigure,
    /// Pictures.
    pub images: UsageFigure,
    /// NovelAI's currency.
    pub anlas: UsageFigure,
    /// Money, in millionths of the upstream's currency.
    pub cost_micros: UsageFigure,
    /// Bytes of the requests' bodies.
    pub asked_bytes: u64,
    /// Bytes of the answers' bodies.
    pub answered_bytes: u64,
    /// In queues, in microseconds, all together.
    pub queued_us: u64,
    /// From their heads' arrival to their ends, in microseconds, all together.
    pub total_us: u64,
}

impl From<&Sums> for UsageSums {
    fn from(sums: &Sums) -> Self {
        let figure = |sum| UsageFigure::of(sum, sums.requests);
        Self {
            requests: sums.requests,
            prompt_tokens: figure(sums.prompt),
            cached_tokens: figure(sums.cached),
            completion_tokens: figure(sums.completion),
            images: figure(sums.images),
            anlas: figure(sums.anlas),
            cost_micros: figure(sums.cost),
            asked_bytes: sums.asked_bytes,
            answered_bytes: sums.answered_bytes,
            queued_us: sums.queued_us,
            total_us: sums.total_us,
        }
    }
}

/// How many requests ended how. `docs/usage.md` says which is whose doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageClasses {
    /// Answered, to the end.
    pub ok: u64,
    /// The client went away.
    pub left: u64,
    /// Refused by the relay's limits.
    pub limited: u64,
    /// Refused by the relay for another reason that is the client's to mend.
    pub refused: u64,
    /// Refused by the upstream.
    pub upstream_refused: u64,
    /// Failed at the upstream.
    pub upstream_failed: u64,
    /// Not served: no pool key in time, no way to the upstream.
    pub unserved: u64,
}

impl UsageClasses {
    pub(crate) fn add(&mut self, class: StatusClass, requests: u64) {
        let place = match class {
            StatusClass::Ok => &mut self.ok,
            StatusClass::Left => &mut self.left,
            StatusClass::Limited => &mut self.limited,
            StatusClass::Refused => &mut self.refused,
            StatusClass::UpstreamRefused => &mut self.upstream_refused,
            StatusClass::UpstreamFailed => &mut self.upstream_failed,
            StatusClass::Unserved => &mut self.unserved,
        };
        *place = place.saturating_add(requests);
    }
}

/// A range and what was used in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageTotal {
    /// From when on. Where finer sums are no longer kept, the range begins and ends with a whole hour or day.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// How much.
    pub sums: UsageSums,
    /// Of which how many ended how.
    pub classes: UsageClasses,
}

/// What was used in one step. Figures are reported or estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsagePoint {
    /// When the step begins.
    pub at: i64,
    /// Requests that ended in it.
    pub requests: u64,
    /// How they ended.
    pub classes: UsageClasses,
    /// Tokens of what was asked and answered.
    pub tokens: u64,
    /// Pictures.
    pub images: u64,
    /// NovelAI's currency.
    pub anlas: u64,
    /// Money, in millionths.
    pub cost_micros: u64,
    /// Bytes of the answers' bodies.
    pub answered_bytes: u64,
    /// In queues, in microseconds, all together.
    pub queued_us: u64,
    /// From their heads' arrival to their ends, in microseconds, all together.
    pub total_us: u64,
    /// How long they took; `null` where that is not kept so finely.
    pub total: Option<UsageQuantiles>,
}

/// Times that so many of a hundred requests did not exceed, in microseconds, exact to a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageQuantiles {
    /// Half of them.
    pub p50_us: u64,
    /// 90.
    pub p90_us: u64,
    /// 95.
    pub p95_us: u64,
    /// 99.
    pub p99_us: u64,
}

impl UsageQuantiles {
    /// `None` where nothing was counted.
    pub(crate) fn of(histogram: &Histogram) -> Option<Self> {
        Some(Self {
            p50_us: histogram.quantile(0.5)?,
            p90_us: histogram.quantile(0.9)?,
            p95_us: histogram.quantile(0.95)?,
            p99_us: histogram.quantile(0.99)?,
        })
    }
}

/// Of which requests times are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageTimed {
    /// Of all in the range.
    All,
    /// Of the newest 1000 in the range: by who asked, by model and so on times are not summed.
    Newest,
}

/// How long requests took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageTimes {
    /// Of which requests.
    pub of: UsageTimed,
    /// How many these are.
    pub requests: u64,
    /// From their heads' arrival to their ends.
    pub total: Option<UsageQuantiles>,
    /// In the queue for a pool key.
    pub queued: Option<UsageQuantiles>,
    /// To the first byte of the answer.
    pub first_byte: Option<UsageQuantiles>,
    /// What the relay itself worked.
    pub own: Option<UsageQuantiles>,
}

impl UsageTimes {
    pub(crate) fn new(of: UsageTimed, latencies: &Latencies) -> Self {
        Self {
            of,
            requests: latencies.total.count(),
            total: UsageQuantiles::of(&latencies.total),
            queued: UsageQuantiles::of(&latencies.queued),
            first_byte: UsageQuantiles::of(&latencies.first_byte),
            own: UsageQuantiles::of(&latencies.own),
        }
    }
}

/// A time of which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageGap {
    /// When no relay ran any more.
    pub from: i64,
    /// When one ran again.
    pub to: i64,
}

/// What was used in a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// In all.
    pub total: UsageTotal,
    /// In the range of the same length before it; `null` where that is no longer kept.
    pub before: Option<UsageTotal>,
    /// How long requests took.
    pub times: UsageTimes,
    /// How long the steps are, in milliseconds: longer than asked for where those are not kept, or would be too many.
    pub step_ms: i64,
    /// Step by step. One that is missing had no request, unless it lies in a gap.
    pub points: Vec<UsagePoint>,
    /// When no relay ran.
    pub gaps: Vec<UsageGap>,
}

/// What one of many used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageGroup {
    /// Its name: of a model, an endpoint, a client key and so on. `null`: requests that had none, or it is gone.
    pub name: Option<String>,
    /// Its id, where it has one.
    pub id: Option<i64>,
    /// How much.
    pub sums: UsageSums,
    /// How long requests took to their ends; `null` where that is not kept: it is by upstream and by endpoint.
    pub total: Option<UsageQuantiles>,
    /// And to the first byte of the answer.
    pub first_byte: Option<UsageQuantiles>,
}

/// What was used, by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageBy {
    /// By what.
    pub by: UsageGroups,
    /// From when on.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// In all.
    pub total: UsageSums,
    /// The largest first.
    pub items: Vec<UsageGroup>,
    /// What all others used; `null` where there are no others.
    pub rest: Option<UsageSums>,
}

/// What a user or a client key used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageOf {
    /// In all, and step by step.
    pub usage: Usage,
    /// By endpoint, the largest first.
    pub by_endpoint: Vec<UsageGroup>,
    /// By model, the largest first.
    pub by_model: Vec<UsageGroup>,
    /// The newest requests.
    pub recent: Vec<Request>,
}
