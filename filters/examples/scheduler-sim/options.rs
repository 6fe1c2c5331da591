//! The command line.

use std::error::Error;

pub(crate) const HELP: &str = "\
Simulates a pool of accounts that do one generation at a time, and users who want more than that.

Usage: scheduler-sim [--json] [--accounts N] [--users N] [--minutes N] [--seed N]

  --json        print one JSON object instead of a table
  --accounts N  accounts, each with one generation at a time (1000)
  --users N     users (5000)
  --minutes N   simulated minutes after two of warm-up (5)
  --seed N      what chance begins with (1)

Plots are written to target/sim/. Exits with 1 where accounts are idle for more than 2 % of the time
although the pool is saturated, or where Jain's index of backlogged users is under 0.99.

Examples:
  cargo run --release -p potluck-filters --example scheduler-sim
  cargo run --release -p potluck-filters --example scheduler-sim -- --json --minutes 10
  cargo run --release -p potluck-filters --example scheduler-sim -- --accounts 4 --users 40 --seed 7
";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) accounts: usize,
    pub(crate) users: usize,
    pub(crate) minutes: u64,
    pub(crate) seed: u64,
}

/// What the command line asks for; `None` where it asks for help.
pub(crate) fn options(words: impl Iterator<Item = String>) -> Result<Option<Options>, Box<dyn Error>> {
    let mut options = Options {
        json: false,
        accounts: 1_000,
        users: 5_000,
        minutes: 5,
        seed: 1,
    };
    let mut words = words;
    while let Some(word) = words.next() {
        let mut number = || words.next().ok_or(format!("{word} needs a number"));
        match &*word {
            "--help" | "-h" => return Ok(None),
            "--json" => options.json = true,
            "--accounts" => options.accounts = number()?.parse::<usize>()?.max(1),
            "--users" => options.users = number()?.parse::<usize>()?.max(3),
            "--minutes" => options.minutes = number()?.parse::<u64>()?.max(1),
            "--seed" => options.seed = number()?.parse()?,
            _ => return Err(format!("unknown: {word}; --help lists what is known").into()),
        }
    }
    Ok(Some(options))
}
