//! The budgets of the relay, each a figure with the most that it may be.

use serde::Serialize;

use super::{Figures, Measured, ratio};
use crate::scenario::queue::Queued;
use crate::scenario::swap::Swapped;
use crate::spread::rounded;
use crate::target::Target;

/// A figure and its limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// What is held against the limit; the unit is in the name, ratios have none.
    pub name: &'static str,
    /// What was measured.
    pub value: f64,
    /// The most that it may be.
    pub limit: f64,
    /// Whether it is.
    pub met: bool,
}

impl Budget {
    fn new(name: &'static str, value: f64, limit: f64) -> Self {
        Self {
            name,
            value,
            limit,
            met: value <= limit,
        }
    }
}

/// All budgets whose figures were measured.
pub(super) fn all(post: &[Measured], swap: Option<&Swapped>, queue: Option<&Queued>) -> Vec<Budget> {
    let versus = |name, other, limit| Some(Budget::new(name, cpu_ratio(post, other)?, limit));
    let added = added(post, Target::Potluck);
    [
        versus("potluck_vs_bare", Target::PingoraBare, 1.15),
        versus("potluck_vs_nginx", Target::Nginx, 2.0),
        added.map(|(p50, _)| Budget::new("added_p50_us_at_1000_rps", p50, 150.0)),
        added.map(|(_, p99)| Budget::new("added_p99_us_at_1000_rps", p99, 500.0)),
        swap.map(|swap| Budget::new("swap_served_after_ms", swap.served_after_ms.max, 250.0)),
        swap.map(|swap| Budget::new("swap_slowest_request_ms", swap.slowest_request_ms, 5.0)),
        queue.map(|queue| {
            Budget::new(
                "queue_vs_ideal",
                ratio(queue.all_after_ms.median, queue.ideal_ms),
                1.1,
            )
        }),
        queue.map(|queue| Budget::new("queue_overruns", queue.overruns as f64, 0.0)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The figures of one target, where it was measured.
pub(super) fn figures(post: &[Measured], target: Target) -> Option<&Figures> {
    post.iter()
        .find(|measured| measured.target == target)
        .map(|measured| &measured.figures)
}

/// The latency that a target adds to the direct connection: p50 and p99, in microseconds.
pub(super) fn added(post: &[Measured], target: Target) -> Option<(f64, f64)> {
    let (through, direct) = (
        figures(post, target)?.at_1000_rps,
        figures(post, Target::Direct)?.at_1000_rps,
    );
    Some((
        rounded(through.p50_us - direct.p50_us),
        rounded(through.p99_us - direct.p99_us),
    ))
}

fn cpu_ratio(post: &[Measured], other: Target) -> Option<f64> {
    let cpu = |target| Some(figures(post, target)?.cpu_us_per_request?.median);
    Some(ratio(cpu(Target::Potluck)?, cpu(other)?))
}
