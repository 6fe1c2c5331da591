//! How a key fares over longer times: what is remembered, what is forgotten, what comes back.

use super::credit::credit;
use super::*;
use crate::limit::Limit;
use crate::model::{Account, Hours};
use crate::spending::DAY_MS;

const HOUR: u64 = 3_600_000;

const PRICED: Want<'static> = Want {
    price: Price {
        full: 20,
        on_opus: 20,
        v5: false,
    },
    ..ANY
};

fn with(id: i64, change: impl FnOnce(&mut PoolKey)) -> Arc<PoolKey> {
    let mut key = PoolKey::clone(&key(id, 1));
    change(&mut key);
    Arc::new(key)
}

fn capped(id: i64, caps: Caps) -> Arc<PoolKey> {
    with(id, |key| key.caps = caps)
}

fn account(anlas: u32, checked_at: i64) -> Option<Account> {
    let (battery, expires_at) = (None, None);
    Some(Account {
        tier: 3,
        active: true,
        anlas,
        battery,
        battery_negative: false,
        expires_at,
        checked_at,
    })
}

fn serve(pool: &mut Pool, want: &Want<'_>, verdict: &Verdict, now: u64) {
    let lease = pool.acquire(want, at(now), FAIR).unwrap();
    pool.release(
        lease,
        &ended(verdict, Some(Duration::from_secs(5))),
        at(now),
        FAIR,
    );
}

fn no_way(pool: &mut Pool, want: &Want<'_>, now: u64) -> NoWay {
    pool.acquire(want, at(now), FAIR).unwrap_err()
}

#[test]
fn holding_a_key_back_for_a_moment_is_no_way_around_its_cap() {
    let mut pool = pool(Policy::RoundRobin);
    let caps = Caps {
        anlas_per_day: Limit::AtMost(30),
        ..Caps::default()
    };
    pool.put(capped(1, caps), at(0));
    serve(&mut pool, &PRICED, &Verdict::ok("test"), 0);
    pool.gone(PoolKeyId(1));
    pool.put(capped(1, caps), at(1));
    assert_eq!(no_way(&mut pool, &PRICED, 1), NoWay::Unaffordable { anlas: 20 });
    assert_eq!(
        pool.take_spending(Booking::All)
            .iter()
            .map(|spent| spent.anlas)
            .sum::<u64>(),
        20,
        "booked once"
    );
    let tomorrow = DAY_MS as u64;
    serve(&mut pool, &PRICED, &Verdict::ok("test"), tomorrow);
    assert_eq!(
        pool.take_spending(Booking::All)
            .first()
            .map(|spent| (spent.day, spent.anlas)),
        Some((1, 20))
    );
}

#[test]
fn what_ran_over_midnight_is_booked_on_the_day_on_which_it_ended() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 2), at(0));
    let midnight = DAY_MS as u64;
    serve(&mut pool, &ANY, &Verdict::ok("test"), midnight - 2);
    let over = pool.acquire(&ANY, at(midnight - 1), FAIR).unwrap();
    pool.release(over, &ended(&Verdict::ok("test"), None), at(midnight), FAIR);
    let days: Vec<_> = pool
        .take_spending(Booking::All)
        .iter()
        .map(|spent| (spent.day, spent.requests))
        .collect();
    assert_eq!(days, [(0, 1), (1, 1)]);
    assert_eq!(pool.report_keys(at(midnight))[0].requests_today, 1);
}

#[test]
fn spent_anlas_come_off_the_balance_until_it_is_looked_at_anew() {
    let mut pool = pool(Policy::RoundRobin);
    let seen = |anlas, checked_at| with(1, |key| key.account = account(anlas, checked_at));
    pool.put(seen(30, 1), at(0));
    serve(&mut pool, &PRICED, &Verdict::ok("test"), 0);
    assert_eq!(no_way(&mut pool, &PRICED, 0), NoWay::Unaffordable { anlas: 20 });
    pool.put(seen(30, 1), at(0));
    assert!(
        pool.acquire(&PRICED, at(0), FAIR).is_err(),
        "nothing new was seen"
    );
    pool.put(seen(30, 2), at(0));
    serve(&mut pool, &PRICED, &Verdict::ok("test"), 0);
}

#[test]
fn all_keys_on_which_a_model_rests_are_busy_for_it_and_not_absent() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 1), at(0));
    let barred = Verdict::refused(Outcome::Quota, Scope::KeyModel, CoolDown::Payment, "test");
    let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let ended = Ended {
        model: Some("m"),
        ..ended(&barred, Some(Duration::from_secs(5)))
    };
    pool.release(lease, &ended, at(0), FAIR);
    let want = Want {
        model: Some("m"),
        ..ANY
    };
    assert_eq!(
        no_way(&mut pool, &want, 0),
        NoWay::Busy {
            until: Some(at(5_000))
        }
    );
    let other = Want {
        model: Some("other"),
        ..ANY
    };
    assert!(pool.acquire(&other, at(0), FAIR).is_ok());
}

#[test]
fn a_tried_key_on_which_the_model_rests_now_does_not_hide_a_busy_one() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=2).for_each(|id| pool.put(key(id, 1), at(0)));
    let tried = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let _other = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let barred = Verdict::refused(Outcome::Quota, Scope::KeyModel, CoolDown::Payment, "test");
    pool.release(
        tried,
        &Ended {
            model: Some("m"),
            ..ended(&barred, None)
        },
        at(0),
        FAIR,
    );
    let want = Want {
        model: Some("m"),
        tried_keys: &[PoolKeyId(1)],
        ..ANY
    };
    assert_eq!(no_way(&mut pool, &want, 0), NoWay::Busy { until: None });
}

#[test]
fn a_key_without_requests_left_today_says_when_the_day_ends() {
    let mut pool = pool(Policy::RoundRobin);
    let caps = Caps {
        requests_per_day: Limit::AtMost(1),
        ..Caps::default()
    };
    pool.put(capped(1, caps), at(0));
    serve(&mut pool, &ANY, &Verdict::ok("test"), 0);
    let midnight = DAY_MS as u64;
    assert_eq!(
        no_way(&mut pool, &ANY, HOUR),
        NoWay::Busy {
            until: Some(at(midnight))
        }
    );
    assert_eq!(
        no_way(&mut pool, &ANY, midnight - 1),
        NoWay::Busy {
            until: Some(at(midnight))
        }
    );
    serve(&mut pool, &ANY, &Verdict::ok("test"), midnight);
}

#[test]
fn a_key_serves_in_its_hours_to_the_millisecond() {
    let mut pool = pool(Policy::RoundRobin);
    let caps = Caps {
        hours: Hours::between(2, 3).unwrap(),
        ..Caps::default()
    };
    pool.put(capped(1, caps), at(0));
    assert_eq!(
        no_way(&mut pool, &ANY, 0),
        NoWay::Busy {
            until: Some(at(2 * HOUR))
        }
    );
    assert!(pool.acquire(&ANY, at(2 * HOUR - 1), FAIR).is_err());
    serve(&mut pool, &ANY, &Verdict::ok("test"), 2 * HOUR);
    serve(&mut pool, &ANY, &Verdict::ok("test"), 3 * HOUR - 1);
    assert_eq!(
        no_way(&mut pool, &ANY, 3 * HOUR),
        NoWay::Busy {
            until: Some(at(26 * HOUR))
        }
    );
}

#[test]
fn keys_without_credit_are_no_reason_to_wait() {
    let mut pool = pool(Policy::CreditWeighted);
    pool.put(with(1, |key| key.credit = credit(0, 1)), at(0));
    assert_eq!(no_way(&mut pool, &ANY, 0), NoWay::Unaffordable { anlas: 0 });
}

#[test]
fn when_every_node_was_tried_there_is_nothing_left_to_try() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 1), at(0));
    let (node, _) = pool.node("a").unwrap();
    let want = Want {
        tried_nodes: &[node],
        ..ANY
    };
    assert_eq!(no_way(&mut pool, &want, 0), NoWay::Exhausted);
}

#[test]
fn a_broken_connection_keeps_the_account_out_for_as_long_as_such_requests_take() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 1), at(0));
    let hang = Verdict::node(CoolDown::ServerError, Retry::Never, "test");
    for start in [0, 10_000] {
        let lease = pool.acquire(&PRICED, at(start), FAIR).unwrap();
        pool.release(lease, &ended(&Verdict::ok("test"), None), at(start + 8_000), FAIR);
    }
    let lease = pool.acquire(&PRICED, at(20_000), FAIR).unwrap();
    pool.release(lease, &ended(&hang, None), at(22_000), FAIR);
    assert!(pool.acquire(&PRICED, at(27_999), FAIR).is_err());
    assert!(pool.acquire(&PRICED, at(28_000), FAIR).is_ok());
}

#[test]
fn leases_that_outlive_a_key_that_is_gone_all_end() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 2), at(0));
    let hang = Verdict::node(CoolDown::ServerError, Retry::Never, "test");
    let held = [0, 4_000].map(|start| pool.acquire(&ANY, at(start), FAIR).unwrap());
    pool.gone(PoolKeyId(1));
    for lease in held {
        pool.release(lease, &ended(&hang, None), at(5_000), FAIR);
    }
    pool.wake(at(60_000));
    assert_eq!((pool.keys.len(), pool.next_alarm()), (0, None));
    pool.put(key(2, 1), at(60_000));
    assert_eq!(pool.keys.slots_in_use(), 1, "the slot is used again");
}

#[test]
fn alarms_do_not_pile_up() {
    let mut pool = pool(Policy::RoundRobin);
    let caps = Caps {
        hours: Hours::between(0, 20).unwrap(),
        ..Caps::default()
    };
    for turn in 0..500 {
        let now = turn * 6_000;
        pool.put(capped(1, caps), at(now));
        serve(&mut pool, &ANY, &busy(), now);
    }
    assert_eq!(pool.keys.alarms_set(), 1);
}

#[test]
fn many_models_that_rest_do_not_make_choosing_dear() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=400).for_each(|id| pool.put(key(id, 1), at(0)));
    let barred = Verdict::refused(Outcome::Quota, Scope::KeyModel, CoolDown::Payment, "test");
    for turn in 0..2_000 {
        let lease = pool.acquire(&ANY, at(0), FAIR).unwrap();
        let model = format!("model-{turn}");
        pool.release(
            lease,
            &Ended {
                model: Some(&model),
                ..ended(&barred, None)
            },
            at(0),
            FAIR,
        );
    }
    assert!(pool.keys.kinds() <= 256);
}

#[test]
fn a_storm_of_malformed_requests_changes_nothing_about_any_key() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=4).for_each(|id| pool.put(with(id, |key| key.account = account(100, 1)), at(0)));
    serve(&mut pool, &ANY, &busy(), 0);
    let before = pool.report_keys(at(0));
    for turn in 0..1_000 {
        let want = if turn % 2 == 0 { &ANY } else { &PRICED };
        serve(&mut pool, want, &Verdict::client("test"), 0);
    }
    pool.take_spending(Booking::All);
    assert_eq!(pool.report_keys(at(0)), before);
    assert_eq!(pool.report(at(0)).ready, 3);
    assert_eq!(pool.take_spending(Booking::All), []);
}

#[test]
fn what_a_cap_or_balance_depends_on_is_booked_at_once_and_mere_counts_later() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 1), at(0));
    let well = Verdict::ok("test");
    for (price, urgent) in [(Price::FREE, 0), (paid(20), 1)] {
        let want = Want { price, ..ANY };
        let lease = pool.acquire(&want, at(0), FAIR).unwrap();
        pool.release(lease, &ended(&well, None), at(0), FAIR);
        assert_eq!(pool.take_spending(Booking::Urgent).len(), urgent, "{price:?}");
    }
    assert_eq!(
        pool.take_spending(Booking::All),
        [],
        "the urgent booking took all of that key"
    );
}

fn paid(anlas: u32) -> Price {
    Price {
        full: anlas,
        on_opus: anlas,
        v5: false,
    }
}

fn moves(pool: &mut Pool, now: u64) -> Vec<(i64, State, i64)> {
    let journal = pool.take_journal(at(now));
    assert!(!journal.lost);
    let moves = journal.moves.into_iter();
    moves.map(|one| (one.key.0, one.state, one.at)).collect()
}

#[test]
fn the_journal_says_when_a_key_began_to_rest_and_when_that_was_over_though_nobody_asked_for_it() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 1), at(0));
    serve(&mut pool, &ANY, &busy(), 1000);
    let cooling = moves(&mut pool, 1000);
    let [(1, State::Cooling { until }, 1000)] = cooling.as_slice() else {
        panic!("{cooling:?}")
    };
    let later = until.millis() + 60_000;
    assert_eq!(
        moves(&mut pool, later),
        [(1, State::Healthy, i64::try_from(until.millis()).unwrap())]
    );
    assert_eq!(moves(&mut pool, later), []);
}

#[test]
fn the_journal_is_bounded_and_says_that_something_was_lost() {
    let mut pool = pool(Policy::RoundRobin);
    pool.put(key(1, 1), at(0));
    for turn in 0..5000 {
        serve(&mut pool, &ANY, &busy(), turn * 100_000);
        pool.recheck(PoolKeyId(1), at(turn * 100_000 + 1));
    }
    let journal = pool.take_journal(at(600_000_000));
    assert!(journal.lost);
    assert_eq!(journal.moves.len(), 8192);
    assert_eq!(pool.take_journal(at(600_000_000)), Journal::default());
}
