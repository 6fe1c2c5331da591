//! What is asked of sums.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::meter::Figure;
use potluck_filters::rejection::Code;
use potluck_filters::spending::{DAY_MS, Whose};
use potluck_filters::usage::{Admitted, Ended, StatusClass, UsageEvent};

use super::{ALWAYS, NOW, batch, each, event};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::ask::{Filter, Measure, Member, Persons, Point, Step, TotalsOf};
use crate::usage::book::Dim;
use crate::usage::level::Span;

const MINUTE: i64 = 60_000;

fn of_user(number: u64, user: i64, ended_at: i64) -> UsageEvent {
    UsageEvent {
        user: Some(UserId(user)),
        client_key: Some(ClientKeyId(user * 10)),
        ..event(number, ended_at)
    }
}

fn refused(number: u64, ended_at: i64) -> UsageEvent {
    UsageEvent {
        status: 429,
        ended: Ended::Refused,
        code: Some(Code::RateLimited),
        pool_key: None,
        node: None,
        attempts: 0,
        ..event(number, ended_at)
    }
}

async fn written(books: &UsageStore, events: Vec<UsageEvent>) {
    books.record(&batch(7, 0, events), NOW).await.unwrap();
}

#[tokio::test]
async fn a_series_has_its_steps_and_no_zeros() {
    each(async |database| {
        let books = database.books().await;
        let events = vec![
            event(0, NOW),
            event(1, NOW + 1),
            refused(2, NOW + MINUTE),
            event(3, NOW + 7 * MINUTE),
        ];
        written(&books, events).await;
        let span = Span {
            from: NOW,
            to: NOW + 10 * MINUTE,
        };
        let ask = async |step, by, filter: Filter| {
            let series = books.series(span, step, by, &filter, NOW).await.unwrap();
            let point = |point: Point| ((point.at - NOW) / MINUTE, point.of, point.sums.requests);
            series.points.into_iter().map(point).collect::<Vec<_>>()
        };
        assert_eq!(
            ask(Step::Minute, None, Filter::default()).await,
            [(0, None, 2), (1, None, 1), (7, None, 1)]
        );
        let (ok, limited) = (
            Member::Class(StatusClass::Ok),
            Member::Class(StatusClass::Limited),
        );
        assert_eq!(
            ask(Step::FiveMinutes, Some(Dim::Class), Filter::default()).await,
            [(0, Some(ok.clone()), 2), (0, Some(limited), 1), (5, Some(ok), 1)]
        );
        let mine = Filter {
            user: Some(UserId(1)),
            class: Some(StatusClass::Ok),
            ..Filter::default()
        };
        assert_eq!(ask(Step::Hour, None, mine).await, [(0, None, 3)]);
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_largest_come_first_and_pages_follow_on() {
    each(async |database| {
        let books = database.books().await;
        // User n has n requests; those of 5 and 6 are as many.
        let counts = [(1, 1), (2, 2), (3, 3), (5, 5), (6, 5)];
        let users = counts
            .iter()
            .flat_map(|(user, count)| std::iter::repeat_n(*user, *count));
        let events: Vec<_> = (0..)
            .zip(users)
            .map(|(number, user)| of_user(number, user, NOW - 3 * MINUTE))
            .collect();
        written(&books, events).await;
        let mut of = TotalsOf {
            by: vec![Dim::User, Dim::Model],
            measure: Measure::Tokens,
            limit: 2,
            ..TotalsOf::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = books.totals(ALWAYS, &of, NOW).await.unwrap();
            for total in page.rows {
                assert_eq!(total.of[1], Member::Model(Some("gpt-5".into())));
                seen.push((total.of[0].clone(), total.sums.requests));
            }
            of.after = page.next;
            if of.after.is_none() {
                break;
            }
        }
        let user = |id, count| (Member::User(Some(UserId(id))), count);
        assert_eq!(seen, [user(5, 5), user(6, 5), user(3, 3), user(2, 2), user(1, 1)]);
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn reported_and_estimated_are_apart_and_what_nobody_knows_is_counted() {
    each(async |database| {
        let books = database.books().await;
        let mut events: Vec<_> = (0..3).map(|number| event(number, NOW)).collect();
        events[1].used.prompt = Figure::Estimated(7);
        events[2].used.prompt = Figure::None;
        written(&books, events).await;
        let totals = books.totals(ALWAYS, &TotalsOf::default(), NOW).await.unwrap();
        let sums = totals.rows[0].sums;
        assert_eq!(
            (sums.prompt.reported, sums.prompt.estimated, sums.prompt.told),
            (100, 7, 2)
        );
        assert_eq!((sums.requests, sums.anlas.told), (3, 0));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_who_used_whose_key() {
    each(async |database| {
        let books = database.books().await;
        let mut events: Vec<_> = (0..5)
            .map(|number| of_user(number, number as i64 + 1, NOW))
            .collect();
        events.push(UsageEvent {
            pool_key: Some(PoolKeyId(4)),
            ..of_user(5, 1, NOW)
        });
        events.push(UsageEvent {
            pool_key: Some(PoolKeyId(4)),
            ..of_user(6, 2, NOW)
        });
        events.push(UsageEvent {
            pool_key: Some(PoolKeyId(4)),
            ..of_user(7, 2, NOW)
        });
        written(&books, events).await;
        let keys = [PoolKeyId(3), PoolKeyId(4), PoolKeyId(5)];
        let days = books.persons(&keys, 20_000, 20_001).await.unwrap();
        let told: Vec<_> = days.iter().map(|day| (day.pool_key.0, day.persons)).collect();
        assert_eq!(told, [(3, Persons::Many(5)), (4, Persons::FewerThanThree)]);
        let both = TotalsOf {
            by: vec![Dim::User],
            filter: Filter {
                pool_keys: Some(vec![PoolKeyId(3)]),
                ..Filter::default()
            },
            ..TotalsOf::default()
        };
        let error = books.totals(ALWAYS, &both, NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Unanswerable));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn latencies_merge_over_any_range() {
    each(async |database| {
        let books = database.books().await;
        let timed = |number: u64, total, ended_at| {
            let mut event = event(number, ended_at);
            event.times.total = total;
            event
        };
        let events =
            (0..100).map(|number| timed(number, 1000 * (number + 1), NOW - 30 * MINUTE * number as i64));
        written(&books, events.collect()).await;
        let all = books.latencies(ALWAYS, &Filter::default(), NOW).await.unwrap();
        assert_eq!(all.total.count(), 100);
        let half = all.total.quantile(0.5).unwrap();
        assert!((40_000..60_000).contains(&half), "{half}");
        let last = Span {
            from: NOW - 95 * MINUTE,
            to: NOW + MINUTE,
        };
        let part = books.latencies(last, &Filter::default(), NOW).await.unwrap();
        assert_eq!(part.total.count(), 4);
        let (step, points) = books
            .latency_series(last, Step::Hour, &Filter::default(), NOW)
            .await
            .unwrap();
        let counts: Vec<_> = points.iter().map(|point| point.latencies.total.count()).collect();
        assert_eq!((step, counts), (Step::Hour, vec![2, 2, 1]), "whole hours");
        let of_user = Filter {
            user: Some(UserId(1)),
            ..Filter::default()
        };
        let error = books.latencies(last, &of_user, NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Unanswerable));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_edge_that_begins_anew_learns_what_was_spent_and_admitted() {
    each(async |database| {
        let books = database.books().await;
        let mut costly = event(0, NOW);
        costly.used.anlas = Figure::Estimated(20);
        let long = UsageEvent {
            times: potluck_filters::usage::Times {
                total: 90_000_000,
                ..event(3, NOW).times
            },
            ..event(3, NOW)
        };
        let events = vec![
            costly,
            event(1, NOW - 1500),
            refused(2, NOW),
            long,
            event(4, NOW - DAY_MS),
        ];
        written(&books, events).await;
        let spent = books.spent_on(20_000).await.unwrap();
        let told: Vec<_> = spent
            .iter()
            .map(|one| (one.whose, one.requests, one.anlas))
            .collect();
        assert_eq!(
            told,
            [
                (Whose::PoolKey(PoolKeyId(3)), 3, 20),
                (Whose::ClientKey(ClientKeyId(2)), 3, 20)
            ]
        );
        let admitted = books.admitted_since(NOW - 60_000).await.unwrap();
        let at = |at, requests| Admitted {
            user: UserId(1),
            client_key: ClientKeyId(2),
            at,
            requests,
        };
        assert_eq!(admitted, [at(NOW - 3000, 1), at(NOW - 1000, 1)]);
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_another_process_named_is_known_to_all() {
    each(async |database| {
        let (one, other) = (database.books().await, database.books().await);
        written(&one, vec![event(0, NOW)]).await;
        let of = TotalsOf {
            by: vec![Dim::Model],
            ..TotalsOf::default()
        };
        let totals = other.totals(ALWAYS, &of, NOW).await.unwrap();
        assert_eq!(totals.rows[0].of, [Member::Model(Some("gpt-5".into()))]);
        assert_eq!(super::all(&other).await, [event(0, NOW)]);
        one.close().await;
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_books_say_how_large_they_are() {
    each(async |database| {
        let books = database.books().await;
        let old = NOW - 40 * DAY_MS;
        written(&books, vec![event(0, NOW), event(1, NOW - DAY_MS), event(2, old)]).await;
        let size = books.size(NOW).await.unwrap();
        assert_eq!(size.requests, 2, "the third is older than is kept");
        assert!(size.bytes > 100_000, "{size:?}");
        let tables = books.table_sizes().await.unwrap();
        let all: u64 = tables.iter().map(|table| table.bytes).sum();
        assert!(all <= size.bytes, "{all} of {size:?}");
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_range_until_now_ends_where_it_was_asked_to() {
    each(async |database| {
        let books = database.books().await;
        written(&books, vec![event(0, NOW), event(1, NOW - 3 * DAY_MS)]).await;
        let span = Span {
            from: NOW - DAY_MS,
            to: NOW + 1,
        };
        let totals = books.totals(span, &TotalsOf::default(), NOW).await.unwrap();
        assert_eq!(totals.span, span);
        assert_eq!(totals.rows[0].sums.requests, 1);
        books.close().await;
    })
    .await;
}
