//! The findings of a scene, kind by kind.

use serde_json::json;

use super::scene::{FailedJob, NodeScene, ProxyScene, Scene, SnapshotScene, SpoolScene, UpstreamScene};
use super::{Action, Finding, Kind, Severity, Whose, alike, supply};
use crate::history::State;

/// A proxy that has rested for less, in milliseconds, may be back at once.
const PROXY_PATIENCE: i64 = 60_000;
/// An edge may be behind for so long, in milliseconds.
const SNAPSHOT_PATIENCE: i64 = 30_000;

/// What is wrong now, the worst first.
#[must_use]
pub fn look(scene: &Scene) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for upstream in &scene.upstreams {
        found.extend(alike::fail_alike(upstream, scene.now));
        found.extend(supply::drained(upstream, scene.now));
        found.extend(supply::invalid(upstream));
        found.extend(supply::refuses(upstream));
        found.extend(supply::errors(upstream, scene.now));
        found.extend(nodes(upstream));
    }
    let down = scene
        .proxies
        .iter()
        .filter_map(|proxy| proxy_down(proxy, scene.now));
    found.extend(down);
    found.extend(scene.snapshot.and_then(|snapshot| stale(snapshot, scene.now)));
    found.extend(scene.spool.and_then(|spool| filling(spool, scene.now)));
    found.extend(scene.jobs.iter().map(job));
    found.sort_by(|a, b| (b.severity, a.since).cmp(&(a.severity, b.since)));
    found
}

/// Nodes that fail their checks; one finding where that are all of them.
fn nodes(upstream: &UpstreamScene) -> Vec<Finding> {
    let down: Vec<_> = upstream
        .nodes
        .iter()
        .filter(|node| node.state == State::Unhealthy)
        .collect();
    let in_use = upstream.nodes.iter().filter(|node| match node.state {
        State::Removed | State::Draining | State::Off => false,
        State::NotChecked
        | State::Pending
        | State::Healthy
        | State::Cooling
        | State::Drained
        | State::Suspect
        | State::Invalid
        | State::Paused
        | State::Withdrawn
        | State::Unhealthy
        | State::Recovering => true,
    });
    let all = in_use.count();
    if down.len() == all && all > 1 {
        return vec![upstream_down(upstream, &down)];
    }
    let lone = all == 1;
    down.into_iter()
        .map(|node| node_down(upstream, node, lone))
        .collect()
}

fn upstream_down(upstream: &UpstreamScene, down: &[&NodeScene]) -> Finding {
    let name = &upstream.name;
    let told: Vec<_> = down
        .iter()
        .map(|node| json!({ "node": node.name, "error": node.error, "since": node.since }))
        .collect();
    let since = down.iter().map(|node| node.since).max().unwrap_or_default();
    Finding {
        kind: Kind::UpstreamDown,
        subject: name.clone(),
        severity: Severity::Critical,
        whose: Whose::Upstream,
        since,
        cause: format!(
            "{name}: all {} nodes fail their checks. No pool key is blamed for it.",
            down.len()
        ),
        evidence: json!({ "nodes": told }),
        actions: down.iter().take(3).map(|node| check(name, &node.name)).collect(),
    }
}

fn node_down(upstream: &UpstreamScene, node: &NodeScene, lone: bool) -> Finding {
    let (name, upstream) = (&node.name, &upstream.name);
    let error = node.error.as_deref().unwrap_or("no answer as expected");
    let drain = Action::patch(
        format!("Drain {name}"),
        format!("/manage/v1/upstreams/{upstream}/nodes/{name}"),
        json!({ "state": "draining" }),
    );
    Finding {
        kind: Kind::NodeDown,
        subject: format!("{upstream}/{name}"),
        severity: if lone {
            Severity::Critical
        } else {
            Severity::Warning
        },
        whose: Whose::Upstream,
        since: node.since,
        cause: format!("{upstream}: node {name} fails its checks: {error}."),
        evidence: json!({ "error": node.error }),
        actions: [check(upstream, name)]
            .into_iter()
            .chain((!lone).then_some(drain))
            .collect(),
    }
}

fn check(upstream: &str, node: &str) -> Action {
    let path = format!("/manage/v1/upstreams/{upstream}/nodes/{node}/check");
    Action::post(format!("Check {node} now"), path, None)
}

fn proxy_down(proxy: &ProxyScene, now: i64) -> Option<Finding> {
    let is_down = proxy.state == State::Cooling && now - proxy.since >= PROXY_PATIENCE;
    let (id, upstream) = (proxy.proxy, &proxy.upstream);
    is_down.then(|| Finding {
        kind: Kind::ProxyDown,
        subject: format!("{id}/{upstream}"),
        severity: Severity::Warning,
        whose: Whose::Egress,
        since: proxy.since,
        cause: format!(
            "Outbound proxy {id} opens no way to {upstream}. Others are taken while there are any."
        ),
        evidence: json!({ "outbound_proxy": id, "upstream": upstream, "failures": proxy.failures }),
        actions: vec![
            Action::post(
                "Probe it now",
                format!("/manage/v1/outbound-proxies/{id}/check"),
                None,
            ),
            alike::switch_off(id),
        ],
    })
}

fn stale(snapshot: SnapshotScene, now: i64) -> Option<Finding> {
    let behind = snapshot.edge < snapshot.stored && now - snapshot.since >= SNAPSHOT_PATIENCE;
    behind.then(|| Finding {
        kind: Kind::SnapshotStale,
        subject: "edge".to_owned(),
        severity: Severity::Critical,
        whose: Whose::Relay,
        since: snapshot.since,
        cause: format!(
            "The edge serves change {}, and {} is stored: it refused what came between, or was not reached. The log \
             says why. Changes since then have no effect.",
            snapshot.edge, snapshot.stored
        ),
        evidence: json!({ "edge": snapshot.edge, "stored": snapshot.stored }),
        actions: Vec::new(),
    })
}

fn filling(spool: SpoolScene, now: i64) -> Option<Finding> {
    let percent = spool
        .bytes
        .saturating_mul(100)
        .checked_div(spool.most)
        .unwrap_or(0);
    let severity = match (percent, spool.lost) {
        (90.., _) | (_, 1..) => Severity::Critical,
        (50.., _) => Severity::Warning,
        _ => return None,
    };
    let lost = match spool.lost {
        0 => String::new(),
        lost => format!(" {lost} lines of the books were lost since the start."),
    };
    Some(Finding {
        kind: Kind::SpoolFilling,
        subject: "edge".to_owned(),
        severity,
        whose: Whose::Relay,
        since: now,
        cause: format!(
            "What was used waits on disk to be written into the books: {percent} % of what fits. The database may be \
             away or slow.{lost}"
        ),
        evidence: json!({ "bytes": spool.bytes, "most": spool.most, "lost": spool.lost }),
        actions: Vec::new(),
    })
}

fn job(job: &FailedJob) -> Finding {
    Finding {
        kind: Kind::JobFailed,
        subject: job.id.to_string(),
        severity: Severity::Warning,
        whose: Whose::Relay,
        since: job.at,
        cause: format!(
            "Job {} ({}) ended by a fault. The log says why.",
            job.id, job.kind
        ),
        evidence: json!({ "job": job.id, "kind": job.kind }),
        actions: Vec::new(),
    }
}
