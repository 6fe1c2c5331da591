//! What one write adds to the sums: added up in memory first, so that each row is touched once.

use std::collections::{BTreeMap, BTreeSet};

use potluck_filters::latency::Latencies;
use potluck_filters::spending::day_of;
use potluck_filters::usage::{StatusClass, UsageEvent};

use super::book::{Book, Dim};
use super::kept::Kept;
use super::level::Level;
use super::names::Numbers;
use super::row::place;
use super::sums::Sums;

/// Level, bucket and what a table is kept by, in the order of its key; behind that, zeros.
pub(crate) type Key = [i64; 8];

/// Level, bucket, upstream and endpoint.
pub(crate) type LatencyKey = [i64; 4];

/// What is to be added.
#[derive(Debug, Default)]
pub(crate) struct Rolled {
    pub(crate) books: [(Option<Book>, BTreeMap<Key, Sums>); Book::ALL.len()],
    pub(crate) latencies: BTreeMap<LatencyKey, Latencies>,
    /// Day, pool key and user.
    pub(crate) persons: BTreeSet<[i64; 3]>,
}

impl Rolled {
    /// Adds up events with the numbers of their names. What is too old for a level is not added to it.
    pub(crate) fn of<'e>(
        events: impl Iterator<Item = (&'e UsageEvent, Numbers)>,
        kept: Kept,
        now: i64,
    ) -> Self {
        let mut rolled = Self::default();
        for ((place, _), book) in rolled.books.iter_mut().zip(Book::ALL) {
            *place = Some(book);
        }
        for (event, numbers) in events {
            rolled.add(event, numbers, kept, now);
        }
        rolled
    }

    fn add(&mut self, event: &UsageEvent, numbers: Numbers, kept: Kept, now: i64) {
        let sums = Sums::of(event);
        for level in Level::ALL {
            if !kept.has(level, event.ended_at, now) {
                continue;
            }
            let bucket = level.bucket(event.ended_at);
            for (book, rows) in &mut self.books {
                let fits = |book: &Book| {
                    let has = book.needs().is_none_or(|dim| number(dim, event, numbers) != 0);
                    has && book.levels().contains(&level)
                };
                let Some(book) = book.filter(fits) else {
                    continue;
                };
                let mut key = [level.number(), bucket, 0, 0, 0, 0, 0, 0];
                for (place, dim) in key.iter_mut().skip(2).zip(book.dims()) {
                    *place = number(*dim, event, numbers);
                }
                rows.entry(key).or_default().add(&sums);
            }
            let key = [level.number(), bucket, numbers.upstream, event.endpoint.number()];
            self.latencies.entry(key).or_default().note(&event.times);
        }
        if let (Some(user), Some(pool_key)) = (event.user, event.pool_key) {
            let day = day_of(event.ended_at);
            if day >= kept.events_since(now) {
                self.persons.insert([day, pool_key.0, user.0]);
            }
        }
    }
}

fn number(dim: Dim, event: &UsageEvent, numbers: Numbers) -> i64 {
    match dim {
        Dim::Upstream => numbers.upstream,
        Dim::Node => numbers.node,
        Dim::Model => numbers.model,
        Dim::Endpoint => event.endpoint.number(),
        Dim::Code => numbers.code,
        Dim::Class => place(StatusClass::ALL, &event.class()),
        Dim::User => event.user.map_or(0, |id| id.0),
        Dim::ClientKey => event.client_key.map_or(0, |id| id.0),
        Dim::PoolKey => event.pool_key.map_or(0, |id| id.0),
    }
}
