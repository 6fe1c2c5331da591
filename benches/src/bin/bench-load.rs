//! `bench-load`: the load as a process of its own, so that its CPU time is nobody else's. Prints one
//! line of JSON ([`potluck_bench::load::Tally`]) when all answers were right, else says what was wrong.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use potluck_bench::ending;
use potluck_bench::load::{Pace, Plan, run};

/// Send 1 KiB chat requests over keep-alive connections and measure the answers.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  bench-load --address 127.0.0.1:5002 --keys keys.txt --seconds 4")]
struct Arguments {
    /// Address to send to
    #[arg(long)]
    address: SocketAddr,
    /// File of client keys, one a line; one is drawn for each request
    #[arg(long)]
    keys: PathBuf,
    /// Keep-alive connections
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// How long requests are started
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Requests per second over all connections [default: as fast as answers come]
    #[arg(long)]
    rate: Option<f64>,
}

fn main() -> ExitCode {
    ending::of("bench-load", measured().map(|()| ExitCode::SUCCESS))
}

fn measured() -> Result<()> {
    let arguments = Arguments::parse();
    let keys = std::fs::read_to_string(&arguments.keys)
        .with_context(|| format!("reading client keys from {}", arguments.keys.display()))?;
    let plan = Plan {
        address: arguments.address,
        connections: arguments.connections.max(1),
        duration: Duration::try_from_secs_f64(arguments.seconds).context("--seconds")?,
        pace: arguments.rate.map_or(Pace::Closed, Pace::PerSecond),
        keys: keys.lines().map(str::to_owned).collect(),
    };
    // One thread: enough for the load, and the fewest wake-ups beside what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("a runtime")?;
    let tally = runtime.block_on(run(&plan))?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&tally)?).context("printing the tally")
}
