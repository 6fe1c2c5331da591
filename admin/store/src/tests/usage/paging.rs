//! Lists, page by page.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::rejection::Code;
use potluck_filters::trace::{Trace, What};
use potluck_filters::usage::{Ended, Endpoint, RequestNumber, StatusClass, UsageEvent};

use super::{ALWAYS, NOW, batch, each, event};
use crate::usage::ask::{EntryFilter, Filter};
use crate::usage::level::Span;

fn everything() -> EntryFilter {
    EntryFilter {
        span: ALWAYS,
        of: Filter::default(),
        code: None,
    }
}

#[tokio::test]
async fn pages_have_every_request_once_while_others_come() {
    each(async |database| {
        let books = database.books().await;
        // Several of one millisecond, too.
        let old: Vec<_> = (0..60)
            .map(|number| event(number, NOW - 100 + number as i64 / 7))
            .collect();
        books.record(&batch(7, 0, old.clone()), NOW).await.unwrap();
        let (mut seen, mut below, mut next) = (Vec::new(), None, 60_u64);
        loop {
            let page = books.entries(&everything(), below, 7).await.unwrap();
            seen.extend(page.entries);
            books
                .record(
                    &batch(7, next, vec![event(next, NOW), event(next + 1, NOW - 95)]),
                    NOW,
                )
                .await
                .unwrap();
            next += 2;
            below = page.next;
            if below.is_none() {
                break;
            }
        }
        assert!(seen.is_sorted_by(|one, other| one.id > other.id));
        for event in &old {
            let found = seen.iter().filter(|entry| entry.event == *event).count();
            assert_eq!(found, 1, "{}", event.request);
        }
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_is_found_by_its_number() {
    each(async |database| {
        let books = database.books().await;
        let events: Vec<_> = (0..9).map(|number| event(number, NOW)).collect();
        books.record(&batch(7, 0, events.clone()), NOW).await.unwrap();
        let found = books.entry(events[4].request).await.unwrap().unwrap();
        assert_eq!(found.event, events[4]);
        let mut unlike = events[4].request.0;
        unlike[0] = 0;
        assert_eq!(books.entry(RequestNumber(unlike)).await.unwrap(), None);
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_did_not_end_well_has_its_trace() {
    each(async |database| {
        let books = database.books().await;
        let mut trace = Trace::default();
        trace.add(7, What::ClientLeft);
        let traced = |number, status| UsageEvent {
            trace: Some(Arc::new(trace.clone())),
            status,
            ..event(number, NOW)
        };
        let (well, ill) = (traced(0, 200), traced(1, 502));
        let events = vec![well.clone(), ill.clone()];
        books.record(&batch(7, 0, events), NOW).await.unwrap();
        let found = books.entry(ill.request).await.unwrap().unwrap();
        assert_eq!(found.event, ill);
        let found = books.entry(well.request).await.unwrap().unwrap();
        assert_eq!(found.event, UsageEvent { trace: None, ..well });
        books.close().await;
    })
    .await;
}

/// Requests of which each is unlike the first in one thing.
fn unlike_one_another() -> Vec<UsageEvent> {
    let plain = event(0, NOW);
    let unlike = |number, change: fn(&mut UsageEvent)| {
        let mut event = event(number, NOW - 10);
        change(&mut event);
        event
    };
    vec![
        plain,
        unlike(1, |event| event.user = Some(UserId(9))),
        unlike(2, |event| event.client_key = Some(ClientKeyId(9))),
        unlike(3, |event| event.pool_key = Some(PoolKeyId(9))),
        unlike(4, |event| event.upstream = Some("novelai".into())),
        unlike(5, |event| event.model = Some("o9".into())),
        unlike(6, |event| event.endpoint = Endpoint::Images),
        unlike(7, |event| event.status = 502),
        unlike(8, |event| {
            event.code = Some(Code::RateLimited);
            event.ended = Ended::Refused;
            event.status = 429;
        }),
        unlike(9, |event| event.node = Some("second".into())),
    ]
}

#[tokio::test]
async fn a_list_has_only_what_was_asked_for() {
    each(async |database| {
        let books = database.books().await;
        let events = unlike_one_another();
        books.record(&batch(7, 0, events.clone()), NOW).await.unwrap();
        let of = |of: Filter| EntryFilter { of, ..everything() };
        let none = Filter::default;
        #[rustfmt::skip]
        let asked = [
            (1, of(Filter { user: Some(UserId(9)), ..none() })),
            (2, of(Filter { client_key: Some(ClientKeyId(9)), ..none() })),
            (3, of(Filter { pool_keys: Some(vec![PoolKeyId(8), PoolKeyId(9)]), ..none() })),
            (4, of(Filter { upstream: Some("novelai".into()), ..none() })),
            (5, of(Filter { model: Some("o9".into()), ..none() })),
            (6, of(Filter { endpoint: Some(Endpoint::Images), ..none() })),
            (7, of(Filter { class: Some(StatusClass::UpstreamFailed), ..none() })),
            (8, EntryFilter { code: Some(Code::RateLimited), ..everything() }),
            (9, of(Filter { node: Some("second".into()), ..none() })),
            (0, EntryFilter { span: Span { from: NOW, to: NOW + 1 }, ..everything() }),
        ];
        for (place, filter) in asked {
            let page = books.entries(&filter, None, 50).await.unwrap();
            let found: Vec<_> = page.entries.into_iter().map(|entry| entry.event).collect();
            assert_eq!(found, [events[place].clone()], "{filter:?}");
        }
        for nothing in [
            of(Filter {
                pool_keys: Some(Vec::new()),
                ..none()
            }),
            of(Filter {
                model: Some("never".into()),
                ..none()
            }),
        ] {
            assert!(
                books
                    .entries(&nothing, None, 50)
                    .await
                    .unwrap()
                    .entries
                    .is_empty()
            );
        }
        books.close().await;
    })
    .await;
}
