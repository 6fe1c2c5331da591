//! Forgetting what is older than it is kept: a partition at a time where there are some, else a few rows.
//!
//! Invariant: a step holds others up only for a moment. Marks and names stay for ever.

use potluck_filters::spending::DAY_MS;

use super::book::Book;
use super::level::Level;
use super::record::{OF_EVENTS, OF_MINUTES};
use super::{UsageStore, row};
use crate::dialect::Dialect;
use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;

/// Rows of one step: some milliseconds of SQLite's one writer.
const SQLITE_ROWS: i64 = 500;
const POSTGRES_ROWS: i64 = 10_000;

/// What a step has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tidied {
    /// Something was forgotten, and there may be more.
    Some,
    /// Nothing was left to forget.
    Done,
}

impl UsageStore {
    /// Forgets a little of what is too old. Call it again until it is [`Tidied::Done`].
    ///
    /// # Errors
    /// When the database fails, or others hold what is to be forgotten for seconds; nothing is lost by trying later.
    pub async fn tidy(&self, now: i64) -> Result<Tidied, StoreError> {
        let minutes = self.kept.sums_since(Level::Minute, now);
        let events = self.kept.events_since(now);
        let tables = OF_EVENTS.map(|table| (table, events)).into_iter();
        for (table, day) in tables.chain(OF_MINUTES.map(|table| (table, minutes))) {
            if self.books.drop_before(day, table).await? {
                return Ok(Tidied::Some);
            }
        }
        for question in self.old_rows(now) {
            let mut writing = self.books.write().await?;
            let gone = writing.run(question).await?;
            writing.commit().await?;
            if gone > 0 {
                return Ok(Tidied::Some);
            }
        }
        Ok(Tidied::Done)
    }

    fn old_rows(&self, now: i64) -> Vec<Question> {
        let rows = Cell::Int(match self.books.dialect() {
            Dialect::Sqlite => SQLITE_ROWS,
            Dialect::Postgres => POSTGRES_ROWS,
        });
        let first = row::first_id(self.kept.events_since(now) * DAY_MS);
        let events = "delete from usage_events where id in \
                      (select id from usage_events where id < $1 order by id limit $2)";
        let traces = "delete from usage_traces where id in \
                      (select id from usage_traces where id < $1 order by id limit $2)";
        let persons = "delete from usage_persons where (day, pool_key_id, user_id) in \
                       (select day, pool_key_id, user_id from usage_persons where day < $1 limit $2)";
        let of_day = |text: &str, before| Question::new(text).with(Cell::Int(before)).with(rows.clone());
        let uses = "delete from usage_key_uses where (client_key_id, former, program) in \
                    (select client_key_id, former, program from usage_key_uses where used_at < $1 limit $2)";
        let days = self.kept.sums_since(Level::Day, now);
        let mut questions = vec![
            of_day(uses, days.saturating_mul(DAY_MS)),
            of_day(events, first),
            of_day(traces, first),
            of_day(persons, self.kept.events_since(now)),
        ];
        let latencies = ("usage_latencies", "level, bucket, upstream, endpoint".to_owned());
        let books = Book::ALL.map(|book| (book.table(), book.key().join(", ")));
        for (table, key) in books.into_iter().chain([latencies]) {
            for level in Level::ALL {
                let bucket = level.bucket(self.kept.sums_since(level, now) * DAY_MS);
                let text = format!(
                    "delete from {table} where level = $1 and bucket < $2 and ({key}) in \
                     (select {key} from {table} where level = $1 and bucket < $2 limit $3)"
                );
                questions.push(
                    Question::new(text)
                        .with(Cell::Int(level.number()))
                        .with(Cell::Int(bucket))
                        .with(rows.clone()),
                );
            }
        }
        questions
    }
}
