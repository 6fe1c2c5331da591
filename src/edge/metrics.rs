//! What the edge tells a monitoring system.
//!
//! What can be looked up is looked up when somebody asks, so that requests pay nothing for it; what happens once is
//! counted as it happens, in [`tally`](super::tally). Each file here is one part of the page.

mod books;
mod nodes;
mod pools;
mod requests;

use std::sync::atomic::{AtomicU64, Ordering};

use potluck_filters::time::Moment;

use super::Edge;
use super::noted::is_final;
use super::proxy::Context;
use super::tally::End;
use crate::metrics::{Labels, Page};

/// When the snapshot changed last, and how often it did not.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Milliseconds on the edge's clock.
    at: AtomicU64,
    refused: AtomicU64,
}

impl Changed {
    /// Another snapshot is served from now on.
    pub(super) fn at(&self, now: Moment) {
        // Relaxed, here and below: numbers for people, with which nothing else is published.
        self.at.store(now.millis(), Ordering::Relaxed);
    }

    /// A change was not taken; the last good snapshot is kept.
    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

impl Edge {
    /// Everything that the edge has to tell.
    pub(crate) fn metrics(&self, page: &mut Page) {
        self.state(page);
        let tallies = self.tallies.all();
        requests::tell(page, &tallies, self.tallies.refusals());
        let live = self.live.load();
        let reports: Vec<_> = live
            .upstreams
            .iter()
            .map(|live| (of(&live.upstream.name), live.report()))
            .collect();
        pools::tell(page, &reports, &tallies);
        nodes::tell(page, &reports);
        self.exits(page);
        books::tell(page, self.usage());
        page.counter(
            "spans_lost",
            "Traced requests whose spans went nowhere",
            self.spans_lost(),
        );
    }

    /// Counts a request that has ended.
    pub(super) fn counted(&self, ctx: &Context) {
        if !ctx.noted.booked {
            return;
        }
        if let Some(code) = ctx.code {
            self.tallies.refused(code);
        }
        let status = ctx.status.filter(is_final);
        let total = ctx.noted.total(&self.clock);
        ctx.noted
            .tally
            .as_ref()
            .unwrap_or(&self.tallies.nowhere)
            .ended(&End {
                status,
                answered: ctx.noted.was_answered(),
                bytes: ctx.body_bytes,
                times: ctx.noted.times(total, status.is_some()),
            });
    }

    fn state(&self, page: &mut Page) {
        let live = self.live.load();
        let counts = live.snapshot.counts();
        let age = self
            .clock
            .now()
            .millis()
            .saturating_sub(self.changed.at.load(Ordering::Relaxed));
        let ready = !self.draining.load(Ordering::Relaxed);
        page.gauge(
            "ready",
            "1 while new requests are welcome, 0 while the relay ends",
            f64::from(ready),
        );
        page.gauge(
            "snapshot_revision",
            "The revision that is served",
            live.snapshot.revision().0 as f64,
        );
        page.gauge(
            "snapshot_age_seconds",
            "How long it has been served",
            age as f64 / 1000.0,
        );
        page.counter(
            "snapshot_refused",
            "Changes that were not taken: the last good snapshot is kept",
            self.changed.refused.load(Ordering::Relaxed),
        );
        page.gauge(
            "requests_in_flight",
            "Requests that are being served or wait",
            self.in_flight() as f64,
        );
        page.gauge("users", "Users, disabled ones too", counts.users as f64);
        page.gauge(
            "client_keys",
            "Client keys in every state",
            counts.client_keys as f64,
        );
    }

    /// The outbound proxies.
    fn exits(&self, page: &mut Page) {
        let live = self.live.load();
        let (mut health, mut failures) = (Vec::new(), Vec::new());
        for exit in live.exits.each() {
            let report = self.around.standings.lock().report(exit.id(), self.clock.now());
            for standing in report.upstreams {
                let labels = with(&of(&standing.upstream), "proxy", &exit.proxy.name);
                health.push((with(&labels, "health", nodes::proxy_health(standing.health)), 1.0));
                failures.push((labels, f64::from(standing.failures)));
            }
        }
        page.gauges(
            "proxy_health",
            "1 for how an outbound proxy fares with an upstream",
            health,
        );
        page.gauges(
            "proxy_failures",
            "Failures in a row of an outbound proxy with an upstream",
            failures,
        );
    }
}

fn of(upstream: &str) -> Labels {
    vec![("upstream", upstream.to_owned())]
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    let mut labels = labels.clone();
    labels.push((name, value.to_owned()));
    labels
}
