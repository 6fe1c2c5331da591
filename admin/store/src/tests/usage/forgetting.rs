//! What is forgotten when, and what never.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use potluck_filters::id::PoolKeyId;
use potluck_filters::spending::DAY_MS;
use potluck_filters::time::Moment;

use super::{Database, NOW, all, batch, each, event};
use crate::dialect::usage::{Cell, Question};
use crate::usage::ask::{Filter, Step, TotalsOf};
use crate::usage::level::{Level, Span};
use crate::usage::tidy::{Forgetting, Tidied};
use crate::usage::{HighWater, UsageStore};

/// Forgets all that is too old, by a clock that stands still, and says in how many steps.
pub(super) async fn tidied(books: &UsageStore, now: i64) -> u32 {
    let mut forgetting = Forgetting::new(books.clone(), Moment::default);
    let mut steps = 0;
    while forgetting.step(now).await.unwrap() != Tidied::Done {
        steps += 1;
    }
    steps
}

async fn rows(books: &UsageStore, level: Level) -> i64 {
    let text = "select count(*) from usage_by_client_key where level = $1";
    let question = Question::new(text).with(Cell::Int(level.number()));
    match books.books.ask(question).await.unwrap()[0][0] {
        Cell::Int(count) => count,
        ref other => panic!("{other:?}"),
    }
}

async fn levels(books: &UsageStore) -> [i64; 3] {
    [
        rows(books, Level::Minute).await,
        rows(books, Level::Hour).await,
        rows(books, Level::Day).await,
    ]
}

#[tokio::test]
async fn each_level_is_forgotten_in_its_own_time() {
    each(async |database| {
        let books = database.books().await;
        let two_days = vec![event(0, NOW), event(1, NOW + DAY_MS)];
        books.record(&batch(7, 0, two_days), NOW + DAY_MS).await.unwrap();
        for (days, events, sums) in [
            (1, 2, [2, 2, 2]),
            (3, 2, [1, 2, 2]),
            (4, 2, [0, 2, 2]),
            (31, 1, [0, 2, 2]),
            (32, 0, [0, 2, 2]),
            (61, 0, [0, 1, 2]),
            (401, 0, [0, 0, 1]),
            (402, 0, [0, 0, 0]),
        ] {
            let steps = tidied(&books, NOW + days * DAY_MS).await;
            assert_eq!(all(&books).await.len(), events, "after {days} days");
            assert_eq!(levels(&books).await, sums, "after {days} days");
            assert_eq!(
                tidied(&books, NOW + days * DAY_MS).await,
                0,
                "{steps} steps before"
            );
        }
        let mark = books.high_water("edge-1", 7).await.unwrap();
        assert_eq!(mark, Some(HighWater(1)), "a mark is never forgotten");
        let persons = books.persons(&[PoolKeyId(3)], 0, 30_000).await.unwrap();
        assert_eq!(persons, []);
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn much_is_forgotten_a_little_at_a_time() {
    each(async |database| {
        let books = database.books().await;
        let events: Vec<_> = (0..1200)
            .map(|number| event(number, NOW + number as i64 * 1000))
            .collect();
        books.record(&batch(7, 0, events), NOW + DAY_MS).await.unwrap();
        assert!(tidied(&books, NOW + 500 * DAY_MS).await > 3);
        assert_eq!((all(&books).await.len(), levels(&books).await), (0, [0; 3]));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_step_that_takes_long_makes_the_next_one_smaller() {
    let database = Database::sqlite();
    let books = database.books().await;
    let events: Vec<_> = (0..600).map(|number| event(number, NOW)).collect();
    books.record(&batch(7, 0, events), NOW).await.unwrap();
    // Each look at the clock is 40 ms later than the one before, and then 1 ms: first a step takes as long, then hardly
    // any time.
    let (pace, ms) = (AtomicU64::new(40), AtomicU64::new(0));
    let clock = || {
        let pace = pace.load(Ordering::Relaxed);
        Moment::from_millis(ms.fetch_add(pace, Ordering::Relaxed))
    };
    let mut forgetting = Forgetting::new(books.clone(), clock);
    let mut left = Vec::new();
    for step in 0..8 {
        if step == 4 {
            pace.store(1, Ordering::Relaxed);
        }
        let done = forgetting.step(NOW + 31 * DAY_MS).await.unwrap();
        let held = Duration::from_millis(pace.load(Ordering::Relaxed));
        assert_eq!(done, Tidied::Some(held));
        left.push(all(&books).await.len());
    }
    assert_eq!(left, [500, 463, 450, 440, 430, 410, 370, 290]);
    books.close().await;
}

#[tokio::test]
async fn what_comes_late_is_added_only_to_what_is_still_kept() {
    each(async |database| {
        let books = database.books().await;
        let now = NOW + 10 * DAY_MS;
        books
            .record(&batch(7, 0, vec![event(0, NOW)]), now)
            .await
            .unwrap();
        assert_eq!((all(&books).await.len(), levels(&books).await), (1, [0, 1, 1]));
        let now = NOW + 70 * DAY_MS;
        books
            .record(&batch(7, 1, vec![event(1, NOW)]), now)
            .await
            .unwrap();
        assert_eq!((all(&books).await.len(), levels(&books).await), (1, [0, 1, 1]));
        let day = Span {
            from: NOW,
            to: NOW + 1,
        };
        let totals = books.totals(day, &TotalsOf::default(), now).await.unwrap();
        assert_eq!(totals.rows[0].sums.requests, 2);
        let midnight = NOW - DAY_MS / 2;
        let covered = Span {
            from: midnight,
            to: midnight + DAY_MS,
        };
        assert_eq!(totals.span, covered, "only whole days are left");
        let series = books
            .series(day, Step::Minute, None, &Filter::default(), now)
            .await
            .unwrap();
        assert_eq!((series.step, series.points.len()), (Step::Day, 1));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_day_that_was_forgotten_meanwhile_is_made_again() {
    each(async |database| {
        let books = database.books().await;
        books
            .record(&batch(7, 0, vec![event(0, NOW)]), NOW)
            .await
            .unwrap();
        let other = database.books().await;
        tidied(&other, NOW + 40 * DAY_MS).await;
        // Its own clock is still of before. At the latest, what is sent again is written.
        let again = batch(7, 1, vec![event(1, NOW)]);
        if books.record(&again, NOW).await.is_err() {
            books.record(&again, NOW).await.unwrap();
        }
        assert_eq!(all(&books).await, [event(1, NOW)]);
        books.close().await;
        other.close().await;
    })
    .await;
}
