//! How outbound proxies fare, as their edge tells: each on the way to each upstream.

use potluck_filters::egress::{By, ProxyHealth, ProxyReport, StandingReport};
use potluck_filters::history::{Doer, Kind, Recorder, State, Subject, Why};
use potluck_filters::id::OutboundProxyId;
use serde_json::json;

use crate::control::Live;

/// Looks at all outbound proxies.
pub(super) fn see(live: &dyn Live, recorder: &mut Recorder, now: i64) {
    let standings = live.proxy_standings();
    leave(&standings, recorder, now);
    for (report, usable) in standings {
        for standing in &report.upstreams {
            let state = match standing.health {
                _ if !usable => State::Off,
                ProxyHealth::Unknown => State::NotChecked,
                ProxyHealth::Healthy => State::Healthy,
                ProxyHealth::Cooling => State::Cooling,
            };
            recorder.see(&subject(report.id, &standing.upstream), state, now, || {
                why(&report, standing, usable)
            });
        }
    }
}

/// What was seen last on the way to an upstream made it what it is, unless somebody did, or a rest was over.
fn why(report: &ProxyReport, standing: &StandingReport, usable: bool) -> Why {
    let known = standing.health != ProxyHealth::Unknown;
    let mut events = report.history.iter();
    let last = events.find(|event| usable && known && event.upstream == standing.upstream);
    let by = match last.map(|event| event.by) {
        _ if !usable => Doer::Person(None),
        Some(By::Traffic | By::Judge) => Doer::Traffic,
        Some(By::Probe) => Doer::Probe,
        None => Doer::Relay,
    };
    Why {
        by,
        reason: last.and_then(|event| event.why.as_deref().map(str::to_owned)),
        evidence: json!({ "failures": standing.failures, "rests_ms": standing.rests_ms }),
    }
}

/// Those that are there no more have left.
fn leave(here: &[(ProxyReport, bool)], recorder: &mut Recorder, now: i64) {
    let known = |subject: &Subject| {
        here.iter()
            .any(|(report, _)| report.id.to_string() == subject.name)
    };
    let gone = |(subject, state, _): (&Subject, State, i64)| {
        let gone = subject.kind == Kind::OutboundProxy && state != State::Removed && !known(subject);
        gone.then(|| subject.clone())
    };
    let gone: Vec<_> = recorder.subjects().filter_map(gone).collect();
    for subject in gone {
        recorder.see(&subject, State::Removed, now, || Why::relay("removed"));
    }
}

fn subject(proxy: OutboundProxyId, upstream: &str) -> Subject {
    Subject {
        kind: Kind::OutboundProxy,
        name: proxy.to_string(),
        upstream: upstream.to_owned(),
    }
}
