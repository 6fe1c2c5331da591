//! `post-1k`: CPU, throughput and latency of a 1 KiB POST through each target, in interleaved rounds.

use anyhow::{Context, Result};

use crate::options::Options;
use crate::potluck::Relay;
use crate::report::{Figures, Measured};
use crate::round::{Load, Round, measure};
use crate::target::{Ground, Running, start};

/// Client keys that requests draw from.
pub const CLIENT_KEYS: usize = 10_000;
/// Pool keys that the relay draws from.
pub const POOL_KEYS: usize = 1_000;

/// Starts every target, measures it in `--rounds` rounds, and ends it again.
///
/// # Errors
/// When a target cannot be started or any answer was wrong.
pub async fn run(options: &Options, ground: &Ground, relay: &Relay) -> Result<Vec<Measured>> {
    let load = Load::new(&relay.client_key_file(&ground.folder)?)?;
    let mut all = Vec::new();
    for target in options.targets() {
        eprintln!("starting {}", target.name());
        let running = start(target, ground, relay).await?;
        // Memory touched, connections and caches warm, before anything counts.
        load.run(&running, 1.0, None)
            .await
            .with_context(|| format!("warming up {}", target.name()))?;
        all.push((running, Vec::new()));
    }
    let seconds = (options.seconds + options.paced_seconds) * f64::from(options.rounds);
    eprintln!("{} targets, about {:.0} s each", all.len(), seconds);
    for number in 1..=options.rounds {
        for (running, rounds) in &mut all {
            let round = measure(running, &load, options).await?;
            progress(running, &round, number, options.rounds);
            rounds.push(round);
        }
        // Each target takes each place once in as many rounds as there are targets.
        all.rotate_left(1);
    }
    all.sort_by_key(|(running, _)| running.target);
    Ok(all
        .into_iter()
        .map(|(running, rounds)| measured(running, rounds))
        .collect())
}

fn measured(running: Running, rounds: Vec<Round>) -> Measured {
    Measured {
        target: running.target,
        identity: running.identity,
        figures: Figures::of(rounds),
    }
}

fn progress(running: &Running, round: &Round, number: u32, of: u32) {
    let cpu = round
        .cpu_us_per_request
        .map_or_else(String::new, |cpu| format!("{cpu:.1} µs CPU/request, "));
    let (name, closed, paced) = (running.target.name(), &round.closed, &round.paced);
    eprintln!(
        "round {number}/{of} {name}: {cpu}{:.0} req/s, p50 {:.0} µs, p99 {:.0} µs; at 1 000 req/s p50 {:.0} µs, p99 {:.0} µs",
        closed.rps, closed.p50_us, closed.p99_us, paced.p50_us, paced.p99_us
    );
}
