//! How pool keys, nodes and outbound proxies fared, as people read it: a strip of each, and what changed when.

use clap::Args;
use potluck_admin::api::{DoneBy, History, HistoryPart, StateChange};
use potluck_filters::history::{Segment, Share, State};
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::typed;
use super::{Options, amount, date, print, table};
use crate::clock;
use crate::config::Period;

/// Steps of a strip: what a terminal shows in one line.
const STEPS: u32 = 60;

/// Of which time.
#[derive(Debug, Args)]
pub(super) struct Span {
    /// The last so long: 90m, 24h, 7d.
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    range: Period,
    /// Changes that are listed, 1 to 1000.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// Asks how the thing at this path fared, and shows it.
pub(super) async fn show(path: &str, span: &Span, api: &Api, options: &Options) -> Result<(), Failure> {
    let long = i64::try_from(span.range.0.as_millis()).unwrap_or(i64::MAX);
    let from = clock::unix_ms().saturating_sub(long);
    let path = format!("{path}/history?from={from}&segments={STEPS}&limit={}", span.limit);
    let answer = api.get(&path).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    print::text(&told(answer)?);
    Ok(())
}

fn told(answer: Value) -> Result<String, Failure> {
    let history: History = typed(answer)?;
    if history.parts.is_empty() && history.changes.is_empty() {
        return Ok("Nothing is known of it yet.\n".to_owned());
    }
    let mut out = format!("{} to {}\n\n", date::shown(history.from), date::shown(history.to));
    history.parts.iter().for_each(|part| out.push_str(&strip(part)));
    let rows: Vec<_> = history.changes.iter().map(change).collect();
    let headings = ["WHEN", "UPSTREAM", "FROM", "TO", "TIMES", "BY", "WHY"];
    out.push_str(&table::table(headings, &rows, "Nothing has changed."));
    Ok(out)
}

/// What a strip's signs mean stands below it, by the states that are in it.
fn strip(part: &HistoryPart) -> String {
    let signs: String = part.segments.iter().map(sign_of).collect();
    let healthy = part.healthy.map_or_else(
        || "not checked".to_owned(),
        |share| format!("healthy {:.1} % of the time that was checked", share * 100.0),
    );
    let spent: Vec<String> = part.spent.iter().map(share).collect();
    format!(
        "{}: {} since {}; {healthy}\n  {signs}\n  {}\n\n",
        part.upstream,
        word(part.state),
        date::shown(part.since),
        spent.join("  ")
    )
}

fn share(share: &Share) -> String {
    format!(
        "{} {} {}",
        sign(share.state),
        word(share.state),
        amount::time_ms(share.ms)
    )
}

/// The worst of what was: a strip must not hide a short trouble.
fn sign_of(segment: &Segment) -> char {
    let worst = segment
        .spent
        .iter()
        .map(|share| share.state)
        .max_by_key(|state| grade(*state));
    worst.map_or(' ', sign)
}

/// How much somebody who looks for trouble wants to see a state.
const fn grade(state: State) -> u8 {
    match state {
        State::NotChecked => 0,
        State::Healthy => 1,
        State::Removed | State::Withdrawn | State::Off => 2,
        State::Paused | State::Draining | State::Pending => 3,
        State::Recovering | State::Cooling => 4,
        State::Drained | State::Suspect => 5,
        State::Invalid | State::Unhealthy => 6,
    }
}

const fn sign(state: State) -> char {
    match state {
        State::NotChecked => '·',
        State::Healthy => '█',
        State::Removed | State::Withdrawn | State::Off => '-',
        State::Paused | State::Draining | State::Pending => '=',
        State::Recovering | State::Cooling => '▄',
        State::Drained | State::Suspect => '▂',
        State::Invalid | State::Unhealthy => '!',
    }
}

const fn word(state: State) -> &'static str {
    match state {
        State::NotChecked => "not checked",
        State::Pending => "pending",
        State::Healthy => "healthy",
        State::Cooling => "cooling",
        State::Drained => "drained",
        State::Suspect => "suspect",
        State::Invalid => "invalid",
        State::Paused => "paused",
        State::Withdrawn => "withdrawn",
        State::Unhealthy => "unhealthy",
        State::Recovering => "recovering",
        State::Draining => "draining",
        State::Off => "off",
        State::Removed => "removed",
    }
}

fn change(change: &StateChange) -> [String; 7] {
    let by = match change.by {
        DoneBy::Traffic => "a request".to_owned(),
        DoneBy::Probe => "a check".to_owned(),
        DoneBy::Relay => "the relay".to_owned(),
        DoneBy::Person => change
            .by_user
            .map_or_else(|| "somebody".to_owned(), |user| format!("user {user}")),
    };
    [
        date::shown(change.at),
        change.upstream.clone(),
        change.from.map_or("–", word).to_owned(),
        word(change.to).to_owned(),
        change.times.to_string(),
        by,
        change.reason.clone().unwrap_or_else(|| "–".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_strip_shows_the_worst_of_each_step_and_what_its_signs_mean() {
        let spent = json!([{ "state": "healthy", "ms": 90_000 }, { "state": "invalid", "ms": 10 }]);
        let answer = json!({ "from": 0, "to": 100_000, "checked_at": 99_000, "next": null, "parts": [{
            "upstream": "novelai", "state": "invalid", "since": 95_000, "spent": spent, "healthy": 0.9,
            "segments": [
                { "from": 0, "to": 50_000, "spent": [{ "state": "healthy", "ms": 50_000 }] },
                { "from": 50_000, "to": 90_000, "spent": [] },
                { "from": 90_000, "to": 100_000, "spent": spent }] }],
            "changes": [{ "id": 1, "upstream": "novelai", "at": 95_000, "until": 95_000, "from": "healthy",
                "to": "invalid", "times": 1, "spent": [], "by": "person", "by_user": 4, "reason": null,
                "evidence": null }] });
        let told = told(answer).unwrap();
        assert!(
            told.contains("novelai: invalid since 1970-01-01 00:01 UTC; healthy 90.0 %"),
            "{told}"
        );
        assert!(told.contains("\n  █ !\n"), "{told}");
        assert!(told.contains("█ healthy 1 min 30 s  ! invalid 10 ms"), "{told}");
        assert!(told.contains("healthy  invalid  1      user 4  –"), "{told}");
    }

    #[test]
    fn a_thing_nobody_looked_at_says_so() {
        let answer =
            json!({ "from": 0, "to": 1, "checked_at": null, "next": null, "parts": [], "changes": [] });
        assert_eq!(told(answer).unwrap(), "Nothing is known of it yet.\n");
    }
}
