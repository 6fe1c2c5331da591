//! Leaving through outbound proxies: real ones, and some that misbehave.

mod known;
mod real;
mod scripted;

mod checks;
mod down;
mod lists;
mod probes;
mod refusals;
mod through;

use potluck_fakes::node::NodeFake;
use potluck_filters::egress::{Egress, ProxyHealth, ProxyReport};
use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::{OutboundProxy, ProxyKind};

use crate::world::{Plan, World, gpu};

const KINDS: [ProxyKind; 2] = [ProxyKind::Socks5, ProxyKind::Connect];

/// These proxies, and this upstream leaves through all of them.
fn all_of(upstream: &str, proxies: &[OutboundProxy]) -> Egress {
    let list = proxies.iter().map(|proxy| proxy.id).collect();
    Egress {
        proxies: proxies.iter().map(|proxy| (proxy.id, proxy.clone())).collect(),
        upstreams: [(upstream.into(), list)].into(),
    }
}

/// A relay in front of nodes that leaves through these proxies.
fn gpu_through(nodes: &[NodeFake], proxies: &[OutboundProxy]) -> Plan {
    let mut plan = gpu(nodes);
    plan.egress = all_of("gpu", proxies);
    plan
}

fn report(world: &World, id: i64) -> ProxyReport {
    world
        .edge
        .proxy_report(OutboundProxyId(id))
        .expect("a known proxy")
}

/// What was wrong with a proxy lately, the newest first; empty words where all was well.
fn troubles(world: &World, id: i64) -> Vec<String> {
    let word = |event: serde_json::Value| event["why"].as_str().unwrap_or_default().to_owned();
    let history = serde_json::to_value(report(world, id).history).unwrap();
    history.as_array().unwrap().iter().cloned().map(word).collect()
}

fn cooling(world: &World, id: i64) -> bool {
    report(world, id)
        .upstreams
        .iter()
        .any(|standing| standing.health == ProxyHealth::Cooling)
}
