//! Keys by what is left on them: who is drawn how often, what use takes off, and what a look puts right.

use std::cell::RefCell;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::id::UserId;
use crate::meter::{Figure, Figures};
use crate::model::{Account, Credit};
use crate::queue::Share;
use crate::scheduler::{Asked, Asker, Refused, Scheduler};

const UNIT: u64 = 1_000_000;

pub(super) fn credit(balance: u64, asked_at: i64) -> Option<Credit> {
    let used = None;
    Some(Credit {
        balance,
        used,
        asked_at,
    })
}

fn with_credit(id: i64, balance: u64, asked_at: i64) -> Arc<PoolKey> {
    let credit = credit(balance, asked_at);
    Arc::new(PoolKey {
        credit,
        ..PoolKey::clone(&key(id, 1_000_000))
    })
}

fn scheduler(min_credit: u64, balances: &[u64]) -> Scheduler {
    let upstream = Upstream {
        kind: Kind::Openai,
        min_credit,
        ..upstream(Policy::CreditWeighted, vec![node("a", Role::Any)])
    };
    let mut scheduler = Scheduler::new(Arc::new(upstream), 0);
    for (id, balance) in (1..).zip(balances) {
        scheduler.put(with_credit(id, *balance, 0), at(0));
    }
    scheduler
}

const ASKER: Asker = Asker {
    user: UserId(1),
    share: Share::Guest,
    max_wait: Duration::ZERO,
};

fn paid(cost: u64) -> Figures {
    Figures {
        cost: Figure::Reported(cost),
        ..Figures::default()
    }
}

/// Serves a request for that cost; the key that served it.
fn serve(scheduler: &mut Scheduler, cost: u64, now: u64, chance: Chance<'_>) -> Option<PoolKeyId> {
    match scheduler.ask(&ASKER, &ANY, at(now), chance).0 {
        Asked::Leased(lease) => {
            let id = lease.key().unwrap().id;
            scheduler.release(lease, &ended(&Verdict::ok("test"), None), at(now), chance);
            scheduler.pool().charge(id, &paid(cost), at(now));
            Some(id)
        }
        Asked::Refused(Refused::NoWay(NoWay::Unaffordable { anlas: 0 })) => None,
        other => panic!("{other:?}"),
    }
}

fn left(scheduler: &mut Scheduler) -> Vec<u64> {
    let reports = scheduler.pool().report_keys(at(0));
    reports.into_iter().map(|report| report.left.unwrap()).collect()
}

/// Pearson's statistic: how far what was seen is from what was expected.
fn chi_square(seen: &[f64], expected: &[f64]) -> f64 {
    let pairs = seen.iter().zip(expected);
    pairs
        .map(|(seen, expected)| (seen - expected).powi(2) / expected)
        .sum()
}

#[test]
fn keys_are_drawn_in_proportion_to_their_balances() {
    // Twelve keys: 11 degrees of freedom, 31.26 at one in a thousand.
    let balances: Vec<u64> = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]
        .map(|units| units * UNIT)
        .into();
    let total: u64 = balances.iter().sum();
    for seed in 1..=5 {
        let random = RefCell::new(StdRng::seed_from_u64(seed));
        let chance = || random.borrow_mut().random::<f64>();
        let mut scheduler = scheduler(0, &balances);
        let mut seen = vec![0.0; balances.len()];
        let draws = 30_000;
        for _ in 0..draws {
            let id = serve(&mut scheduler, 0, 0, &chance).unwrap();
            seen[id.0 as usize - 1] += 1.0;
        }
        let expected: Vec<f64> = balances
            .iter()
            .map(|balance| f64::from(draws) * *balance as f64 / total as f64)
            .collect();
        let statistic = chi_square(&seen, &expected);
        assert!(statistic < 31.26, "seed {seed}: {statistic}: {seen:?}");
    }
}

#[test]
fn the_draw_follows_balances_that_shrink_by_use() {
    // Five keys: 4 degrees of freedom, 18.47 at one in a thousand.
    let balances = [8, 4, 2, 1, 1].map(|units| units * UNIT);
    let cost = 2_000;
    for seed in 1..=5 {
        let random = RefCell::new(StdRng::seed_from_u64(seed));
        let chance = || random.borrow_mut().random::<f64>();
        let mut scheduler = scheduler(0, &balances);
        let (mut seen, mut expected) = (vec![0.0; 5], vec![0.0; 5]);
        // Half of all there is.
        for turn in 0..4_000 {
            let before = left(&mut scheduler);
            let total: u64 = before.iter().sum();
            let id = serve(&mut scheduler, cost, turn, &chance).unwrap();
            seen[id.0 as usize - 1] += 1.0;
            for (expected, left) in expected.iter_mut().zip(&before) {
                *expected += *left as f64 / total as f64;
            }
        }
        assert_eq!(left(&mut scheduler).iter().sum::<u64>(), 8 * UNIT);
        let statistic = chi_square(&seen, &expected);
        assert!(
            statistic < 18.47,
            "seed {seed}: {statistic}: {seen:?} {expected:?}"
        );
    }
}

#[test]
fn a_key_that_has_come_down_to_the_least_credit_is_left_out_at_once() {
    let random = RefCell::new(StdRng::seed_from_u64(1));
    let chance = || random.borrow_mut().random::<f64>();
    let mut scheduler = scheduler(UNIT, &[2 * UNIT, 3 * UNIT, UNIT]);
    let mut served = Vec::new();
    while let Some(id) = serve(&mut scheduler, UNIT / 10, 0, &chance) {
        served.push(id.0);
    }
    let count = |id| served.iter().filter(|served| **served == id).count();
    assert_eq!((count(1), count(2), count(3)), (10, 20, 0));
    scheduler.put(with_credit(3, 5 * UNIT, 1), at(1));
    assert_eq!(
        serve(&mut scheduler, 0, 1, &chance),
        Some(PoolKeyId(3)),
        "somebody paid in"
    );
}

#[test]
fn keys_of_unknown_credit_are_drawn_evenly_whatever_the_least_credit_is() {
    let random = RefCell::new(StdRng::seed_from_u64(1));
    let chance = || random.borrow_mut().random::<f64>();
    let mut scheduler = scheduler(50 * UNIT, &[]);
    for id in 1..=4 {
        scheduler.put(key(id, 1_000_000), at(0));
    }
    let mut seen = [0.0; 4];
    for _ in 0..4_000 {
        let id = serve(&mut scheduler, 0, 0, &chance).unwrap();
        seen[id.0 as usize - 1] += 1.0;
    }
    assert!(chi_square(&seen, &[1_000.0; 4]) < 16.27, "{seen:?}");
}

#[test]
fn a_look_replaces_the_estimate_but_for_what_ended_after_it_was_asked_for() {
    let mut scheduler = scheduler(0, &[10 * UNIT]);
    for now in [1_000, 2_000, 3_000] {
        serve(&mut scheduler, UNIT, now, FAIR);
    }
    assert_eq!(left(&mut scheduler), [7 * UNIT]);
    scheduler.put(with_credit(1, 8 * UNIT, 2_500), at(3_100));
    assert_eq!(left(&mut scheduler), [7 * UNIT], "the third is not in it");
    scheduler.put(with_credit(1, 7 * UNIT, 3_200), at(3_300));
    assert_eq!(left(&mut scheduler), [7 * UNIT]);
}

#[test]
fn a_key_that_is_taken_out_and_put_back_has_what_it_had() {
    let mut scheduler = scheduler(0, &[10 * UNIT]);
    serve(&mut scheduler, UNIT, 1_000, FAIR);
    scheduler.gone(PoolKeyId(1));
    scheduler.put(with_credit(1, 10 * UNIT, 0), at(2_000));
    assert_eq!(left(&mut scheduler), [9 * UNIT]);
}

#[test]
fn anlas_that_were_spent_weigh_no_more() {
    let upstream = upstream(Policy::CreditWeighted, vec![node("a", Role::Any)]);
    let mut pool = Pool::new(Arc::new(upstream), 0);
    let account = Account {
        tier: 1,
        active: true,
        anlas: 50,
        battery: None,
        battery_negative: false,
        expires_at: None,
        checked_at: 0,
    };
    pool.put(
        Arc::new(PoolKey {
            account: Some(account),
            ..PoolKey::clone(&key(1, 9))
        }),
        at(0),
    );
    let price = Price {
        full: 20,
        on_opus: 20,
        v5: false,
    };
    let want = Want { price, ..ANY };
    let lease = pool.acquire(&want, at(0), FAIR).unwrap();
    pool.release(lease, &ended(&Verdict::ok("test"), None), at(0), FAIR);
    assert_eq!(pool.report_keys(at(0))[0].left, Some(30));
}

#[test]
fn a_look_that_finds_nothing_does_not_wake_a_key_that_has_run_dry() {
    let mut scheduler = scheduler(0, &[UNIT]);
    let dry = Verdict::refused(Outcome::Quota, Scope::Key, CoolDown::Payment, "test");
    let Asked::Leased(lease) = scheduler.ask(&ASKER, &ANY, at(0), FAIR).0 else {
        panic!("a lease was expected")
    };
    scheduler.release(lease, &ended(&dry, None), at(0), FAIR);
    let resting = |scheduler: &mut Scheduler| scheduler.pool().report(at(1)).cooling;
    scheduler.put(with_credit(1, 0, 1), at(1));
    assert_eq!(resting(&mut scheduler), 1);
    scheduler.put(with_credit(1, UNIT, 2), at(1));
    assert_eq!(resting(&mut scheduler), 0);
}
