//! A discrete-event simulation over the real scheduler: how busy are the accounts, how fair is the queue,
//! how long does one wait, beside handing out accounts in turn without a queue and beside one queue for
//! all. The same seed gives the same figures.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

#[path = "../pool-bench/bed.rs"]
mod bed;
mod discipline;
mod draw;
mod load;
mod options;
mod outcome;
mod plot;
mod potluck;
mod run;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use discipline::{Fifo, RoundRobin};
use load::{Scenario, scenarios};
use options::{HELP, Options, options};
use outcome::Outcome;
use plot::Chart;
use potluck::Potluck;
use potluck_filters::pool::Policy;
use run::{Frame, run};
use serde_json::{Map, Value, json};

const POLICIES: [(Policy, &str); 5] = [
    (Policy::RoundRobin, "round-robin"),
    (Policy::ActiveFirst, "active-first"),
    (Policy::LeastLatency, "least-latency"),
    (Policy::LeastBusy, "least-busy"),
    (Policy::CreditWeighted, "credit-weighted"),
];
/// In the order in which outcomes are kept.
const NAMES: [&str; 7] = [
    "potluck round-robin",
    "potluck active-first",
    "potluck least-latency",
    "potluck least-busy",
    "potluck credit-weighted",
    "round-robin-without-queue",
    "fifo",
];
const WARM_UP_MS: u64 = 120_000;
const LEAST_UTILISATION: f64 = 0.98;
const LEAST_JAIN: f64 = 0.99;

/// All outcomes of a scenario, in the order of [`NAMES`].
struct Simulated {
    scenario: Scenario,
    outcomes: Vec<Outcome>,
}

impl Simulated {
    fn new(scenario: Scenario, frame: Frame) -> Result<Self, Box<dyn Error>> {
        let mut outcomes = Vec::new();
        for (policy, _) in POLICIES {
            let potluck = Potluck::new(policy, frame.accounts, &scenario, frame.seed)?;
            outcomes.push(run(frame, &scenario, potluck));
        }
        outcomes.push(run(frame, &scenario, RoundRobin::new(frame.accounts)));
        outcomes.push(run(frame, &scenario, Fifo::new(frame.accounts, &scenario)));
        Ok(Self { scenario, outcomes })
    }

    fn json(&self) -> Value {
        let named: Map<_, _> = NAMES
            .iter()
            .zip(&self.outcomes)
            .map(|(n, o)| (n.to_string(), o.json()))
            .collect();
        let of = |name: &str| named.get(name).cloned().unwrap_or_default();
        let policies = POLICIES
            .iter()
            .map(|(_, policy)| (policy.to_string(), of(&format!("potluck {policy}"))));
        json!({
            "title": self.scenario.title,
            "potluck": policies.collect::<Map<_, _>>(),
            "round-robin-without-queue": of("round-robin-without-queue"),
            "fifo": of("fifo"),
        })
    }

    fn print(&self) {
        println!("\n{}: {}", self.scenario.name, self.scenario.title);
        println!(
            "{:<28}{:>12}{:>8}{:>10}{:>10}{:>9}",
            "", "utilisation", "jain", "p50 ms", "p99 ms", "lost"
        );
        for (name, outcome) in NAMES.iter().zip(&self.outcomes) {
            println!(
                "{name:<28}{:>12.4}{:>8.4}{:>10}{:>10}{:>8.1}%",
                outcome.utilisation,
                outcome.jain,
                outcome.wait_p50,
                outcome.wait_p99,
                100.0 * outcome.lost()
            );
        }
    }

    /// What this scenario promises and does not keep.
    fn broken(&self) -> Vec<String> {
        let saturated = self.scenario.name == "saturation" || self.scenario.is_backlogged();
        let potluck = NAMES.iter().zip(&self.outcomes).take(POLICIES.len());
        let mut broken = Vec::new();
        for (name, outcome) in potluck {
            let name = format!("{}: {name}", self.scenario.name);
            if saturated && outcome.utilisation < LEAST_UTILISATION {
                broken.push(format!("{name}: utilisation is {:.4}", outcome.utilisation));
            }
            if self.scenario.is_backlogged() && outcome.jain < LEAST_JAIN {
                broken.push(format!("{name}: Jain's index is {:.4}", outcome.jain));
            }
        }
        broken
    }
}

fn plot(all: &[Simulated]) -> Result<PathBuf, Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")),
        PathBuf::from,
    );
    let folder = target.join("sim");
    std::fs::create_dir_all(&folder)?;
    type Figure = fn(&Outcome) -> f64;
    let charts: [(&str, &str, &str, Figure); 4] = [
        (
            "utilisation",
            "How much of the time accounts are at work",
            "utilisation",
            |o| o.utilisation,
        ),
        ("jain", "How equal users are served", "Jain's index", |o| o.jain),
        (
            "wait",
            "How long 99 of 100 served requests waited at most",
            "seconds",
            |o| o.wait_p99 as f64 / 1_000.0,
        ),
        (
            "lost",
            "How many requests came to nothing",
            "part of all requests",
            Outcome::lost,
        ),
    ];
    for (file, title, axis, figure) in charts {
        // Whoever is backlogged waits for minutes: such waits would hide all others.
        let shown = all
            .iter()
            .filter(|one| file != "wait" || !one.scenario.is_backlogged());
        let shown: Vec<_> = shown.collect();
        let chart = Chart {
            title,
            axis,
            groups: shown.iter().map(|one| one.scenario.name).collect(),
            bars: NAMES.to_vec(),
            values: shown
                .iter()
                .map(|one| one.outcomes.iter().map(figure).collect())
                .collect(),
        };
        std::fs::write(folder.join(format!("{file}.svg")), chart.svg())?;
    }
    Ok(folder)
}

fn simulate(options: Options) -> Result<bool, Box<dyn Error>> {
    let capacity = options.accounts as f64 / (draw::mean_generation() * 1_000.0);
    let end_ms = WARM_UP_MS + options.minutes * 60_000;
    let (accounts, warm_up_ms, seed) = (options.accounts, WARM_UP_MS, options.seed);
    let frame = Frame {
        accounts,
        capacity,
        warm_up_ms,
        end_ms,
        seed,
    };
    let mut all = Vec::new();
    for scenario in scenarios(options.users) {
        let one = Simulated::new(scenario, frame)?;
        if !options.json {
            one.print();
        }
        all.push(one);
    }
    let folder = plot(&all)?;
    let broken: Vec<_> = all.iter().flat_map(Simulated::broken).collect();
    if options.json {
        let named: Map<_, _> = all
            .iter()
            .map(|one| (one.scenario.name.to_owned(), one.json()))
            .collect();
        println!("{}", json!({ "scenarios": named, "broken": broken }));
    } else {
        println!("\nplots: {}", folder.display());
    }
    broken
        .iter()
        .for_each(|promise| eprintln!("scheduler-sim: {promise}"));
    Ok(broken.is_empty())
}

fn main() -> ExitCode {
    let done = match options(std::env::args().skip(1)) {
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(options)) => simulate(options),
        Err(error) => Err(error),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("scheduler-sim: {error}");
            ExitCode::FAILURE
        }
    }
}
