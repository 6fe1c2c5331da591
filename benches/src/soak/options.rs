//! The command line of `potluck-bench soak`.

use std::path::PathBuf;

use clap::Args;

/// Keep the relay under a mixed load with faults, leaving clients and changes, and see what is left.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exits with 1 when a request or a lease was left, an answer was malformed, or something panicked.

Examples:
  potluck-bench soak --minutes 1
  potluck-bench soak --minutes 60 --rate 100 --out soak.json"
)]
pub struct SoakOptions {
    /// How long, in minutes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub minutes: u32,
    /// Requests per second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub rate: u32,
    /// Where the report is written
    #[arg(long, default_value = "target/bench/soak.json")]
    pub out: PathBuf,
    /// The relay to soak [default: `potluck` beside this program]
    #[arg(long)]
    pub potluck: Option<PathBuf>,
    /// Keep the temporary folder with configuration, database and log
    #[arg(long)]
    pub keep: bool,
}
