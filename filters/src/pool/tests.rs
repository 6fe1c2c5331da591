use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::id::{PoolKeyId, UserId};
use crate::judge::{CoolDown, CoolDownSettings, JudgeTable, Verdict};
use crate::model::{Bodies, HttpVersion, Kind, Node, PoolCredential, Role, Timeouts, Upstream};
use crate::secret::Secret;

fn node(name: &str, role: Role) -> Node {
    let base = format!("https://{name}.example").parse().unwrap();
    Node {
        name: name.into(),
        role,
        base,
        http: HttpVersion::Auto,
    }
}

fn upstream(policy: Policy, nodes: Vec<Node>) -> Upstream {
    let span = Duration::from_secs(30);
    Upstream {
        name: "novelai".into(),
        kind: Kind::Novelai,
        nodes,
        keyed: true,
        policy,
        key_concurrency: 1,
        attempts: 3,
        timeouts: Timeouts {
            connect: span,
            write: span,
            first_byte: span,
            idle: span,
            total: span,
        },
        bodies: Bodies { replay: 1, max: 1 },
        ca_pem: None,
        judge: JudgeTable::for_kind(Kind::Novelai),
        cool_downs: CoolDownSettings::default(),
        drain: 0,
    }
}

fn pool(policy: Policy) -> Pool {
    Pool::new(Arc::new(upstream(policy, vec![node("a", Role::Any)])))
}

fn key(id: i64, concurrency: u32) -> Arc<PoolKey> {
    Arc::new(PoolKey {
        id: PoolKeyId(id),
        upstream: "novelai".into(),
        contributor: UserId(1),
        operator_owned: id % 2 == 0,
        concurrency: Some(concurrency),
        origins: Arc::from(["a.example:443".into()]),
        credential: PoolCredential::bearer(&Secret::new("pst-x")).unwrap(),
    })
}

const ANY: Want<'static> = Want {
    role: Role::Any,
    operator_owned_only: false,
    tried_keys: &[],
    tried_nodes: &[],
};

fn id(lease: &Lease) -> i64 {
    lease.key().unwrap().id.0
}

fn busy() -> Verdict {
    Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "test")
}

fn at(ms: u64) -> Moment {
    Moment::from_millis(ms)
}

#[test]
fn round_robin_gives_each_key_its_turn() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=3).for_each(|n| pool.put(key(n, 9)));
    let order: Vec<_> = (0..6).map(|_| id(&pool.acquire(&ANY, at(0)).unwrap())).collect();
    assert_eq!(order, [1, 2, 3, 1, 2, 3]);
}

#[test]
fn least_busy_evens_out() {
    let mut pool = pool(Policy::LeastBusy);
    (1..=2).for_each(|n| pool.put(key(n, 9)));
    let first = pool.acquire(&ANY, at(0)).unwrap();
    let second = pool.acquire(&ANY, at(0)).unwrap();
    assert_eq!((id(&first), id(&second)), (1, 2));
    pool.give_back(second, at(0));
    let third = pool.acquire(&ANY, at(0)).unwrap();
    assert_eq!(id(&third), 2);
}

#[test]
fn what_no_key_can_do_is_told_apart() {
    let mut pool = pool(Policy::RoundRobin);
    assert_eq!(pool.acquire(&ANY, at(0)).unwrap_err(), NoWay::Empty);
    pool.put(key(1, 1));
    let tried = [PoolKeyId(1)];
    let want = Want {
        tried_keys: &tried,
        ..ANY
    };
    assert_eq!(pool.acquire(&want, at(0)).unwrap_err(), NoWay::Exhausted);
    let operators = Want {
        operator_owned_only: true,
        ..ANY
    };
    assert_eq!(pool.acquire(&operators, at(0)).unwrap_err(), NoWay::Empty);
    let elsewhere = Want {
        role: Role::Image,
        ..ANY
    };
    assert_eq!(pool.acquire(&elsewhere, at(0)).unwrap_err(), NoWay::Empty);
    let lease = pool.acquire(&ANY, at(0)).unwrap();
    assert_eq!(
        pool.acquire(&ANY, at(0)).unwrap_err(),
        NoWay::Busy { retry_after: None }
    );
    pool.release(
        lease,
        &Ended {
            verdict: &busy(),
            retry_after: None,
        },
        at(0),
        0.0,
    );
    let eight = Some(Duration::from_secs(8));
    assert_eq!(
        pool.acquire(&ANY, at(0)).unwrap_err(),
        NoWay::Busy { retry_after: eight }
    );
    assert!(pool.acquire(&ANY, at(7_999)).is_err());
    assert!(pool.acquire(&ANY, at(8_000)).is_ok());
}

#[test]
fn a_withdrawn_key_finishes_what_it_has_and_gets_no_more() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 2));
    let lease = pool.acquire(&ANY, at(0)).unwrap();
    pool.gone(PoolKeyId(1));
    assert_eq!(pool.acquire(&ANY, at(0)).unwrap_err(), NoWay::Empty);
    assert_eq!(pool.report(at(0)).in_flight, 1);
    pool.give_back(lease, at(0));
    assert_eq!(pool.report(at(0)).in_flight, 0);
    pool.put(key(2, 1));
    assert_eq!(id(&pool.acquire(&ANY, at(0)).unwrap()), 2);
}

#[test]
fn a_key_goes_only_to_the_hosts_it_was_brought_for() {
    let nodes = vec![node("b", Role::Any), node("a", Role::Any)];
    let mut pool = Pool::new(Arc::new(upstream(Policy::RoundRobin, nodes)));
    pool.put(key(1, 9));
    let nodes: Vec<_> = (0..4)
        .map(|_| pool.acquire(&ANY, at(0)).unwrap().node())
        .collect();
    assert_eq!(nodes, [1, 1, 1, 1]);
}

#[test]
fn the_last_node_is_never_removed() {
    let nodes = vec![node("a", Role::Any), node("b", Role::Any)];
    let mut pool = Pool::new(Arc::new(Upstream {
        keyed: false,
        ..upstream(Policy::RoundRobin, nodes)
    }));
    let failed = Verdict::node(CoolDown::Connect, crate::judge::Retry::ElsewhereOnce, "test");
    for expected in [0, 1, 0] {
        let lease = pool.acquire(&ANY, at(0)).unwrap();
        assert_eq!(lease.node(), expected);
        pool.release(
            lease,
            &Ended {
                verdict: &failed,
                retry_after: None,
            },
            at(0),
            0.0,
        );
    }
    let lease = pool.acquire(&ANY, at(0)).unwrap();
    assert_eq!(lease.node(), 1, "b comes back first: it has failed once, a twice");
    assert_eq!(pool.report(at(0)).nodes.iter().filter(|n| n.cooling).count(), 2);
}

#[test]
fn one_eligible_key_among_many_is_found() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=20_000).for_each(|n| pool.put(key(n, 1)));
    let mut held: Vec<_> = (0..20_000).map(|_| pool.acquire(&ANY, at(0)).unwrap()).collect();
    assert!(pool.acquire(&ANY, at(0)).is_err());
    let freed = held.swap_remove(12_345);
    let expected = id(&freed);
    pool.give_back(freed, at(0));
    assert_eq!(id(&pool.acquire(&ANY, at(0)).unwrap()), expected);
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Put(i64, u32),
    Gone(i64),
    Acquire {
        operators: bool,
        tried: Option<i64>,
    },
    Release {
        which: prop::sample::Index,
        refused: bool,
    },
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (1_i64..8, 1_u32..4).prop_map(|(id, most)| Act::Put(id, most)),
        (1_i64..8).prop_map(Act::Gone),
        (any::<bool>(), prop::option::of(1_i64..8))
            .prop_map(|(operators, tried)| Act::Acquire { operators, tried }),
        (any::<bool>(), prop::option::of(1_i64..8))
            .prop_map(|(operators, tried)| Act::Acquire { operators, tried }),
        (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(which, refused)| Act::Release { which, refused }),
        (0_u64..20_000).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..120)
}

/// The pool beside what must be true of it, kept as plainly as possible.
struct Trial {
    pool: Pool,
    held: Vec<Lease>,
    present: HashMap<i64, u32>,
    in_flight: HashMap<i64, u32>,
    cooling_until: HashMap<i64, u64>,
    now: u64,
}

impl Trial {
    fn new(policy: Policy) -> Self {
        let (present, in_flight, cooling_until) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self {
            pool: pool(policy),
            held: vec![],
            present,
            in_flight,
            cooling_until,
            now: 0,
        }
    }

    fn can_serve(&self, id: i64, operators: bool, tried: Option<i64>) -> bool {
        self.present
            .get(&id)
            .is_some_and(|most| self.in_flight.get(&id).copied().unwrap_or(0) < *most)
            && self.cooling_until.get(&id).copied().unwrap_or(0) <= self.now
            && (!operators || id % 2 == 0)
            && tried != Some(id)
    }

    /// A key that is gone and idle is forgotten with its cool-down.
    fn forget_if_gone(&mut self, id: i64) {
        if !self.present.contains_key(&id) && self.in_flight.get(&id).copied().unwrap_or(0) == 0 {
            self.cooling_until.remove(&id);
        }
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        match act {
            Act::Put(id, most) => {
                self.pool.put(key(id, most));
                self.present.insert(id, most);
            }
            Act::Gone(id) => {
                self.pool.gone(PoolKeyId(id));
                self.present.remove(&id);
                self.forget_if_gone(id);
            }
            Act::Acquire { operators, tried } => self.acquire(operators, tried)?,
            Act::Release { which, refused } if !self.held.is_empty() => {
                let lease = self.held.swap_remove(which.index(self.held.len()));
                self.release(lease, refused);
            }
            Act::Release { .. } => {}
            Act::Wait(ms) => self.now += ms,
        }
        let report = self.pool.report(at(self.now));
        prop_assert_eq!(
            (report.keys, report.in_flight as usize),
            (self.present.len(), self.held.len())
        );
        Ok(())
    }

    fn acquire(&mut self, operators: bool, tried: Option<i64>) -> Result<(), TestCaseError> {
        let tried_keys: Vec<_> = tried.into_iter().map(PoolKeyId).collect();
        let want = Want {
            operator_owned_only: operators,
            tried_keys: &tried_keys,
            ..ANY
        };
        match self.pool.acquire(&want, at(self.now)) {
            Ok(lease) => {
                let leased = id(&lease);
                prop_assert!(
                    self.can_serve(leased, operators, tried),
                    "key {leased} was not eligible"
                );
                *self.in_flight.entry(leased).or_default() += 1;
                self.held.push(lease);
            }
            Err(why) => {
                let able = (1..8).filter(|id| self.can_serve(*id, operators, tried)).count();
                prop_assert_eq!(able, 0, "{:?} although a key was free", why);
            }
        }
        Ok(())
    }

    fn release(&mut self, lease: Lease, refused: bool) {
        let leased = id(&lease);
        *self.in_flight.entry(leased).or_default() -= 1;
        let verdict = if refused { busy() } else { Verdict::ok("test") };
        let ended = Ended {
            verdict: &verdict,
            retry_after: Some(Duration::from_secs(5)),
        };
        self.pool.release(lease, &ended, at(self.now), 0.0);
        if refused {
            let until = self.cooling_until.entry(leased).or_default();
            *until = (*until).max(self.now + 5_000);
        }
        self.forget_if_gone(leased);
    }
}

fn run(policy: Policy, acts: Vec<Act>) -> Result<(), TestCaseError> {
    let mut trial = Trial::new(policy);
    acts.into_iter().try_for_each(|act| trial.act(act))?;
    for lease in std::mem::take(&mut trial.held) {
        trial.release(lease, false);
    }
    let later = trial.pool.report(at(trial.now + 10_000));
    prop_assert_eq!(
        (later.ready, later.cooling),
        (trial.present.len(), 0),
        "every key comes back"
    );
    Ok(())
}

proptest! {
    #[test]
    fn only_eligible_keys_are_leased_and_none_twice(acts in acts(), least_busy: bool) {
        run(if least_busy { Policy::LeastBusy } else { Policy::RoundRobin }, acts)?;
    }
}
