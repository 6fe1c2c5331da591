//! How nodes fare, as their edge tells.

use potluck_filters::health::Condition;
use potluck_filters::history::{Doer, Kind, Recorder, State, Subject, Why};
use potluck_filters::pool::{NodeReport, NodeState};
use serde_json::json;

use crate::api::UpstreamFacts;
use crate::control::Live;

/// Looks at all nodes.
pub(super) fn see(upstreams: &[UpstreamFacts], live: &dyn Live, recorder: &mut Recorder, now: i64) {
    let mut here = Vec::new();
    for upstream in upstreams {
        for report in live.nodes(&upstream.name) {
            let subject = Subject {
                kind: Kind::Node,
                name: report.node.clone(),
                upstream: upstream.name.clone(),
            };
            recorder.see(&subject, state(&report), now, || why(&report));
            here.push(subject);
        }
    }
    let gone = |(subject, state, _): (&Subject, State, i64)| {
        let gone = subject.kind == Kind::Node && state != State::Removed && !here.contains(subject);
        gone.then(|| subject.clone())
    };
    let gone: Vec<_> = recorder.subjects().filter_map(gone).collect();
    // Where there is no edge nothing is known, not even who is gone.
    for subject in gone.into_iter().filter(|_| !here.is_empty()) {
        recorder.see(&subject, State::Removed, now, || Why::relay("removed"));
    }
}

/// A node in a word: what an operator said, what its checks say, then what requests met.
fn state(report: &NodeReport) -> State {
    match (report.state, report.health) {
        (NodeState::Removed, _) => State::Removed,
        (NodeState::Draining, _) => State::Draining,
        (NodeState::Active, Condition::Unhealthy) => State::Unhealthy,
        (NodeState::Active, _) if report.cooling => State::Cooling,
        (NodeState::Active, Condition::Unknown) => State::NotChecked,
        (NodeState::Active, Condition::Healthy) => State::Healthy,
        (NodeState::Active, Condition::Recovering) => State::Recovering,
    }
}

fn why(report: &NodeReport) -> Why {
    let by = match (report.state, report.cooling) {
        (NodeState::Removed | NodeState::Draining, _) => Doer::Person(None),
        (NodeState::Active, true) => Doer::Traffic,
        // It is not checked, or was not yet: nobody has found anything out.
        (NodeState::Active, false) if report.health == Condition::Unknown => Doer::Relay,
        (NodeState::Active, false) => Doer::Probe,
    };
    let check = report.last_check.as_ref();
    Why {
        by,
        reason: check.and_then(|check| check.error.clone()),
        evidence: check.map_or(
            serde_json::Value::Null,
            |check| json!({ "status": check.status, "latency_ms": check.latency_ms }),
        ),
    }
}
