use std::collections::BTreeMap;

use super::*;
use crate::judge::{CoolDown, Outcome, Retry, Scope, Verdict};
use crate::model::NodePlan;
use crate::pool::tests::{ANY, FAIR, at, busy, ended, key, node, upstream};
use crate::queue::QueueSettings;

mod sequences;

fn scheduler(queue: QueueSettings) -> Scheduler {
    let upstream = upstream(Policy::RoundRobin, vec![node("a", Role::Any)]);
    Scheduler::new(Arc::new(Upstream { queue, ..upstream }), 0)
}

fn with_keys(keys: i64) -> Scheduler {
    let mut scheduler = scheduler(QueueSettings::default());
    (1..=keys).for_each(|id| drop(scheduler.put(key(id, 1), at(0))));
    scheduler
}

fn asker(user: i64) -> Asker {
    Asker {
        user: UserId(user),
        share: Share::Weight(1),
        max_wait: Duration::from_secs(25),
    }
}

fn ask(scheduler: &mut Scheduler, user: i64, now: u64) -> Asked {
    let (asked, effects) = scheduler.ask(&asker(user), &ANY, at(now), FAIR);
    assert!(effects.is_empty());
    asked
}

fn leased(asked: Asked) -> Lease {
    match asked {
        Asked::Leased(lease) => lease,
        other => panic!("{other:?}"),
    }
}

fn waits(asked: Asked) -> WaiterId {
    match asked {
        Asked::Waits(id, _) => id,
        other => panic!("{other:?}"),
    }
}

fn refused(asked: Asked) -> Refused {
    match asked {
        Asked::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

/// Who is woken, and the leases.
fn woken(effects: Vec<Effect>) -> (Vec<WaiterId>, Vec<Lease>) {
    let wakes = effects.into_iter().map(|effect| match effect {
        Effect::Wake(id, lease) => (id, lease),
        Effect::Refuse(id, why) => panic!("{id:?} was refused: {why:?}"),
    });
    wakes.unzip()
}

fn rest(scheduler: &mut Scheduler, lease: Lease, seconds: u64, now: u64) -> Vec<Effect> {
    let (verdict, span) = (busy(), Duration::from_secs(seconds));
    scheduler
        .release(lease, &ended(&verdict, Some(span)), at(now), FAIR)
        .1
}

#[test]
fn a_key_that_becomes_free_goes_to_the_first_who_waits_and_to_nobody_else() {
    let mut scheduler = with_keys(1);
    let lease = leased(ask(&mut scheduler, 1, 0));
    let first = waits(ask(&mut scheduler, 2, 1));
    let second = waits(ask(&mut scheduler, 3, 2));
    let (who, leases) = woken(scheduler.give_back(lease, at(3)));
    assert_eq!(who, [first]);
    let late = waits(ask(&mut scheduler, 4, 4));
    let (who, leases) = woken(scheduler.give_back(leases.into_iter().next().unwrap(), at(5)));
    assert_eq!(who, [second]);
    let (who, _leases) = woken(scheduler.give_back(leases.into_iter().next().unwrap(), at(6)));
    assert_eq!(who, [late]);
    let report = scheduler.report();
    assert_eq!(
        (report.waiting, report.served, report.left, report.refused),
        (0, 3, 0, 0)
    );
}

#[test]
fn who_leaves_is_passed_over() {
    let mut scheduler = with_keys(1);
    let lease = leased(ask(&mut scheduler, 1, 0));
    let (gone, stays) = (waits(ask(&mut scheduler, 2, 0)), waits(ask(&mut scheduler, 3, 0)));
    scheduler.leave(gone);
    scheduler.leave(gone);
    assert_eq!(woken(scheduler.give_back(lease, at(1))).0, [stays]);
    assert_eq!(scheduler.report().left, 1);
}

#[test]
fn a_rest_that_no_wait_can_bridge_is_refused_with_its_end_to_the_millisecond() {
    let mut scheduler = with_keys(1);
    let lease = leased(ask(&mut scheduler, 1, 0));
    rest(&mut scheduler, lease, 40, 1_234);
    let retry_after = Duration::from_millis(41_234 - 10_000);
    assert_eq!(
        refused(ask(&mut scheduler, 2, 10_000)),
        Refused::TooLate { retry_after }
    );
    let id = waits(ask(&mut scheduler, 2, 16_234));
    assert_eq!(scheduler.due(), Some(at(41_234)));
    assert!(scheduler.tick(at(41_233)).is_empty());
    assert_eq!(woken(scheduler.tick(at(41_234))).0, [id]);
}

#[test]
fn who_would_be_next_is_let_in_however_slow_the_line_was() {
    let mut scheduler = with_keys(1);
    let mut lease = leased(ask(&mut scheduler, 1, 0));
    // Generations of 24 seconds, again and again.
    for turn in 1..40 {
        let id = waits(ask(&mut scheduler, 1, (turn - 1) * 24_000));
        let (who, leases) = woken(scheduler.give_back(lease, at(turn * 24_000)));
        assert_eq!(who, [id]);
        lease = leases.into_iter().next().unwrap();
    }
    let now = 39 * 24_000;
    let impatient = Asker {
        max_wait: Duration::from_secs(3),
        ..asker(2)
    };
    let (asked, _) = scheduler.ask(&impatient, &ANY, at(now), FAIR);
    waits(asked);
    let (asked, _) = scheduler.ask(&impatient, &ANY, at(now), FAIR);
    let Refused::TooLate { retry_after } = refused(asked) else {
        panic!()
    };
    assert!(
        (40..=48).contains(&retry_after.as_secs()),
        "two turns less the patience: {retry_after:?}"
    );
}

#[test]
fn a_pause_in_which_nobody_could_be_served_says_little_about_the_line() {
    let mut scheduler = with_keys(2);
    let mut leases: Vec<_> = (0..2).map(|_| leased(ask(&mut scheduler, 1, 0))).collect();
    for turn in 0..50_u64 {
        let now = turn * 3_600_000;
        let id = waits(ask(&mut scheduler, 1, now));
        let (who, mut next) = woken(scheduler.give_back(leases.remove(0), at(now + 500)));
        assert_eq!(who, [id]);
        leases.append(&mut next);
    }
    let now = 50 * 3_600_000;
    waits(ask(&mut scheduler, 1, now));
    assert_eq!(scheduler.report().expected_ms, Some(1_000), "half a second each");
}

#[test]
fn whoever_looks_at_the_pool_takes_no_wake_away() {
    let mut scheduler = with_keys(1);
    let lease = leased(ask(&mut scheduler, 1, 0));
    rest(&mut scheduler, lease, 5, 0);
    let id = waits(ask(&mut scheduler, 1, 0));
    scheduler.pool().report(at(6_000));
    assert!(scheduler.due().is_some_and(|due| due <= at(6_000)));
    assert_eq!(woken(scheduler.tick(at(6_000))).0, [id]);
}

#[test]
fn a_full_queue_sends_the_newest_of_the_longest_away() {
    let settings = QueueSettings {
        per_upstream: 3,
        ..QueueSettings::default()
    };
    let mut scheduler = scheduler(settings);
    drop(scheduler.put(key(1, 1), at(0)));
    let _lease = leased(ask(&mut scheduler, 1, 0));
    let mine: Vec<_> = (0..3).map(|_| waits(ask(&mut scheduler, 1, 0))).collect();
    let (asked, effects) = scheduler.ask(&asker(2), &ANY, at(0), FAIR);
    waits(asked);
    assert!(matches!(effects[..], [Effect::Refuse(id, Refused::Full { .. })] if id == mine[2]));
    assert!(matches!(refused(ask(&mut scheduler, 1, 0)), Refused::Full { .. }));
    assert_eq!(scheduler.report().refused, 2);
}

#[test]
fn a_broken_connection_wakes_nobody_until_the_account_is_free_again() {
    let mut scheduler = with_keys(1);
    let hang = Verdict::node(CoolDown::None, Retry::Never, "test");
    let lease = leased(ask(&mut scheduler, 1, 0));
    let id = waits(ask(&mut scheduler, 2, 0));
    let (_, effects) = scheduler.release(lease, &ended(&hang, None), at(1_000), FAIR);
    assert!(effects.is_empty());
    let due = scheduler.due().unwrap();
    assert_eq!(
        due,
        at(30_000),
        "thirty seconds from its start, since nothing was learned"
    );
    assert_eq!(woken(scheduler.tick(due)).0, [id]);
}

#[test]
fn a_key_that_is_put_in_or_rechecked_serves_who_waits() {
    let mut scheduler = with_keys(1);
    let lease = leased(ask(&mut scheduler, 1, 0));
    let (first, second) = (waits(ask(&mut scheduler, 2, 0)), waits(ask(&mut scheduler, 3, 0)));
    let (who, _second_key) = woken(scheduler.put(key(2, 1), at(1)));
    assert_eq!(who, [first]);
    assert!(rest(&mut scheduler, lease, 20, 1).is_empty());
    assert_eq!(woken(scheduler.recheck(PoolKeyId(1), at(2))).0, [second]);
}

#[test]
fn what_no_wait_helps_is_refused_at_once() {
    let mut scheduler = with_keys(0);
    assert_eq!(refused(ask(&mut scheduler, 1, 0)), Refused::NoWay(NoWay::Empty));
}

#[test]
fn who_waits_for_one_key_is_refused_when_it_goes_and_holds_nobody_up_before() {
    let mut scheduler = with_keys(2);
    let leases: Vec<_> = (0..2).map(|_| leased(ask(&mut scheduler, 1, 0))).collect();
    let pinned = Want {
        only_key: Some(PoolKeyId(1)),
        ..ANY
    };
    let (asked, _) = scheduler.ask(&asker(2), &pinned, at(0), FAIR);
    let (for_one, for_any) = (waits(asked), waits(ask(&mut scheduler, 3, 0)));
    let [first, second] = leases.try_into().unwrap();
    assert_eq!(first.key().unwrap().id, PoolKeyId(1));
    assert!(scheduler.turn_away().is_empty(), "it is only busy");
    let (who, held) = woken(scheduler.give_back(second, at(1)));
    assert_eq!(who, [for_any], "the other key is nothing to who came first");
    scheduler.gone(PoolKeyId(1));
    let effects = scheduler.turn_away();
    let empty = Refused::NoWay(NoWay::Empty);
    assert!(
        matches!(effects[..], [Effect::Refuse(id, why)] if id == for_one && why == empty),
        "{effects:?}"
    );
    assert_eq!(scheduler.report().waiting, 0);
    for lease in held.into_iter().chain([first]) {
        assert!(scheduler.give_back(lease, at(2)).is_empty());
    }
}

#[test]
fn who_waits_when_nodes_change_is_refused_only_if_the_keys_that_come_with_it_do_not_fit() {
    for host in ["b", "c"] {
        let mut scheduler = with_keys(1);
        let lease = leased(ask(&mut scheduler, 1, 0));
        let id = waits(ask(&mut scheduler, 2, 0));
        let moved = NodePlan::default().over(&[node("b", Role::Any)]);
        assert!(scheduler.set_nodes(&moved, at(1), FAIR).is_empty());
        let key = PoolKey {
            origins: Arc::from([format!("{host}.example:443").into()]),
            ..PoolKey::clone(&key(1, 1))
        };
        assert!(scheduler.put(Arc::new(key), at(1)).is_empty());
        let refused = scheduler.turn_away();
        assert_eq!(refused.len(), usize::from(host == "c"));
        let (who, leases) = woken(scheduler.give_back(lease, at(2)));
        let expected = if host == "b" { vec![id] } else { vec![] };
        assert_eq!(who, expected);
        leases
            .into_iter()
            .for_each(|lease| drop(scheduler.give_back(lease, at(3))));
    }
}
