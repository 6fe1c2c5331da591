//! Many pool keys that fail in the same way at the same time: that is not theirs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::scene::{FailedAttempt, UpstreamScene};
use super::{Action, Finding, Kind, Severity, Whose};
use crate::history::State;
use crate::id::{OutboundProxyId, PoolKeyId};
use crate::judge::Outcome;

/// What happened within so long, in milliseconds, happened at the same time.
const WINDOW: i64 = 90_000;
/// Fewer keys than this that fail alike are no pattern.
const LEAST: usize = 3;
/// And fewer than one in so many of all keys are none, either.
const PART: u64 = 4;
/// Keys that are named.
const NAMED: usize = 5;

/// The keys that met one rule, and by which ways.
#[derive(Default)]
struct Group {
    keys: BTreeSet<PoolKeyId>,
    ways: BTreeMap<Option<OutboundProxyId>, usize>,
    attempts: usize,
    since: i64,
    egress: bool,
}

/// The finding about keys of an upstream that fail alike, if there is one: the worst rule's.
pub(super) fn fail_alike(upstream: &UpstreamScene, now: i64) -> Option<Finding> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for one in recent(upstream, now) {
        let group = groups.entry(one.rule.to_string()).or_default();
        group.since = if group.attempts == 0 {
            one.at
        } else {
            group.since.min(one.at)
        };
        group.keys.extend(one.key);
        group.attempts += 1;
        group.egress |= one.outcome == Outcome::Egress;
        *group.ways.entry(one.proxy).or_default() += 1;
    }
    let all = in_use(upstream);
    let (rule, group) = groups.into_iter().max_by_key(|(_, group)| group.keys.len())?;
    let alike = group.keys.len();
    (alike >= LEAST && alike as u64 * PART >= all).then(|| finding(upstream, &rule, &group, all))
}

/// What says something about keys, or looks as if it did: neither a lack of credit nor a busy account does.
fn recent(upstream: &UpstreamScene, now: i64) -> impl Iterator<Item = &FailedAttempt> {
    upstream.failed.iter().filter(move |one| match one.outcome {
        Outcome::Key | Outcome::Upstream | Outcome::Egress => now - one.at <= WINDOW,
        Outcome::Ok | Outcome::Client | Outcome::Quota | Outcome::Busy | Outcome::Relay => false,
    })
}

fn in_use(upstream: &UpstreamScene) -> u64 {
    let away = [State::Withdrawn, State::Paused, State::Pending, State::Invalid];
    let keys = upstream.keys.iter().filter(|(state, _)| !away.contains(state));
    keys.map(|(_, count)| count).sum()
}

/// The proxy that nearly all of them left through, where some others were there.
fn culprit(group: &Group) -> Option<OutboundProxyId> {
    let (way, count) = group.ways.iter().max_by_key(|(_, count)| **count)?;
    way.filter(|_| count * 5 >= group.attempts * 4)
}

fn finding(upstream: &UpstreamScene, rule: &str, group: &Group, all: u64) -> Finding {
    let name = &upstream.name;
    let (alike, proxy) = (group.keys.len(), culprit(group));
    let all = all.max(alike as u64);
    let (whose, guess) = match proxy {
        Some(proxy) => (
            Whose::Egress,
            format!("Likely the way out (outbound proxy {proxy}), not the keys"),
        ),
        None if group.egress => (Whose::Egress, "Likely the way out, not the keys".to_owned()),
        None => (Whose::Upstream, "Likely the upstream, not the keys".to_owned()),
    };
    let recheck = Action::post(
        format!("Recheck the keys of {name}"),
        "/manage/v1/pool-keys/check",
        Some(json!({ "upstream": name })),
    );
    let ways = group.ways.iter();
    let ways: Vec<_> = ways
        .map(|(proxy, attempts)| json!({ "outbound_proxy": proxy, "attempts": attempts }))
        .collect();
    Finding {
        kind: Kind::KeysFailAlike,
        subject: name.clone(),
        severity: if alike as u64 * 2 >= all {
            Severity::Critical
        } else {
            Severity::Warning
        },
        whose,
        since: group.since,
        cause: format!(
            "{name}: {alike} of {all} keys met `{rule}` within {} s. {guess}: none is blamed for it.",
            WINDOW / 1000
        ),
        evidence: json!({
            "rule": rule,
            "keys": alike,
            "of": all,
            "attempts": group.attempts,
            "ways": ways,
            "examples": group.keys.iter().take(NAMED).collect::<Vec<_>>(),
        }),
        actions: proxy.map(switch_off).into_iter().chain([recheck]).collect(),
    }
}

/// Not to use a proxy any more.
pub(super) fn switch_off(proxy: OutboundProxyId) -> Action {
    Action::patch(
        format!("Stop using outbound proxy {proxy}"),
        format!("/manage/v1/outbound-proxies/{proxy}"),
        json!({ "enabled": false }),
    )
}
