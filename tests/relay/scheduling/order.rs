//! Who is next: fair among users, first come first served within one.

use potluck_fakes::novelai::Settings;

use super::{OTHERS_KEY, arrived, retry_after, statuses, with_another_user};
use crate::ask::sent;
use crate::world::{CLIENT_KEY, NovelAiWorld, Plan, World, novelai};

/// A relay whose only account is at work until the fake lets go: on image 0, which somebody waits for.
async fn busy(
    change: impl FnOnce(&mut Plan),
) -> (NovelAiWorld, World, tokio::task::JoinHandle<reqwest::Response>) {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = with_another_user(upstream.plan());
    change(&mut plan);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.numbered(CLIENT_KEY, 0)));
    upstream.accounts[0].until_busy().await;
    (upstream, world, first)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_two_does_not_wait_for_all_of_who_sent_twenty() {
    let (upstream, world, first) = busy(|_| {}).await;
    let mut asked = world.line_up(CLIENT_KEY, 1..=20).await;
    asked.extend(world.line_up(OTHERS_KEY, 101..=102).await);
    asked.push(first);
    upstream.fake.release();
    assert_eq!(statuses(asked).await, [200; 23]);
    let order = arrived(&upstream);
    let second = order.iter().position(|seed| *seed == 102).unwrap();
    assert!(second <= 4, "turn by turn, and not {order:?}");
    let of_one: Vec<_> = order.into_iter().filter(|seed| *seed < 100).collect();
    assert!(of_one.is_sorted(), "first come, first served: {of_one:?}");
    assert_eq!(
        (world.queue("served"), upstream.accounts[0].lock_refusals()),
        (22, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_contributes_weighs_more_than_who_does_not() {
    let (upstream, world, first) = busy(|plan| plan.users[0].weight = 3).await;
    let mut asked = world.line_up(OTHERS_KEY, 101..=108).await;
    asked.extend(world.line_up(CLIENT_KEY, 1..=8).await);
    asked.push(first);
    upstream.fake.release();
    assert_eq!(statuses(asked).await, [200; 17]);
    let order = arrived(&upstream);
    let of_contributor = order[1..9].iter().filter(|seed| **seed < 100).count();
    assert_eq!(of_contributor, 6, "three to one: {order:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_the_newest_of_who_has_most_in_it() {
    let (upstream, world, first) = busy(|plan| plan.layout.upstreams[0].queue.per_upstream = 3).await;
    let mut asked = world.line_up(CLIENT_KEY, 1..=3).await;
    let other = tokio::spawn(sent(world.numbered(OTHERS_KEY, 101)));
    let refused = asked.pop().unwrap().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(retry_after(&refused) >= 1);
    assert!(refused.text().await.unwrap().contains("queue_full"));
    // Whoever has as many already makes no more room.
    let own = sent(world.numbered(CLIENT_KEY, 4)).await;
    assert_eq!((own.status().as_u16(), world.queue("waiting")), (503, 3));
    asked.extend([first, other]);
    upstream.fake.release();
    assert_eq!(statuses(asked).await, [200; 4]);
    let mut order = arrived(&upstream);
    order.sort_unstable();
    assert_eq!((order, world.queue("refused")), (vec![0, 1, 2, 101], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_fills_its_own_part_of_the_queue_only() {
    let (upstream, world, first) = busy(|plan| plan.layout.upstreams[0].queue.per_user = 2).await;
    let mut asked = world.line_up(CLIENT_KEY, 1..=2).await;
    let refused = sent(world.numbered(CLIENT_KEY, 3)).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("queue_full"));
    asked.extend(world.line_up(OTHERS_KEY, 101..=102).await);
    asked.push(first);
    upstream.fake.release();
    assert_eq!(statuses(asked).await, [200; 5]);
}
