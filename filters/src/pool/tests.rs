mod census;
mod credit;
mod life;
mod on_nodes;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::cost::Price;
use crate::egress::EgressSettings;
use crate::id::UserId;
use crate::judge::{CoolDown, CoolDownSettings, JudgeTable};
use crate::model::{Bodies, Caps, HttpVersion, Node, Opened, PoolCredential, Role, Timeouts};
use crate::queue::QueueSettings;
use crate::secret::Secret;

pub(crate) fn node(name: &str, role: Role) -> Node {
    let base = format!("https://{name}.example").parse().unwrap();
    Node {
        name: name.into(),
        role,
        base,
        http: HttpVersion::Auto,
    }
}

pub(crate) fn upstream(policy: Policy, nodes: Vec<Node>) -> Upstream {
    let span = Duration::from_secs(30);
    Upstream {
        name: "novelai".into(),
        kind: Kind::Novelai,
        nodes,
        keyed: true,
        policy,
        opened: Opened::Stateless,
        asks_usage: false,
        min_credit: 0,
        credit: None,
        queue: QueueSettings::default(),
        egress: EgressSettings::default(),
        key_concurrency: 1,
        attempts: 3,
        timeouts: Timeouts {
            connect: span,
            write: span,
            first_byte: span,
            idle: span,
            total: span,
            websocket: span,
        },
        bodies: Bodies { replay: 1, max: 1 },
        ca_pem: None,
        health: crate::health::HealthSettings::default(),
        private_networks: Arc::default(),
        judge: JudgeTable::for_kind(Kind::Novelai),
        cool_downs: CoolDownSettings::default(),
        drain: 0,
    }
}

fn pool(policy: Policy) -> Pool {
    Pool::new(Arc::new(upstream(policy, vec![node("a", Role::Any)])), 0)
}

pub(crate) fn key(id: i64, concurrency: u32) -> Arc<PoolKey> {
    Arc::new(PoolKey {
        id: PoolKeyId(id),
        upstream: "novelai".into(),
        contributor: UserId(1),
        operator_owned: id % 2 == 0,
        concurrency: Some(concurrency),
        origins: Arc::from(["a.example:443".into()]),
        credential: PoolCredential::bearer(&Secret::new("pst-x")).unwrap(),
        account: None,
        credit: None,
        egress: None,
        caps: Caps::default(),
    })
}

pub(crate) const ANY: Want<'static> = Want {
    role: Role::Any,
    operator_owned_only: false,
    price: Price::FREE,
    most: u32::MAX,
    model: None,
    tried_keys: &[],
    only_key: None,
    tried_nodes: &[],
};

pub(crate) const FAIR: Chance<'static> = &|| 0.0;

pub(crate) fn ended(verdict: &Verdict, retry_after: Option<Duration>) -> Ended<'_> {
    Ended {
        verdict,
        retry_after,
        first_byte: None,
        model: None,
        broke: verdict.outcome == Outcome::Upstream && verdict.retry == Retry::Never,
    }
}

fn id(lease: &Lease) -> i64 {
    lease.key().unwrap().id.0
}

pub(crate) fn busy() -> Verdict {
    Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "test")
}

pub(crate) fn at(ms: u64) -> Moment {
    Moment::from_millis(ms)
}

#[test]
fn round_robin_gives_each_key_its_turn() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=3).for_each(|n| pool.put(key(n, 9), at(0)));
    let order: Vec<_> = (0..6)
        .map(|_| id(&pool.acquire(&ANY, at(0), FAIR).unwrap()))
        .collect();
    assert_eq!(order, [1, 2, 3, 1, 2, 3]);
}

#[test]
fn least_busy_evens_out() {
    let mut pool = pool(Policy::LeastBusy);
    (1..=2).for_each(|n| pool.put(key(n, 9), at(0)));
    let first = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let second = pool.acquire(&ANY, at(0), FAIR).unwrap();
    assert_eq!((id(&first), id(&second)), (1, 2));
    pool.give_back(second, at(0));
    let third = pool.acquire(&ANY, at(0), FAIR).unwrap();
    assert_eq!(id(&third), 2);
}

#[test]
fn what_no_key_can_do_is_told_apart() {
    let mut pool = pool(Policy::RoundRobin);
    assert_eq!(pool.acquire(&ANY, at(0), FAIR).unwrap_err(), NoWay::Empty);
    pool.put(key(1, 1), at(0));
    let tried = [PoolKeyId(1)];
    let want = Want {
        tried_keys: &tried,
        ..ANY
    };
    assert_eq!(pool.acquire(&want, at(0), FAIR).unwrap_err(), NoWay::Exhausted);
    let operators = Want {
        operator_owned_only: true,
        ..ANY
    };
    assert_eq!(pool.acquire(&operators, at(0), FAIR).unwrap_err(), NoWay::Empty);
    let elsewhere = Want {
        role: Role::Image,
        ..ANY
    };
    assert_eq!(pool.acquire(&elsewhere, at(0), FAIR).unwrap_err(), NoWay::Empty);
    let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
    assert_eq!(
        pool.acquire(&ANY, at(0), FAIR).unwrap_err(),
        NoWay::Busy { until: None }
    );
    pool.release(lease, &ended(&busy(), None), at(0), FAIR);
    assert_eq!(
        pool.acquire(&ANY, at(0), FAIR).unwrap_err(),
        NoWay::Busy {
            until: Some(at(8_000))
        }
    );
    assert!(pool.acquire(&ANY, at(7_999), FAIR).is_err());
    assert!(pool.acquire(&ANY, at(8_000), FAIR).is_ok());
}

#[test]
fn a_withdrawn_key_finishes_what_it_has_and_gets_no_more() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 2), at(0));
    let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
    pool.gone(PoolKeyId(1));
    assert_eq!(pool.acquire(&ANY, at(0), FAIR).unwrap_err(), NoWay::Empty);
    assert_eq!(pool.report(at(0)).in_flight, 1);
    pool.give_back(lease, at(0));
    assert_eq!(pool.report(at(0)).in_flight, 0);
    pool.put(key(2, 1), at(0));
    assert_eq!(id(&pool.acquire(&ANY, at(0), FAIR).unwrap()), 2);
}

#[test]
fn a_key_goes_only_to_the_hosts_it_was_brought_for() {
    let nodes = vec![node("b", Role::Any), node("a", Role::Any)];
    let mut pool = Pool::new(Arc::new(upstream(Policy::RoundRobin, nodes)), 0);
    pool.put(key(1, 9), at(0));
    let nodes: Vec<_> = (0..4)
        .map(|_| pool.acquire(&ANY, at(0), FAIR).unwrap().node().index())
        .collect();
    assert_eq!(nodes, [1, 1, 1, 1]);
}

#[test]
fn the_last_node_is_never_removed() {
    let nodes = vec![node("a", Role::Any), node("b", Role::Any)];
    let mut pool = Pool::new(
        Arc::new(Upstream {
            keyed: false,
            ..upstream(Policy::RoundRobin, nodes)
        }),
        0,
    );
    let failed = Verdict::node(CoolDown::Connect, Retry::ElsewhereOnce, "test");
    for expected in [0, 1, 0] {
        let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
        assert_eq!(lease.node().index(), expected);
        pool.release(lease, &ended(&failed, None), at(0), FAIR);
    }
    let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
    assert_eq!(
        lease.node().index(),
        1,
        "b comes back first: it has failed once, a twice"
    );
    assert_eq!(pool.report(at(0)).nodes.iter().filter(|n| n.cooling).count(), 2);
}

#[test]
fn one_eligible_key_among_many_is_found() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=20_000).for_each(|n| pool.put(key(n, 1), at(0)));
    let mut held: Vec<_> = (0..20_000)
        .map(|_| pool.acquire(&ANY, at(0), FAIR).unwrap())
        .collect();
    assert!(pool.acquire(&ANY, at(0), FAIR).is_err());
    let freed = held.swap_remove(12_345);
    let expected = id(&freed);
    pool.give_back(freed, at(0));
    assert_eq!(id(&pool.acquire(&ANY, at(0), FAIR).unwrap()), expected);
}

#[test]
fn what_a_key_keeps_is_served_by_that_key_or_not_at_all() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=3).for_each(|n| pool.put(key(n, 1), at(0)));
    let only = |n| Want {
        only_key: Some(PoolKeyId(n)),
        ..ANY
    };
    let lease = pool.acquire(&only(2), at(0), FAIR).unwrap();
    assert_eq!(id(&lease), 2);
    let in_use = pool.acquire(&only(2), at(0), FAIR).unwrap_err();
    assert_eq!(in_use, NoWay::Busy { until: None });
    pool.release(lease, &ended(&busy(), Some(Duration::from_secs(5))), at(0), FAIR);
    let resting = pool.acquire(&only(2), at(0), FAIR).unwrap_err();
    assert_eq!(
        resting,
        NoWay::Busy {
            until: Some(at(5_000))
        }
    );
    let tried = Want {
        tried_keys: &[PoolKeyId(2)],
        ..only(2)
    };
    assert_eq!(
        pool.acquire(&tried, at(9_000), FAIR).unwrap_err(),
        NoWay::Exhausted
    );
    assert_eq!(id(&pool.acquire(&only(2), at(9_000), FAIR).unwrap()), 2);
    pool.gone(PoolKeyId(3));
    assert_eq!(pool.acquire(&only(3), at(9_000), FAIR).unwrap_err(), NoWay::Empty);
    assert_eq!(pool.acquire(&only(9), at(9_000), FAIR).unwrap_err(), NoWay::Empty);
}
