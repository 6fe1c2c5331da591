//! The command line of `potluck-bench`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand, ValueEnum};

use crate::soak::SoakOptions;
use crate::target::Target;

/// Measure Potluck beside nginx, haproxy and a Pingora proxy that does nothing, on loopback.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "potluck-bench",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  potluck-bench                                       everything, in under five minutes
  potluck-bench --scenario post-1k --rounds 9         more rounds of one scenario
  potluck-bench --only potluck --only pingora-bare    two proxies beside the direct connection
  potluck-bench --skip haproxy --json                 the report on standard output
  potluck-bench soak --minutes 10                     the relay alone under a mixed load

The report is also written to target/bench/report.json. Progress goes to standard error."
)]
pub struct Options {
    /// Rounds of each target; the order rotates from round to round
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Seconds of each round as fast as answers come
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
    /// Seconds of each round at 1 000 requests a second
    #[arg(long, default_value_t = 3.0)]
    pub paced_seconds: f64,
    /// Scenario to measure, may be repeated [default: all]
    #[arg(long, value_enum)]
    pub scenario: Vec<Scenario>,
    /// Target to measure, may be repeated; the direct connection always is [default: all]
    #[arg(long, value_enum)]
    pub only: Vec<Target>,
    /// Target to leave out, may be repeated
    #[arg(long, value_enum)]
    pub skip: Vec<Target>,
    /// Print the report as JSON instead of the table
    #[arg(long)]
    pub json: bool,
    /// Where the report is written
    #[arg(long, default_value = "target/bench/report.json")]
    pub out: PathBuf,
    /// The relay to measure [default: `potluck` beside this program]
    #[arg(long)]
    pub potluck: Option<PathBuf>,
    /// Exit with 1 when a budget is not met
    #[arg(long)]
    pub gate: bool,
    /// Keep the temporary folder with configurations and logs
    #[arg(long)]
    pub keep: bool,
    /// Something else than measuring
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What else this program does.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Keep the relay under a mixed load and see what is left
    Soak(SoakOptions),
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// A 1 KiB POST over 64 keep-alive connections, 10 000 client keys, 1 000 pool keys
    #[value(name = "post-1k")]
    Post1k,
    /// From a change of one of 100 000 client keys to its being served
    #[value(name = "swap-100k")]
    Swap100k,
    /// 64 images at once on four accounts that make one at a time
    #[value(name = "queue-64")]
    Queue64,
}

impl Options {
    /// Refuses what cannot be measured.
    ///
    /// # Errors
    /// When a duration is not positive, or nothing is left to measure.
    pub fn check(&self) -> Result<()> {
        for (name, seconds) in [
            ("--seconds", self.seconds),
            ("--paced-seconds", self.paced_seconds),
        ] {
            if !(seconds > 0.0 && seconds <= 600.0) {
                bail!("{name} must be more than 0 and at most 600");
            }
        }
        if self.targets().len() < 2 {
            bail!("--only and --skip leave no target");
        }
        Ok(())
    }

    /// The targets to measure; the direct connection first, since the others are held against it.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let wanted = |target: &Target| {
            (self.only.is_empty() || self.only.contains(target)) && !self.skip.contains(target)
        };
        Target::value_variants()
            .iter()
            .copied()
            .filter(|t| *t == Target::Direct || wanted(t))
            .collect()
    }

    /// Whether a scenario is to be measured.
    #[must_use]
    pub fn wants(&self, scenario: Scenario) -> bool {
        let potluck_only = match scenario {
            Scenario::Post1k => false,
            Scenario::Swap100k | Scenario::Queue64 => true,
        };
        (self.scenario.is_empty() || self.scenario.contains(&scenario))
            && (!potluck_only || self.targets().contains(&Target::Potluck))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Options::try_parse_from(["potluck-bench"].iter().chain(arguments)).unwrap()
    }

    #[test]
    fn the_direct_connection_is_always_measured() {
        let options = options(&["--only", "potluck", "--only", "nginx", "--skip", "nginx"]);
        assert_eq!(options.targets(), [Target::Direct, Target::Potluck]);
    }

    #[test]
    fn leaving_everything_out_is_refused() {
        assert!(options(&["--only", "nginx", "--skip", "nginx"]).check().is_err());
        assert!(options(&["--seconds", "0"]).check().is_err());
        assert!(options(&[]).check().is_ok());
    }

    #[test]
    fn the_swap_needs_potluck() {
        assert!(options(&[]).wants(Scenario::Swap100k));
        assert!(!options(&["--skip", "potluck"]).wants(Scenario::Swap100k));
        assert!(!options(&["--scenario", "post-1k"]).wants(Scenario::Swap100k));
    }
}
