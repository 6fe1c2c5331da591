//! Pool keys, their leases, and who waits for them.

use std::sync::Arc;
use std::time::Duration;

use super::with;
use crate::edge::live::UpstreamReport;
use crate::edge::tally::Tally;
use crate::metrics::{Labels, Page};

type Reports = [(Labels, UpstreamReport)];

pub(super) fn tell(page: &mut Page, reports: &Reports, tallies: &[(Arc<str>, Arc<Tally>)]) {
    keys(page, reports);
    queues(page, reports);
    let named = |tally: fn(&Tally) -> crate::metrics::Spread| {
        let waiting = tallies.iter().filter(|(name, _)| **name != *"-");
        waiting.map(move |(name, one)| (super::of(name), tally(one)))
    };
    page.spreads(
        "queue_ahead",
        "Requests that were ahead when one joined the queue",
        named(Tally::ahead),
    );
    page.spreads(
        "queue_expected_seconds",
        "What a request that joined the queue was expected to wait",
        named(Tally::expected),
    );
    page.spreads(
        "queue_waited_seconds",
        "What a request waited in the queue, whether it was served or not",
        named(Tally::waited),
    );
}

fn keys(page: &mut Page, reports: &Reports) {
    let states = reports.iter().flat_map(|(labels, UpstreamReport { pool, .. })| {
        let rest = &pool.resting;
        let busy = pool.keys.saturating_sub(pool.ready + rest.all());
        let states = [
            ("ready", pool.ready),
            ("busy", busy),
            ("cooling", rest.cooling),
            ("drained", rest.drained),
            ("suspect", rest.suspect),
            ("held", rest.held),
        ];
        states.map(|(state, number)| (with(labels, "state", state), number as f64))
    });
    page.gauges("pool_keys", "Pool keys by how they stand", states);
    let leases = reports
        .iter()
        .map(|(labels, report)| (labels.clone(), f64::from(report.pool.in_flight)));
    page.gauges("leases", "Requests in flight at the upstream", leases);
}

fn queues(page: &mut Page, reports: &Reports) {
    let each = |number: fn(&UpstreamReport) -> usize| {
        reports
            .iter()
            .map(move |(labels, report)| (labels.clone(), number(report) as f64))
    };
    page.gauges(
        "queue_waiting",
        "Requests that wait for a pool key",
        each(|report| report.queue.waiting),
    );
    page.gauges(
        "queue_users",
        "Users whose requests wait",
        each(|report| report.queue.users),
    );
    let expected = reports.iter().filter_map(|(labels, report)| {
        let wait = Duration::from_millis(report.queue.expected_ms?);
        Some((labels.clone(), wait.as_secs_f64()))
    });
    page.gauges(
        "queue_next_wait_seconds",
        "What a request that joined now would be expected to wait",
        expected,
    );
    let ended = reports.iter().flat_map(|(labels, UpstreamReport { queue, .. })| {
        let how = [
            ("served", queue.served),
            ("refused", queue.refused),
            ("left", queue.left),
        ];
        how.map(|(how, number)| (with(labels, "how", how), number))
    });
    page.counters(
        "queue_ended",
        "Requests that got their pool key after a wait, were refused for want of one, or left before",
        ended,
    );
}
