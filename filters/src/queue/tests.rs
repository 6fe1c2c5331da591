use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

mod fairness;
mod plain;

const ROOMY: QueueSettings = QueueSettings {
    max_wait: Duration::from_secs(25),
    per_upstream: 10_000,
    per_user: 10_000,
};

fn at(ms: u64) -> Moment {
    Moment::from_millis(ms)
}

fn join(queue: &mut Queue<u8>, user: i64, share: Share) -> WaiterId {
    match queue.join(UserId(user), share, 0, at(0)) {
        Joined::Waits(id) | Joined::InsteadOf(id, _) => id,
        Joined::Full => panic!("the queue is full"),
    }
}

/// Takes out who is next.
fn next(queue: &mut Queue<u8>) -> Option<WaiterId> {
    let (id, _) = queue.first(|_| true)?;
    queue.serve(id, at(0)).map(|_| id)
}

#[test]
fn a_user_is_served_in_the_order_of_asking() {
    let mut queue = Queue::new(ROOMY);
    let ids: Vec<_> = (0..5).map(|_| join(&mut queue, 1, Share::Guest)).collect();
    assert_eq!(std::iter::from_fn(|| next(&mut queue)).collect::<Vec<_>>(), ids);
}

#[test]
fn who_asks_for_little_does_not_wait_behind_who_asks_for_much() {
    let mut queue = Queue::new(ROOMY);
    (0..100).for_each(|_| _ = join(&mut queue, 1, Share::Weight(1)));
    next(&mut queue);
    let late = join(&mut queue, 2, Share::Weight(1));
    let before = std::iter::from_fn(|| next(&mut queue))
        .take_while(|id| *id != late)
        .count();
    assert!(before <= 1, "{before} were served first");
}

#[test]
fn whoever_did_not_ask_saved_up_nothing() {
    let mut queue = Queue::new(ROOMY);
    (0..50).for_each(|_| _ = join(&mut queue, 1, Share::Weight(1)));
    (0..30).for_each(|_| _ = next(&mut queue));
    let own: Vec<_> = (0..10).map(|_| join(&mut queue, 2, Share::Weight(1))).collect();
    let served: Vec<_> = (0..10)
        .filter_map(|_| next(&mut queue))
        .filter(|id| own.contains(id))
        .collect();
    assert_eq!(served.len(), 5, "turn by turn from now on");
}

#[test]
fn a_guest_who_contributes_from_now_on_is_not_held_to_the_turns_of_guests() {
    let mut queue = Queue::new(ROOMY);
    // Guests' turns go by while contributors hardly move.
    (0..60).for_each(|_| _ = join(&mut queue, 1, Share::Guest));
    (0..50).for_each(|_| _ = next(&mut queue));
    (2..4).for_each(|user| (0..20).for_each(|_| _ = join(&mut queue, user, Share::Weight(8))));
    let guests: Vec<_> = queue
        .waiters
        .iter()
        .filter(|(_, w)| w.user == UserId(1))
        .map(|(id, _)| *id)
        .collect();
    guests.into_iter().for_each(|id| assert!(queue.leave(id)));
    let mine = join(&mut queue, 1, Share::Weight(8));
    let before = std::iter::from_fn(|| next(&mut queue))
        .take_while(|id| *id != mine)
        .count();
    assert!(before <= 2, "{before} were served first");
}

#[test]
fn beyond_its_bounds_the_newest_of_the_longest_user_makes_room() {
    let settings = QueueSettings {
        per_upstream: 4,
        per_user: 3,
        ..ROOMY
    };
    let mut queue = Queue::new(settings);
    let of_one: Vec<_> = (0..3).map(|_| join(&mut queue, 1, Share::Guest)).collect();
    assert_eq!(
        queue.join(UserId(1), Share::Guest, 0, at(0)),
        Joined::Full,
        "three of a user"
    );
    join(&mut queue, 2, Share::Guest);
    let Joined::InsteadOf(_, gone) = queue.join(UserId(3), Share::Guest, 0, at(0)) else {
        panic!("nobody made room");
    };
    assert_eq!(gone, of_one[2]);
    assert!(!queue.leave(gone));
    assert_eq!(
        queue.join(UserId(2), Share::Guest, 0, at(0)),
        Joined::Full,
        "it would be no shorter than the longest"
    );
    assert_eq!((queue.len(), queue.users()), (4, 3));
}

#[test]
fn with_no_room_at_all_nobody_waits() {
    let mut queue = Queue::new(QueueSettings {
        per_upstream: 0,
        ..ROOMY
    });
    assert_eq!(queue.join(UserId(1), Share::Guest, 0, at(0)), Joined::Full);
}

#[test]
fn what_one_class_can_not_have_does_not_hold_up_another() {
    let mut queue = Queue::new(ROOMY);
    let Joined::Waits(rare) = queue.join(UserId(1), Share::Guest, 1, at(0)) else {
        panic!()
    };
    let Joined::Waits(usual) = queue.join(UserId(1), Share::Guest, 2, at(0)) else {
        panic!()
    };
    assert_eq!(queue.first(|class| *class == 2).map(|(id, _)| id), Some(usual));
    assert_eq!(queue.first(|_| true).map(|(id, _)| id), Some(rare));
}

#[test]
fn the_time_waited_is_told() {
    let mut queue = Queue::new(ROOMY);
    let Joined::Waits(id) = queue.join(UserId(1), Share::Guest, 0, at(300)) else {
        panic!()
    };
    assert_eq!(queue.since(id), Some(at(300)));
    assert_eq!(queue.serve(id, at(1_000)), Some(Duration::from_millis(700)));
    assert_eq!((queue.serve(id, at(1_000)), queue.leave(id)), (None, false));
}

#[test]
fn users_of_whom_nobody_waits_are_forgotten() {
    let mut queue = Queue::new(ROOMY);
    join(&mut queue, 0, Share::Weight(1));
    for user in 1..10_000 {
        let id = join(
            &mut queue,
            user,
            if user % 2 == 0 {
                Share::Guest
            } else {
                Share::Weight(3)
            },
        );
        queue.leave(id);
    }
    assert!(
        queue.lines.len() <= 2 * FEW,
        "{} users are remembered",
        queue.lines.len()
    );
    assert_eq!(
        (queue.len(), queue.users(), queue.weight, queue.guests_waiting),
        (1, 1, 1, 0)
    );
    next(&mut queue);
    assert!(queue.lines.is_empty() && queue.classes.is_empty() && queue.lengths.is_empty());
}

#[test]
fn classes_that_nobody_waits_for_are_used_again() {
    let mut queue = Queue::new(ROOMY);
    join(&mut queue, 1, Share::Guest);
    for class in 1..=255 {
        let Joined::Waits(id) = queue.join(UserId(2), Share::Guest, class, at(0)) else {
            panic!()
        };
        queue.leave(id);
    }
    assert_eq!(queue.classes.len(), 2);
}
