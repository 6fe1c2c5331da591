//! Nodes that come, go, fall ill and recover while requests are in flight on them.

use super::*;
use crate::health::{Ailment, Checked, Condition, HealthSettings};
use crate::model::{NodePlan, NodeSet};

/// Nodes, those with a `-` before their name draining, the one with a `*` preferred.
fn set(names: &[&str]) -> NodeSet {
    let bare = |name: &str| name.trim_start_matches(['-', '*']).to_owned();
    let nodes: Vec<_> = names.iter().map(|name| node(&bare(name), Role::Any)).collect();
    let drained = names.iter().filter(|name| name.starts_with('-'));
    let plan = NodePlan {
        drained: drained.map(|name| bare(name).into()).collect(),
        active: names
            .iter()
            .find(|name| name.starts_with('*'))
            .map(|name| bare(name).into()),
        ..NodePlan::default()
    };
    plan.over(&nodes)
}

fn keyless(policy: Policy, names: &[&str], health: HealthSettings) -> Pool {
    let nodes = names.iter().map(|name| node(name, Role::Any)).collect();
    let upstream = Upstream {
        keyed: false,
        health,
        ..upstream(policy, nodes)
    };
    Pool::new(Arc::new(upstream), 0)
}

fn change(pool: &mut Pool, names: &[&str]) {
    pool.set_nodes(&set(names), at(0), FAIR);
}

fn name(pool: &Pool, lease: &Lease) -> String {
    let used = pool.placed_nodes().nth(lease.node().index()).unwrap();
    used.node.name.to_string()
}

/// The nodes of the next so many requests, each of which ends at once.
fn turns(pool: &mut Pool, count: usize, now: u64) -> Vec<String> {
    let mut one = || {
        let lease = pool.acquire(&ANY, at(now), FAIR).unwrap();
        let name = name(pool, &lease);
        pool.give_back(lease, at(now));
        name
    };
    (0..count).map(|_| one()).collect()
}

fn check(pool: &mut Pool, name: &str, well: bool, now: u64) -> Option<Condition> {
    let (handle, _) = pool.node(name).unwrap();
    let checked = Checked {
        result: if well { Ok(()) } else { Err(Ailment::TimedOut) },
        status: None,
        took: Duration::from_millis(20),
    };
    pool.checked(handle, checked, at(now))
}

/// One check decides.
fn quick(panic_threshold: u8, slow_start: Duration) -> HealthSettings {
    HealthSettings {
        enabled: true,
        unhealthy_after: 1,
        healthy_after: 1,
        slow_start,
        panic_threshold,
        ..HealthSettings::default()
    }
}

#[test]
fn a_new_node_gets_its_turn_and_a_drained_or_removed_one_only_ends_what_it_has() {
    let mut pool = keyless(Policy::RoundRobin, &["a", "b"], HealthSettings::default());
    let held: Vec<_> = (0..2).map(|_| pool.acquire(&ANY, at(0), FAIR).unwrap()).collect();
    change(&mut pool, &["-a", "c"]);
    assert_eq!(turns(&mut pool, 3, 0), ["c", "c", "c"]);
    let report: Vec<_> = pool
        .report_nodes(at(0))
        .into_iter()
        .map(|node| (node.node, node.state, node.in_flight))
        .collect();
    let expected = [
        ("a", NodeState::Draining, 1),
        ("c", NodeState::Active, 0),
        ("b", NodeState::Removed, 1),
    ];
    assert_eq!(
        report,
        expected.map(|(name, state, count)| (name.to_owned(), state, count))
    );
    held.into_iter().for_each(|lease| pool.give_back(lease, at(0)));
    assert_eq!(pool.report_nodes(at(0)).len(), 2);
    assert_eq!(pool.report(at(0)).in_flight, 0);
}

#[test]
fn a_slot_gets_another_node_only_once_nothing_is_in_flight_on_it() {
    let mut pool = keyless(Policy::RoundRobin, &["a"], HealthSettings::default());
    let held = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let tried = held.node();
    change(&mut pool, &["b"]);
    assert_eq!(name(&pool, &held), "a");
    assert_eq!(pool.placed_nodes().count(), 2);
    pool.give_back(held, at(0));
    change(&mut pool, &["b", "c"]);
    assert_eq!(pool.placed_nodes().count(), 2, "a's slot is used again");
    let want = Want {
        tried_nodes: &[tried],
        ..ANY
    };
    let leases = [0; 2].map(|_| pool.acquire(&want, at(0), FAIR).unwrap());
    let nodes = leases.map(|lease| name(&pool, &lease));
    assert!(
        nodes.contains(&"c".to_owned()),
        "c was not tried, though a stood in its slot"
    );
    for _ in 0..100 {
        change(&mut pool, &["b", "c", "d"]);
        change(&mut pool, &["b", "c", "e"]);
    }
    assert!(pool.placed_nodes().count() <= 4);
}

#[test]
fn what_is_known_of_a_node_that_stays_is_kept_and_another_url_is_another_node() {
    let mut pool = keyless(Policy::RoundRobin, &["a", "b"], HealthSettings::default());
    let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let failed = Verdict::node(CoolDown::Connect, Retry::ElsewhereOnce, "test");
    pool.release(lease, &ended(&failed, None), at(0), FAIR);
    change(&mut pool, &["a", "b", "c"]);
    assert_eq!(turns(&mut pool, 2, 0), ["b", "c"]);
    let mut moved = set(&["a", "b"]);
    moved.nodes[0].node.base = "https://moved.example".parse().unwrap();
    pool.set_nodes(&moved, at(0), FAIR);
    let mut both = turns(&mut pool, 2, 0);
    both.sort();
    assert_eq!(both, ["a", "b"], "nothing is known of the new a");
}

#[test]
fn a_key_goes_to_a_new_node_only_if_it_was_brought_for_its_host() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 9), at(0));
    change(&mut pool, &["a", "b"]);
    let places = |pool: &mut Pool| {
        let leases: Vec<_> = (0..4).map(|_| pool.acquire(&ANY, at(0), FAIR).unwrap()).collect();
        let places: Vec<_> = leases.iter().map(|lease| name(pool, lease)).collect();
        leases.into_iter().for_each(|lease| pool.give_back(lease, at(0)));
        places
    };
    assert_eq!(places(&mut pool), ["a", "a", "a", "a"]);
    change(&mut pool, &["b"]);
    assert_eq!(pool.acquire(&ANY, at(0), FAIR).unwrap_err(), NoWay::Empty);
    change(&mut pool, &["b", "a"]);
    assert_eq!(places(&mut pool), ["a", "a", "a", "a"]);
    let granted = PoolKey {
        origins: Arc::from(["b.example:443".into(), "a.example:443".into()]),
        ..PoolKey::clone(&key(1, 9))
    };
    pool.put(Arc::new(granted), at(0));
    let mut places = places(&mut pool);
    places.sort();
    assert_eq!(places, ["a", "a", "b", "b"]);
}

#[test]
fn the_preferred_node_is_first_while_it_is_well() {
    let mut pool = keyless(Policy::ActiveFirst, &["a", "b", "c"], HealthSettings::default());
    assert_eq!(turns(&mut pool, 2, 0), ["a", "a"]);
    change(&mut pool, &["a", "*b", "c"]);
    assert_eq!(turns(&mut pool, 2, 0), ["b", "b"]);
    assert!(pool.report_nodes(at(0))[1].preferred);
    let failed = Verdict::node(CoolDown::Connect, Retry::ElsewhereOnce, "test");
    let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
    pool.release(lease, &ended(&failed, None), at(0), FAIR);
    let stays = turns(&mut pool, 2, 0);
    assert!(stays[0] == stays[1] && stays[0] != "b", "{stays:?}");
    assert_eq!(turns(&mut pool, 2, 60_000), ["b", "b"]);
}

#[test]
fn a_node_whose_checks_fail_is_left_out_while_enough_others_are_well() {
    let mut pool = keyless(Policy::RoundRobin, &["a", "b", "c"], quick(50, Duration::ZERO));
    assert_eq!(check(&mut pool, "b", false, 0), Some(Condition::Unhealthy));
    assert_eq!(turns(&mut pool, 4, 0), ["a", "c", "a", "c"]);
    // One of three is less than half: the checks are not to be believed.
    check(&mut pool, "a", false, 0);
    let mut all = turns(&mut pool, 3, 0);
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
    assert_eq!(check(&mut pool, "a", true, 0), Some(Condition::Healthy));
    let mut well = turns(&mut pool, 4, 0);
    well.sort();
    assert_eq!(well, ["a", "a", "c", "c"]);
}

#[test]
fn the_last_way_stays_though_every_check_fails_and_panic_is_off() {
    let mut pool = keyless(Policy::RoundRobin, &["a", "b"], quick(0, Duration::ZERO));
    for name in ["a", "b"] {
        check(&mut pool, name, false, 0);
    }
    assert_eq!(turns(&mut pool, 2, 0), ["a", "b"]);
}

#[test]
fn a_key_that_may_go_nowhere_else_still_goes_to_a_node_whose_checks_fail() {
    let nodes = ["a", "b", "c"].map(|name| node(name, Role::Any));
    let health = quick(50, Duration::ZERO);
    let upstream = Upstream {
        health,
        ..upstream(Policy::RoundRobin, nodes.into())
    };
    let mut pool = Pool::new(Arc::new(upstream), 0);
    pool.put(key(1, 1), at(0));
    check(&mut pool, "a", false, 0);
    assert_eq!(turns(&mut pool, 1, 0), ["a"]);
}

#[test]
fn a_node_that_recovers_gets_its_share_in_a_straight_line() {
    let mut pool = keyless(
        Policy::RoundRobin,
        &["a", "b"],
        quick(50, Duration::from_secs(100)),
    );
    check(&mut pool, "a", false, 0);
    assert_eq!(check(&mut pool, "a", true, 0), Some(Condition::Recovering));
    let mut share = |now| {
        let turns = turns(&mut pool, 1_000, now);
        turns.iter().filter(|name| *name == "a").count()
    };
    // Of every two turns one would be its own; of these it takes a tenth, a half, all.
    let (early, half, whole) = (share(0), share(44_445), share(100_000));
    assert!((85..=100).contains(&early), "{early}");
    assert!((325..=345).contains(&half), "{half}");
    assert_eq!(whole, 500);
    assert_eq!(pool.report_nodes(at(100_000))[0].health, Condition::Healthy);
}

#[test]
fn a_node_that_recovers_serves_all_where_nobody_else_is_well() {
    let mut pool = keyless(Policy::RoundRobin, &["a"], quick(50, Duration::from_secs(100)));
    check(&mut pool, "a", false, 0);
    check(&mut pool, "a", true, 0);
    assert_eq!(turns(&mut pool, 3, 0), ["a", "a", "a"]);
}

#[test]
fn least_latency_goes_by_answers_and_by_checks() {
    let mut pool = keyless(Policy::LeastLatency, &["a", "b"], quick(50, Duration::ZERO));
    let serve = |pool: &mut Pool, ms| {
        let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
        let name = name(pool, &lease);
        let first_byte = Some(Duration::from_millis(ms));
        let verdict = Verdict::ok("test");
        let ended = Ended {
            first_byte,
            ..ended(&verdict, None)
        };
        pool.release(lease, &ended, at(0), FAIR);
        name
    };
    assert_eq!(serve(&mut pool, 50), "a");
    // Nobody has asked b yet: it is taken to be as quick, and has its turn.
    assert_eq!(serve(&mut pool, 400), "b");
    assert_eq!([serve(&mut pool, 50), serve(&mut pool, 50)], ["a", "a"]);
    // A check took 20 ms: b comes down towards that, check by check.
    for _ in 0..30 {
        check(&mut pool, "b", true, 0);
    }
    assert_eq!(serve(&mut pool, 20), "b");
}

#[test]
fn checks_are_due_once_an_interval_for_every_node_that_is_in_use() {
    let mut pool = keyless(Policy::RoundRobin, &["a", "b"], quick(50, Duration::ZERO));
    let due = |pool: &mut Pool, now| pool.checks_due(at(now), &|| 0.5).len();
    assert_eq!((due(&mut pool, 0), due(&mut pool, 0)), (2, 0));
    assert_eq!(pool.next_check(), Some(at(10_000)));
    assert_eq!(due(&mut pool, 9_999), 0);
    pool.set_nodes(&set(&["-a", "c"]), at(9_999), &|| 0.5);
    assert_eq!(
        due(&mut pool, 11_000),
        2,
        "draining a, and c within its first interval"
    );
    let off = &mut keyless(Policy::RoundRobin, &["a"], HealthSettings::default());
    assert_eq!((off.next_check(), due(off, 99_999)), (None, 0));
}

#[test]
fn a_check_of_a_node_that_is_no_longer_there_says_nothing() {
    let mut pool = keyless(Policy::RoundRobin, &["a", "b"], quick(50, Duration::ZERO));
    let (handle, _) = pool.node("a").unwrap();
    change(&mut pool, &["b"]);
    change(&mut pool, &["b", "c"]);
    let checked = Checked {
        result: Err(Ailment::Broke),
        status: Some(500),
        took: Duration::ZERO,
    };
    assert_eq!(pool.checked(handle, checked, at(0)), None);
    assert!(
        pool.report_nodes(at(0))
            .iter()
            .all(|node| node.last_check.is_none())
    );
}
