//! Too few keys for what is asked, keys that are not accepted any more, and requests that fail.

use serde_json::json;

use super::scene::UpstreamScene;
use super::{Action, Finding, Kind, Severity, Whose};
use crate::history::State;

/// More keys than this that are not accepted are one finding.
const EACH: usize = 10;
/// Fewer requests than this that were turned away may happen.
const REFUSED: u64 = 5;
/// Fewer requests than this say nothing of how many fail.
const LEAST: u64 = 20;
/// Parts of a hundred that fail, from which on that is a finding, and a bad one.
const FAILING: u64 = 20;
const FAILING_BADLY: u64 = 50;

/// No key can serve, or nearly none.
pub(super) fn drained(upstream: &UpstreamScene, now: i64) -> Option<Finding> {
    let of = |state| upstream.keys.get(&state).copied().unwrap_or(0);
    let out: u64 = [State::Withdrawn, State::Paused].into_iter().map(of).sum();
    let all: u64 = upstream.keys.values().sum::<u64>() - out;
    let healthy = of(State::Healthy);
    // A rest that is over in seconds is no lack: of that, the queue tells.
    let there = healthy + of(State::Cooling);
    if !upstream.keyed || all == 0 || there * 10 > all {
        return None;
    }
    let name = &upstream.name;
    let counts = upstream.keys.iter().filter(|(_, count)| **count > 0);
    let counts = counts
        .map(|(state, count)| (state.as_str().to_owned(), json!(count)))
        .collect::<serde_json::Map<_, _>>();
    let dry = of(State::Drained);
    Some(Finding {
        kind: Kind::PoolDrained,
        subject: name.clone(),
        severity: if there == 0 {
            Severity::Critical
        } else {
            Severity::Warning
        },
        whose: Whose::Pool,
        since: now,
        cause: format!(
            "{name}: {there} of {all} keys can serve. {dry} have run dry, {} are not accepted, {} wait for a probe.",
            of(State::Invalid),
            of(State::Pending) + of(State::Suspect),
        ),
        evidence: json!({ "keys": counts }),
        actions: vec![Action::post(
            format!("Recheck the keys of {name}"),
            "/manage/v1/pool-keys/check",
            Some(json!({ "upstream": name })),
        )],
    })
}

/// Keys that are not accepted; a probe has found that, or they would not be invalid.
pub(super) fn invalid(upstream: &UpstreamScene) -> Vec<Finding> {
    let name = &upstream.name;
    if upstream.invalid.len() > EACH {
        let since = upstream.invalid.iter().map(|one| one.since).min();
        let some: Vec<_> = upstream.invalid.iter().take(EACH).map(|one| one.key).collect();
        return vec![Finding {
            kind: Kind::KeyInvalid,
            subject: name.clone(),
            severity: Severity::Warning,
            whose: Whose::Contributor,
            since: since.unwrap_or_default(),
            cause: format!(
                "{name}: {} keys are not accepted. Their contributors can replace them.",
                upstream.invalid.len()
            ),
            evidence: json!({ "keys": upstream.invalid.len(), "examples": some }),
            actions: Vec::new(),
        }];
    }
    let each = upstream.invalid.iter().map(|one| Finding {
        kind: Kind::KeyInvalid,
        subject: one.key.to_string(),
        severity: Severity::Warning,
        whose: Whose::Contributor,
        since: one.since,
        cause: format!(
            "{name}: pool key {} is not accepted ({}), as a probe has found. Its contributor can replace it; it is tried \
             again from time to time.",
            one.key,
            one.reason.as_deref().unwrap_or("refused"),
        ),
        evidence: json!({ "pool_key": one.key, "reason": one.reason }),
        actions: vec![Action::post(
            "Recheck it",
            format!("/manage/v1/pool-keys/{}/check", one.key),
            None,
        )],
    });
    each.collect()
}

/// Requests that are turned away because of the wait.
pub(super) fn refuses(upstream: &UpstreamScene) -> Option<Finding> {
    let queue = upstream.queue;
    let name = &upstream.name;
    (queue.refused >= REFUSED).then(|| Finding {
        kind: Kind::QueueRefuses,
        subject: name.clone(),
        severity: if queue.refused > queue.served { Severity::Critical } else { Severity::Warning },
        whose: Whose::Pool,
        since: queue.since,
        cause: format!(
            "{name}: {} requests were turned away in the last minutes, since their turn would have come too late; {} \
             waited and were served, {} wait now. There are too few keys for what is asked.",
            queue.refused, queue.served, queue.waiting
        ),
        evidence: json!({ "refused": queue.refused, "served": queue.served, "waiting": queue.waiting }),
        actions: Vec::new(),
    })
}

/// Many requests that fail.
pub(super) fn errors(upstream: &UpstreamScene, now: i64) -> Option<Finding> {
    let rates = upstream.rates.filter(|rates| rates.requests >= LEAST)?;
    let percent = rates.failed.saturating_mul(100) / rates.requests.max(1);
    let name = &upstream.name;
    (percent >= FAILING).then(|| Finding {
        kind: Kind::ErrorRate,
        subject: name.clone(),
        severity: if percent >= FAILING_BADLY { Severity::Critical } else { Severity::Warning },
        whose: Whose::Unknown,
        since: now,
        cause: format!(
            "{name}: {} of {} requests failed in the last {} minutes ({percent} %), by no fault of the clients.",
            rates.failed, rates.requests, rates.minutes
        ),
        evidence: json!({ "failed": rates.failed, "requests": rates.requests, "minutes": rates.minutes }),
        actions: Vec::new(),
    })
}
