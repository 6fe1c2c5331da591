//! Forgetting what is older than it is kept: a partition at a time where there are some, else a few rows.
//!
//! How many rows these are follows from how long they took before, table by table. Invariant: a step holds others up
//! only for a moment. Marks and names stay for ever.

mod pace;

use std::collections::BTreeMap;
use std::time::Duration;

use potluck_filters::spending::DAY_MS;
use potluck_filters::time::Moment;

use super::book::Book;
use super::level::Level;
use super::record::{OF_EVENTS, OF_MINUTES};
use super::{UsageStore, row};
use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;

use pace::Pace;

/// What a step has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tidied {
    /// Something was forgotten, and there may be more. Others who write waited at most so long for it.
    Some(Duration),
    /// Nothing was left to forget.
    Done,
}

/// Whoever forgets, step by step, by a clock.
#[derive(Debug)]
pub struct Forgetting<C> {
    books: UsageStore,
    clock: C,
    paces: BTreeMap<&'static str, Pace>,
}

/// Rows of a table that are too old.
struct Old {
    table: &'static str,
    key: String,
    /// Which they are.
    which: &'static str,
    values: Vec<i64>,
}

impl<C: Fn() -> Moment> Forgetting<C> {
    /// Forgets what of these books is too old.
    pub const fn new(books: UsageStore, clock: C) -> Self {
        Self {
            books,
            clock,
            paces: BTreeMap::new(),
        }
    }

    /// Forgets a little of what is too old. `now` is the wall clock, in milliseconds since the Unix epoch. Call it again
    /// until it is [`Tidied::Done`].
    ///
    /// # Errors
    /// When the database fails, or others hold what is to be forgotten for seconds; nothing is lost by trying later.
    pub async fn step(&mut self, now: i64) -> Result<Tidied, StoreError> {
        let began = (self.clock)();
        if self.books.drop_a_day(now).await? {
            return Ok(Tidied::Some((self.clock)().since(began)));
        }
        for old in self.books.old(now) {
            let pace = self.paces.entry(old.table).or_default();
            let mut writing = self.books.books.write().await?;
            let began = (self.clock)();
            let gone = writing.run(old.question(pace.rows())).await?;
            writing.commit().await?;
            if gone > 0 {
                let took = (self.clock)().since(began);
                pace.took(gone, took);
                self.books.books.settle().await?;
                return Ok(Tidied::Some(took));
            }
        }
        Ok(Tidied::Done)
    }
}

impl Old {
    /// Deletes so many of them.
    fn question(self, rows: u64) -> Question {
        let Self {
            table, key, which, ..
        } = self;
        let limit = self.values.len() + 1;
        let text = format!(
            "delete from {table} where {which} and ({key}) in \
             (select {key} from {table} where {which} order by {key} limit ${limit})"
        );
        let values = self.values.into_iter().chain([rows.cast_signed()]);
        values.map(Cell::Int).fold(Question::new(text), Question::with)
    }
}

impl UsageStore {
    async fn drop_a_day(&self, now: i64) -> Result<bool, StoreError> {
        let minutes = self.kept.sums_since(Level::Minute, now);
        let events = self.kept.events_since(now);
        let tables = OF_EVENTS.map(|table| (table, events)).into_iter();
        for (table, day) in tables.chain(OF_MINUTES.map(|table| (table, minutes))) {
            if self.books.drop_before(day, table).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn old(&self, now: i64) -> Vec<Old> {
        let first = row::first_id(self.kept.events_since(now) * DAY_MS);
        let days = self.kept.sums_since(Level::Day, now);
        let before = |table, key: &str, which, value| Old {
            table,
            key: key.to_owned(),
            which,
            values: vec![value],
        };
        let uses = "client_key_id, former, program";
        let persons = "day, pool_key_id, user_id";
        let mut old = vec![
            before(
                "usage_key_uses",
                uses,
                "used_at < $1",
                days.saturating_mul(DAY_MS),
            ),
            before("usage_events", "id", "id < $1", first),
            before("usage_traces", "id", "id < $1", first),
            before("usage_persons", persons, "day < $1", self.kept.events_since(now)),
        ];
        let latencies = ("usage_latencies", "level, bucket, upstream, endpoint".to_owned());
        let books = Book::ALL.map(|book| (book.table(), book.key().join(", ")));
        for (table, key) in books.into_iter().chain([latencies]) {
            old.extend(Level::ALL.map(|level| Old {
                table,
                key: key.clone(),
                which: "level = $1 and bucket < $2",
                values: vec![
                    level.number(),
                    level.bucket(self.kept.sums_since(level, now) * DAY_MS),
                ],
            }));
        }
        old
    }
}
