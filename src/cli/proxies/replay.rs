//! `potluck proxies replay`: what other settings would have made of the last day.

use clap::Args;
use potluck_admin::api::{ProxyOuts, ReplayProxies, ReplayedProxies, ReplayedProxy};

use super::PATH;
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{sent, typed};
use crate::cli::{Options, amount, date, print, table};
use crate::config::Period;

pub(super) const EXAMPLES: &str = "Examples:\n  potluck proxies replay --failures 5 --cool-down 30s\n  \
    potluck proxies replay --failures 2 --cool-down 2m --upstream novelai --json\n\n\
    Nothing changes; `egress` of an upstream in the configuration sets both.";

/// Settings to try.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    /// Failures in a row after which a proxy rests, 1 to 100.
    #[arg(long)]
    failures: u32,
    /// The first rest; each further failure doubles it, up to sixteen times.
    #[arg(long, value_name = "SPAN")]
    cool_down: Period,
    /// Only on the way to this upstream.
    #[arg(long)]
    upstream: Option<String>,
}

pub(super) async fn run(arguments: ReplayArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let asked = ReplayProxies {
        failures: arguments.failures,
        cool_down_ms: i64::try_from(arguments.cool_down.0.as_millis()).unwrap_or(i64::MAX),
        upstream: arguments.upstream,
        from: None,
    };
    let answer = api.post(&format!("{PATH}/replay"), &sent(&asked)?).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let replayed: ReplayedProxies = typed(answer)?;
    let rows: Vec<_> = replayed.items.iter().map(row).collect();
    let headings = [
        "PROXY",
        "UPSTREAM",
        "RESTS",
        "OUT",
        "LONGEST",
        "WOULD REST",
        "WOULD BE OUT",
        "LONGEST",
    ];
    print::text(&table::table(
        headings,
        &rows,
        "No outbound proxy was in use in that time.",
    ));
    print::note(&format!(
        "{} events since {}.",
        replayed.events,
        date::shown(replayed.from)
    ));
    Ok(())
}

fn row(proxy: &ReplayedProxy) -> [String; 8] {
    let [rests, out, longest] = outs(proxy.was);
    let [would_rest, would_out, would_longest] = outs(proxy.would);
    let id = proxy.outbound_proxy.to_string();
    [
        id,
        proxy.upstream.clone(),
        rests,
        out,
        longest,
        would_rest,
        would_out,
        would_longest,
    ]
}

fn outs(outs: ProxyOuts) -> [String; 3] {
    let time = |ms: i64| amount::time_ms(u64::try_from(ms).unwrap_or(0));
    [outs.rests.to_string(), time(outs.out_ms), time(outs.longest_ms)]
}
