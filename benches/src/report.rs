//! The report: medians over rounds, held against the budgets; as JSON for programs, as a table for people.

mod budget;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::budget::Budget;
use crate::machine::Machine;
use crate::options::Options;
use crate::round::Round;
use crate::scenario::queue::Queued;
use crate::scenario::swap::Swapped;
use crate::spread::{Spread, rounded};
use crate::target::Target;

/// One target's rounds, put together.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Which one.
    pub target: Target,
    /// Version and configuration, without what differs from run to run.
    pub identity: String,
    /// What it did.
    pub figures: Figures,
}

/// What all rounds of one target gave: numbers are medians.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// CPU time of all the proxy's processes per request, in microseconds, as fast as answers come, without
    /// that of a control plane; none for the direct connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_us_per_request: Option<Spread>,
    /// What the relay's control plane used per request meanwhile, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_us_per_request: Option<Spread>,
    /// Requests per second, as fast as answers come.
    pub rps: f64,
    /// Median latency at that throughput, in microseconds.
    pub p50_us: f64,
    /// 99th percentile at that throughput, in microseconds.
    pub p99_us: f64,
    /// At 1 000 requests per second.
    pub at_1000_rps: Paced,
    /// All rounds, in order.
    pub rounds: Vec<Round>,
}

/// Latencies at 1 000 requests per second, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Paced {
    /// Median.
    pub p50_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
}

impl Figures {
    /// The medians of these rounds.
    #[must_use]
    pub fn of(rounds: Vec<Round>) -> Self {
        let median = |figure: fn(&Round) -> f64| Spread::of(rounds.iter().map(figure)).median;
        let spread = |figure: fn(&Round) -> Option<f64>| {
            let all: Vec<f64> = rounds.iter().filter_map(figure).collect();
            (!all.is_empty()).then(|| Spread::of(all))
        };
        Self {
            cpu_us_per_request: spread(|round| round.cpu_us_per_request),
            control_us_per_request: spread(|round| round.control_us_per_request),
            rps: median(|round| round.closed.rps),
            p50_us: median(|round| round.closed.p50_us),
            p99_us: median(|round| round.closed.p99_us),
            at_1000_rps: Paced {
                p50_us: median(|round| round.paced.p50_us),
                p99_us: median(|round| round.paced.p99_us),
            },
            rounds,
        }
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// By scenario and proxy.
    pub scenarios: BTreeMap<&'static str, BTreeMap<&'static str, Scene>>,
    /// `post-1k` without any proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<Figures>,
    /// What the relay has to keep to.
    pub budgets: Vec<Budget>,
    /// SHA-256 over every proxy's version and configuration (ports and folders left out): equal
    /// where two reports measured the same.
    pub config_sha256: String,
    /// Where.
    pub machine: Machine,
    /// Rounds of each target.
    pub rounds: u32,
    /// Seconds of each closed round.
    pub seconds: f64,
}

/// One proxy in one scenario.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Scene {
    /// `post-1k`.
    Post(Box<Figures>),
    /// `swap-100k`.
    Swap(Swapped),
    /// `queue-64`.
    Queue(Queued),
}

impl Report {
    /// Puts the parts together and holds them against the budgets.
    #[must_use]
    pub fn new(options: &Options, post: &[Measured], swap: Option<Swapped>, queue: Option<Queued>) -> Self {
        let mut scenarios: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for measured in post.iter().filter(|measured| measured.target != Target::Direct) {
            let scene = Scene::Post(Box::new(measured.figures.clone()));
            scenarios
                .entry("post-1k")
                .or_default()
                .insert(measured.target.name(), scene);
        }
        let budgets = budget::all(post, swap.as_ref(), queue.as_ref());
        if let Some(swapped) = swap {
            scenarios
                .entry("swap-100k")
                .or_default()
                .insert(Target::Potluck.name(), Scene::Swap(swapped));
        }
        if let Some(queued) = queue {
            scenarios
                .entry("queue-64")
                .or_default()
                .insert(Target::Potluck.name(), Scene::Queue(queued));
        }
        Self {
            scenarios,
            direct: budget::figures(post, Target::Direct).cloned(),
            budgets,
            config_sha256: hash(post),
            machine: Machine::here(),
            rounds: options.rounds,
            seconds: options.seconds,
        }
    }

    /// Whether every budget that could be judged was met.
    #[must_use]
    pub fn within_budget(&self) -> bool {
        self.budgets.iter().all(|budget| budget.met)
    }

    /// As JSON.
    ///
    /// # Errors
    /// When a figure is no number that JSON knows.
    pub fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).context("writing the report as JSON")
    }

    /// Writes the JSON to a file, with the folders above it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        }
        fs::write(path, self.json()? + "\n").with_context(|| format!("writing {}", path.display()))
    }

    /// As a table.
    #[must_use]
    pub fn table(&self) -> String {
        table::of(self)
    }
}

fn hash(post: &[Measured]) -> String {
    let mut sha = Sha256::new();
    for measured in post {
        sha.update(measured.target.name());
        sha.update(&measured.identity);
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A ratio to two places; zero where nothing stands below the line.
fn ratio(above: f64, below: f64) -> f64 {
    if below > 0.0 { rounded(above / below) } else { 0.0 }
}

#[cfg(test)]
mod tests;
