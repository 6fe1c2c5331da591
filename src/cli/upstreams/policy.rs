//! `potluck upstreams policy`: how pool keys are chosen, switched at run time.

use clap::{Args, ValueEnum};
use potluck_admin::api::{EditUpstream, Upstream};
use potluck_filters::pool::Policy;

use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{segment, sent, typed};
use crate::cli::{Options, print, table};

pub(super) const EXAMPLES: &str = "Examples:\n  potluck upstreams policy novelai              (shows it)\n  \
    potluck upstreams policy novelai least-busy\n  potluck upstreams policy novelai configured   (takes that back)";

#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyArgs {
    /// The upstream's name; `potluck upstreams list` shows them.
    upstream: String,
    /// The policy, or `configured` for that of the configuration.
    policy: Option<Switch>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    /// One after the other.
    RoundRobin,
    /// The same key while it is well, then the next.
    ActiveFirst,
    /// Of two drawn at random, the one whose answers begin sooner.
    LeastLatency,
    /// The one with the fewest requests in flight.
    LeastBusy,
    /// At random, in proportion to what is left on each.
    CreditWeighted,
    /// As the configuration has it.
    Configured,
}

impl Switch {
    fn policy(self) -> Option<Policy> {
        match self {
            Self::RoundRobin => Some(Policy::RoundRobin),
            Self::ActiveFirst => Some(Policy::ActiveFirst),
            Self::LeastLatency => Some(Policy::LeastLatency),
            Self::LeastBusy => Some(Policy::LeastBusy),
            Self::CreditWeighted => Some(Policy::CreditWeighted),
            Self::Configured => None,
        }
    }
}

fn word(policy: Policy) -> &'static str {
    match policy {
        Policy::RoundRobin => "round-robin",
        Policy::ActiveFirst => "active-first",
        Policy::LeastLatency => "least-latency",
        Policy::LeastBusy => "least-busy",
        Policy::CreditWeighted => "credit-weighted",
    }
}

pub(super) async fn run(arguments: PolicyArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let name = arguments.upstream;
    let name = segment("upstream", "upstreams", &name)?;
    let path = format!("/manage/v1/upstreams/{name}");
    let answer = match arguments.policy {
        None => api.get(&path).await?,
        Some(switch) => {
            let edit = EditUpstream {
                policy: Some(switch.policy()),
                ..EditUpstream::default()
            };
            api.patch(&path, &sent(&edit)?).await?
        }
    };
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let upstream: Upstream = typed(answer)?;
    let configured = upstream.facts.configured_policy;
    print::text(&table::card(&[
        ("upstream", upstream.facts.name),
        ("policy", word(upstream.policy.unwrap_or(configured)).to_owned()),
        (
            "switched at run time",
            if upstream.policy.is_some() { "yes" } else { "no" }.to_owned(),
        ),
        ("configured", word(configured).to_owned()),
    ]));
    Ok(())
}
