use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::history::State;
use crate::id::{OutboundProxyId, PoolKeyId, Revision};
use crate::judge::{Outcome, RuleName};

const NOW: i64 = 1_790_000_000_000;

fn novelai(healthy: u64) -> UpstreamScene {
    UpstreamScene {
        name: "novelai".into(),
        keyed: true,
        keys: BTreeMap::from([(State::Healthy, healthy)]),
        ..UpstreamScene::default()
    }
}

fn scene(upstream: UpstreamScene) -> Scene {
    Scene {
        now: NOW,
        upstreams: vec![upstream],
        ..Scene::default()
    }
}

fn failed(key: i64, proxy: Option<i64>, outcome: Outcome, rule: &'static str) -> FailedAttempt {
    FailedAttempt {
        at: NOW - 1000 * key,
        key: Some(PoolKeyId(key)),
        proxy: proxy.map(OutboundProxyId),
        outcome,
        rule: RuleName::BuiltIn(rule),
    }
}

fn kinds(found: &[Finding]) -> Vec<(Kind, Severity, Whose)> {
    found
        .iter()
        .map(|one| (one.kind, one.severity, one.whose))
        .collect()
}

#[test]
fn nothing_wrong_is_nothing_found() {
    assert_eq!(look(&scene(novelai(60))), []);
    assert_eq!(look(&Scene::default()), []);
}

#[test]
fn many_keys_that_fail_alike_through_one_proxy_are_the_proxys_and_no_key_is_blamed() {
    let mut upstream = novelai(60);
    upstream.failed = (1..=52)
        .map(|key| failed(key, Some(7), Outcome::Egress, "cloudflare"))
        .collect();
    upstream
        .failed
        .push(failed(53, None, Outcome::Egress, "cloudflare"));
    let found = look(&scene(upstream));
    assert_eq!(
        kinds(&found),
        [(Kind::KeysFailAlike, Severity::Critical, Whose::Egress)]
    );
    assert_eq!(
        found[0].cause,
        "novelai: 53 of 60 keys met `cloudflare` within 90 s. Likely the way out (outbound proxy 7), not the keys: \
         none is blamed for it."
    );
    assert_eq!(found[0].since, NOW - 53_000);
    assert_eq!(found[0].actions[0].path, "/manage/v1/outbound-proxies/7");
    assert_eq!(found[0].evidence["examples"].as_array().unwrap().len(), 5);
}

#[test]
fn many_keys_refused_alike_without_a_proxy_are_the_upstreams() {
    let mut upstream = novelai(4);
    upstream.failed = (1..=3)
        .map(|key| failed(key, None, Outcome::Key, "unauthorized"))
        .collect();
    let found = look(&scene(upstream));
    assert_eq!(
        kinds(&found),
        [(Kind::KeysFailAlike, Severity::Critical, Whose::Upstream)]
    );
}

#[test]
fn a_few_keys_busy_ones_dry_ones_and_what_is_long_ago_are_no_pattern() {
    for failures in [
        (1..=2)
            .map(|key| failed(key, None, Outcome::Key, "unauthorized"))
            .collect::<Vec<_>>(),
        (1..=50)
            .map(|key| failed(key, None, Outcome::Busy, "locked"))
            .collect(),
        (1..=50)
            .map(|key| failed(key, None, Outcome::Quota, "dry"))
            .collect(),
        (91..=150)
            .map(|key| failed(key, None, Outcome::Key, "unauthorized"))
            .collect(),
        vec![failed(1, None, Outcome::Upstream, "internal"); 50],
    ] {
        let mut upstream = novelai(60);
        upstream.failed = failures;
        assert_eq!(look(&scene(upstream)), []);
    }
}

#[test]
fn a_pool_without_a_key_that_can_serve_is_critical_and_one_that_only_rests_is_none() {
    let with = |keys: &[(State, u64)]| {
        let mut upstream = novelai(0);
        upstream.keys = keys.iter().copied().collect();
        kinds(&look(&scene(upstream)))
    };
    let drained = |severity| vec![(Kind::PoolDrained, severity, Whose::Pool)];
    assert_eq!(
        with(&[(State::Drained, 4), (State::Paused, 2)]),
        drained(Severity::Critical)
    );
    assert_eq!(
        with(&[(State::Drained, 20), (State::Healthy, 1)]),
        drained(Severity::Warning)
    );
    assert_eq!(with(&[(State::Cooling, 4)]), []);
    assert_eq!(with(&[(State::Withdrawn, 4), (State::Paused, 2)]), []);
    assert_eq!(with(&[(State::Drained, 5), (State::Healthy, 5)]), []);
}

#[test]
fn keys_that_are_not_accepted_are_told_one_by_one_until_there_are_many() {
    let with = |count: i64| {
        let mut upstream = novelai(100);
        upstream.invalid = (1..=count)
            .map(|key| InvalidKey {
                key: PoolKeyId(key),
                since: NOW - key,
                reason: Some("refused".into()),
            })
            .collect();
        look(&scene(upstream))
    };
    assert_eq!(with(3).len(), 3);
    assert_eq!(with(3)[0].name().to_string(), "key_invalid:3");
    let many = with(50);
    assert_eq!(
        (many.len(), many[0].name().to_string()),
        (1, "key_invalid:novelai".into())
    );
}

#[test]
fn nodes_are_told_one_by_one_until_all_of_them_fail() {
    let node = |name: &str, state| NodeScene {
        name: name.into(),
        state,
        since: NOW - 5,
        error: None,
    };
    let with = |nodes: Vec<NodeScene>| {
        let mut upstream = novelai(1);
        upstream.nodes = nodes;
        kinds(&look(&scene(upstream)))
    };
    let found = |kind, severity| vec![(kind, severity, Whose::Upstream)];
    assert_eq!(
        with(vec![node("a", State::Unhealthy), node("b", State::Healthy)]),
        found(Kind::NodeDown, Severity::Warning)
    );
    assert_eq!(
        with(vec![node("a", State::Unhealthy), node("b", State::Unhealthy)]),
        found(Kind::UpstreamDown, Severity::Critical)
    );
    assert_eq!(
        with(vec![node("a", State::Unhealthy), node("b", State::Draining)]),
        found(Kind::NodeDown, Severity::Critical)
    );
    assert_eq!(with(vec![]), []);
}

/// What is found where this is changed and all else is well.
fn bare(change: impl Fn(&mut Scene)) -> Option<(Kind, Severity)> {
    let mut scene = scene(novelai(1));
    change(&mut scene);
    let found = look(&scene);
    kinds(&found)
        .first()
        .map(|(kind, severity, _)| (*kind, *severity))
}

#[test]
fn a_spool_is_told_of_when_it_is_half_full_or_has_lost_something() {
    let spool = |bytes, lost| {
        let most = 100;
        bare(|scene| scene.spool = Some(SpoolScene { bytes, most, lost }))
    };
    assert_eq!(spool(49, 0), None);
    assert_eq!(spool(50, 0), Some((Kind::SpoolFilling, Severity::Warning)));
    assert_eq!(spool(90, 0), Some((Kind::SpoolFilling, Severity::Critical)));
    assert_eq!(spool(0, 1), Some((Kind::SpoolFilling, Severity::Critical)));
}

#[test]
fn an_edge_may_be_behind_for_a_moment() {
    let snapshot = |edge, since| {
        let (edge, stored) = (Revision(edge), Revision(9));
        bare(|scene| scene.snapshot = Some(SnapshotScene { edge, stored, since }))
    };
    assert_eq!(snapshot(9, 0), None);
    assert_eq!(snapshot(8, NOW - 1000), None);
    assert_eq!(
        snapshot(8, NOW - 30_000),
        Some((Kind::SnapshotStale, Severity::Critical))
    );
}

#[test]
fn failing_requests_are_told_of_where_they_are_many_among_many() {
    let rates = |failed, requests| {
        let minutes = 5;
        let rates = Some(Rates {
            requests,
            failed,
            minutes,
        });
        bare(|scene| scene.upstreams[0].rates = rates)
    };
    assert_eq!(rates(19, 19), None);
    assert_eq!(rates(19, 100), None);
    assert_eq!(rates(20, 100), Some((Kind::ErrorRate, Severity::Warning)));
    assert_eq!(rates(50, 100), Some((Kind::ErrorRate, Severity::Critical)));
}

#[test]
fn a_queue_that_turns_away_more_than_it_serves_is_critical() {
    let queue = |refused, served| {
        let queue = QueueScene {
            refused,
            served,
            waiting: 1,
            since: NOW,
        };
        bare(|scene| scene.upstreams[0].queue = queue)
    };
    assert_eq!(queue(4, 0), None);
    assert_eq!(queue(5, 9), Some((Kind::QueueRefuses, Severity::Warning)));
    assert_eq!(queue(5, 4), Some((Kind::QueueRefuses, Severity::Critical)));
}

#[test]
fn a_proxy_that_rests_for_long_and_a_job_that_failed_are_told_of() {
    let proxy = |state, since| {
        let proxy = ProxyScene {
            proxy: OutboundProxyId(3),
            upstream: "gpu".into(),
            state,
            since,
            failures: 4,
        };
        bare(|scene| scene.proxies = vec![proxy.clone()])
    };
    let down = Some((Kind::ProxyDown, Severity::Warning));
    assert_eq!(proxy(State::Cooling, NOW - 59_000), None);
    assert_eq!(proxy(State::Cooling, NOW - 60_000), down);
    assert_eq!(proxy(State::Off, 0), None);
    let job = FailedJob {
        id: 4,
        kind: "import".into(),
        at: NOW,
    };
    let failed = bare(|scene| scene.jobs = vec![job.clone()]);
    assert_eq!(failed, Some((Kind::JobFailed, Severity::Warning)));
}

#[test]
fn the_worst_comes_first() {
    let mut upstream = novelai(0);
    upstream.keys = BTreeMap::from([(State::Drained, 2)]);
    upstream.queue.refused = 5;
    upstream.queue.served = 10;
    let found = look(&scene(upstream));
    assert_eq!(
        found.iter().map(|one| one.severity).collect::<Vec<_>>(),
        [Severity::Critical, Severity::Warning]
    );
}

#[test]
fn a_trouble_that_comes_and_goes_is_one_finding_and_is_over_after_a_while() {
    let mut upstream = novelai(0);
    upstream.keys = BTreeMap::from([(State::Drained, 2)]);
    let found = look(&scene(upstream));
    let mut open = HashMap::new();
    assert_eq!(
        settle(&mut open, found.clone(), NOW),
        [Step::Open(found[0].clone())]
    );
    let known = Known {
        id: 5,
        severity: found[0].severity,
        cause: found[0].cause.clone(),
        written: NOW,
        seen: NOW,
    };
    open.insert(found[0].name().to_string(), known);
    assert_eq!(settle(&mut open, vec![], NOW + 30_000), []);
    assert_eq!(settle(&mut open, found.clone(), NOW + 40_000), []);
    let mut milder = found[0].clone();
    milder.severity = Severity::Warning;
    assert_eq!(
        settle(&mut open, vec![milder.clone()], NOW + 41_000),
        [Step::Update(5, milder, false)]
    );
    assert_eq!(
        settle(&mut open, found.clone(), NOW + 42_000),
        [Step::Update(5, found[0].clone(), true)]
    );
    assert_eq!(
        settle(&mut open, vec![], NOW + 42_000 + HOLD_MS),
        [Step::Resolve(5)]
    );
    assert!(open.is_empty());
}

#[test]
fn words_come_back_as_they_were_written() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
    for severity in Severity::ALL {
        assert_eq!(Severity::parse(severity.as_str()), Some(severity));
    }
}
