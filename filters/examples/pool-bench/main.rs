//! What a lease costs, from taking it to having given it back, by policy, situation and number of keys.
//!
//! Exits with 1 where a pair costs more than a microsecond at 100 000 keys, or more than 1.3 times
//! what it costs at 10. Rounds are short, since other programs interrupt long ones, and the sizes take
//! turns; budgets are held against the quietest round of each.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod bed;
mod case;

use std::error::Error;
use std::process::ExitCode;

use case::{Case, Situation};
use potluck_filters::pool::Policy;
use serde_json::{Value, json};

const HELP: &str = "\
Measures what taking and giving back a lease costs.

Usage: pool-bench [--json] [--rounds N] [--pairs N]

  --json      print one JSON object
  --rounds N  rounds of each case, at least 9 (301)
  --pairs N   leases in a round (500)

Examples:
  cargo run --release -p potluck-filters --example pool-bench
  cargo run --release -p potluck-filters --example pool-bench -- --json --rounds 901
";

const SIZES: [i64; 3] = [10, 1_000, 100_000];
const POLICIES: [Policy; 5] = [
    Policy::RoundRobin,
    Policy::ActiveFirst,
    Policy::LeastLatency,
    Policy::LeastBusy,
    Policy::CreditWeighted,
];
const MOST_NS: f64 = 1_000.0;
const MOST_GROWTH: f64 = 1.3;

struct Options {
    json: bool,
    rounds: usize,
    pairs: u32,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    let mut options = Options {
        json: false,
        rounds: 301,
        pairs: 500,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().ok_or(format!("{word} needs a number"));
        match &*word {
            "--help" | "-h" => return Ok(None),
            "--json" => options.json = true,
            "--rounds" => options.rounds = number()?.parse::<usize>()?.max(9),
            "--pairs" => options.pairs = number()?.parse::<u32>()?.max(1),
            _ => return Err(format!("unknown: {word}; --help lists what is known").into()),
        }
    }
    Ok(Some(options))
}

/// Nanoseconds of each round, in order of size.
struct Measured(Vec<f64>);

impl Measured {
    fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn json(&self) -> Value {
        json!({ "median": self.median(), "min": self.least(), "max": self.0.last() })
    }
}

/// One policy in one situation at each size.
struct Row {
    policy: Policy,
    situation: Situation,
    sizes: Vec<Measured>,
}

impl Row {
    fn measure(policy: Policy, situation: Situation, options: &Options) -> Result<Self, Box<dyn Error>> {
        let cases: Result<Vec<_>, _> = SIZES
            .iter()
            .map(|keys| Case::new(policy, situation, *keys))
            .collect();
        let mut cases: Vec<_> = cases?.into_iter().map(|case| (case, Vec::new())).collect();
        for _ in 0..=options.rounds {
            for (case, rounds) in &mut cases {
                rounds.push(case.round(options.pairs)?);
            }
        }
        let sorted = |(_, mut rounds): (Case, Vec<f64>)| {
            // The first one warms up.
            rounds.remove(0);
            rounds.sort_by(f64::total_cmp);
            Measured(rounds)
        };
        Ok(Self {
            policy,
            situation,
            sizes: cases.into_iter().map(sorted).collect(),
        })
    }

    fn growth(&self) -> f64 {
        let least = |size: Option<&Measured>| size.map_or(f64::NAN, Measured::least);
        least(self.sizes.last()) / least(self.sizes.first())
    }

    fn holds(&self) -> bool {
        let quick = self.sizes.last().is_some_and(|most| most.least() <= MOST_NS);
        quick && self.growth() <= MOST_GROWTH
    }

    fn json(&self) -> Value {
        let sizes = SIZES.iter().zip(&self.sizes);
        let sizes: serde_json::Map<_, _> = sizes.map(|(keys, at)| (keys.to_string(), at.json())).collect();
        json!({
            "policy": self.policy, "situation": self.situation.name(),
            "ns": sizes, "growth": self.growth(), "holds": self.holds(),
        })
    }

    fn print(&self) {
        let policy = serde_json::to_value(self.policy).unwrap_or_default();
        print!(
            "{:<16}{:<19}",
            policy.as_str().unwrap_or_default(),
            self.situation.name()
        );
        for size in &self.sizes {
            print!(
                "{:>7.0} ({:.0}-{:.0})",
                size.median(),
                size.least(),
                size.0.last().unwrap_or(&f64::NAN)
            );
        }
        println!(
            "  x {:.2}{}",
            self.growth(),
            if self.holds() { "" } else { "  OVER BUDGET" }
        );
    }
}

fn measure(options: &Options) -> Result<bool, Box<dyn Error>> {
    if !options.json {
        println!(
            "ns per lease: median (min-max) at {SIZES:?} keys, and growth of the minimum from first to last"
        );
    }
    let mut rows = Vec::new();
    for policy in POLICIES {
        for situation in Situation::ALL {
            let row = Row::measure(policy, situation, options)?;
            if !options.json {
                row.print();
            }
            rows.push(row);
        }
    }
    let holds = rows.iter().all(Row::holds);
    if options.json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        println!(
            "{}",
            json!({ "pool": rows, "budget": { "ns": MOST_NS, "growth": MOST_GROWTH }, "holds": holds })
        );
    }
    Ok(holds)
}

fn main() -> ExitCode {
    let done = match options() {
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(options)) => measure(&options),
        Err(error) => Err(error),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("pool-bench: a budget is missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("pool-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
