//! Nodes and how they fare.

use std::collections::BTreeMap;
use std::time::Duration;

use potluck_filters::egress::ProxyHealth;
use potluck_filters::health::Condition;
use potluck_filters::pool::NodeState;

use super::with;
use crate::edge::live::UpstreamReport;
use crate::metrics::{Labels, Page};

pub(super) fn tell(page: &mut Page, reports: &[(Labels, UpstreamReport)]) {
    let mut busy: BTreeMap<Labels, f64> = BTreeMap::new();
    let (mut held_back, mut health, mut latency) = (Vec::new(), Vec::new(), Vec::new());
    let each = reports.iter().flat_map(|(labels, report)| {
        let nodes = report.pool.nodes.iter();
        nodes.map(move |report| (with(labels, "node", &report.node), report))
    });
    for (labels, report) in each {
        // One that was taken out may still end what it has beside another of its name.
        *busy.entry(labels.clone()).or_default() += f64::from(report.in_flight);
        if report.state == NodeState::Removed {
            continue;
        }
        held_back.push((labels.clone(), f64::from(report.cooling)));
        health.push((with(&labels, "health", condition(report.health)), 1.0));
        if let Some(ms) = report.latency_ms {
            latency.push((labels, Duration::from_millis(ms).as_secs_f64()));
        }
    }
    page.gauges("node_in_flight", "Requests in flight on a node", busy);
    page.gauges("node_cooling", "1 while a node rests after a failure", held_back);
    page.gauges("node_health", "1 for what a node's checks say", health);
    page.gauges(
        "node_latency_seconds",
        "How soon a node's answers and checks begin, as a peak-sensitive average",
        latency,
    );
}

fn condition(of: Condition) -> &'static str {
    match of {
        Condition::Unknown => "unknown",
        Condition::Healthy => "healthy",
        Condition::Unhealthy => "unhealthy",
        Condition::Recovering => "recovering",
    }
}

pub(super) fn proxy_health(of: ProxyHealth) -> &'static str {
    match of {
        ProxyHealth::Unknown => "unknown",
        ProxyHealth::Healthy => "healthy",
        ProxyHealth::Cooling => "cooling",
    }
}
