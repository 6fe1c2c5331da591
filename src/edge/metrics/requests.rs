//! Requests, attempts and how long they took, as counted.

use std::sync::Arc;

use potluck_filters::judge::{Outcome, Scope};
use potluck_filters::rejection::Code;

use super::{of, with};
use crate::edge::tally::Tally;
use crate::metrics::{Labels, Page, Spread};

type Tallies = [(Arc<str>, Arc<Tally>)];

pub(super) fn tell(page: &mut Page, tallies: &Tallies, refusals: impl Iterator<Item = (Code, u64)>) {
    counts(page, tallies);
    page.counters(
        "refusals",
        "Requests that the relay itself refused, by its reason",
        refusals.map(|(code, number)| (vec![("code", code.as_str().to_owned())], number)),
    );
    page.spreads(
        "request_seconds",
        "From a request's head to its end",
        spreads(tallies, Tally::total),
    );
    page.spreads(
        "first_byte_seconds",
        "From a request's head to the beginning of the upstream's answer",
        spreads(tallies, Tally::first_byte),
    );
    page.spreads(
        "own_overhead_seconds",
        "Of that, what was neither the client's time, nor the queue's, nor the upstream's",
        spreads(tallies, Tally::own),
    );
}

fn counts(page: &mut Page, tallies: &Tallies) {
    let requests = tallies.iter().flat_map(|(name, tally)| {
        tally.requests().map(move |(source, class, number)| {
            let labels = with(&of(name), "class", class);
            (with(&labels, "source", source), number)
        })
    });
    page.counters(
        "requests",
        "Requests that have ended, by who answered and how",
        requests,
    );
    let bytes = tallies
        .iter()
        .map(|(name, tally)| (of(name), tally.answer_bytes()));
    page.counters("answer_bytes", "Bytes of answers' bodies", bytes);
    let attempts = tallies.iter().flat_map(|(name, tally)| {
        tally
            .attempts()
            .map(move |(outcome, number)| (with(&of(name), "outcome", blamed(outcome)), number))
    });
    page.counters(
        "attempts",
        "Attempts at upstreams that have ended, by whom that blames",
        attempts,
    );
    let rests = tallies.iter().flat_map(|(name, tally)| {
        tally
            .rests()
            .map(move |(scope, number)| (with(&of(name), "scope", resting(scope)), number))
    });
    page.counters(
        "rests",
        "Attempts after which something was to rest, by what",
        rests,
    );
}

fn spreads(tallies: &Tallies, of_one: impl Fn(&Tally) -> Spread) -> impl Iterator<Item = (Labels, Spread)> {
    tallies.iter().map(move |(name, tally)| (of(name), of_one(tally)))
}

fn blamed(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Client => "client",
        Outcome::Key => "key",
        Outcome::Quota => "quota",
        Outcome::Busy => "busy",
        Outcome::Upstream => "upstream",
        Outcome::Egress => "egress",
        Outcome::Relay => "relay",
    }
}

fn resting(scope: Scope) -> &'static str {
    match scope {
        Scope::None => "none",
        Scope::Key => "key",
        Scope::KeyModel => "key-model",
        Scope::Node => "node",
        Scope::Proxy => "proxy",
        Scope::Upstream => "upstream",
    }
}
