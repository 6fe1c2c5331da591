//! Writing what an edge ships.
//!
//! Invariant: events, all their sums and the mark up to which they are written become true together or not at all, so a
//! batch may be sent again as often as its sender likes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use potluck_filters::meter::Figure;
use potluck_filters::spending::{DAY_MS, day_of};
use potluck_filters::usage::{Times, UsageEvent, Used};

use super::batch::{Batch, HighWater};
use super::book::Book;
use super::names::Numbers;
use super::rolled::{Key, Rolled};
use super::sums::{Kind, Sums};
use super::{UsageStore, latencies, row, traces};
use crate::dialect::usage::{Bulk, Cell, Daily, Question, Writing};
use crate::error::StoreError;

/// Events of one transaction, where so many wait. Each adds to the same sums of the hour and the day, so the more come
/// together, the fewer rows are written: at 16 000 a third of what a thousand at a time are. It is held for some tenths
/// of a second; who asks does not wait for it, and nobody else writes here.
const ROWS: usize = 16_384;

/// Persons of pool keys that are remembered: a few megabytes.
const SEEN: usize = 50_000;

/// Far more than a request has; less than would make sums overflow in a day of them.
const LARGEST: u64 = 1 << 42;

/// The tables of requests, of which each day has a partition.
pub(crate) const OF_EVENTS: [Daily; 2] = [events("usage_events"), events("usage_traces")];

/// The tables of minutes, of which each day has a partition.
pub(crate) const OF_MINUTES: [Daily; 5] = [
    minutes(Book::Class.table()),
    minutes(Book::Node.table()),
    minutes(Book::ClientKey.table()),
    minutes(Book::PoolKey.table()),
    minutes("usage_latencies"),
];

const fn events(table: &'static str) -> Daily {
    Daily {
        table,
        bound: |day| row::first_id(day * DAY_MS).to_string(),
    }
}

const fn minutes(table: &'static str) -> Daily {
    Daily {
        table,
        bound: |day| format!("0, {}", day * 24 * 60),
    }
}

impl UsageStore {
    /// Writes what of a batch is not written yet, and says up to which number it is now. `now` is the wall clock, in
    /// milliseconds since the Unix epoch: a request that says it ended more than a day later ended then.
    ///
    /// # Errors
    /// When the database fails. Some of the batch may be written; the rest is when it is sent again.
    pub async fn record(&self, batch: &Batch, now: i64) -> Result<HighWater, StoreError> {
        self.record_by(ROWS, batch, now).await
    }

    /// The same, with so many events in one transaction.
    pub(crate) async fn record_by(
        &self,
        rows: usize,
        batch: &Batch,
        now: i64,
    ) -> Result<HighWater, StoreError> {
        let events: Vec<UsageEvent> = batch.events.iter().map(|event| bounded(event, now)).collect();
        self.names.learn(&self.books, &events).await?;
        let mut first = batch.first;
        let mut written = HighWater(first.saturating_sub(1));
        for events in events.chunks(rows) {
            let part = Part {
                edge: &batch.edge,
                epoch: batch.epoch,
                first,
                events,
            };
            written = self.write(&part, now).await?;
            first = first.saturating_add(events.len() as u64);
        }
        Ok(written)
    }

    /// Up to which number the events of an edge's process are written; `None` where none are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn high_water(&self, edge: &str, epoch: i64) -> Result<Option<HighWater>, StoreError> {
        Ok(up_to(&self.books.ask(mark_of(edge, epoch)).await?))
    }

    async fn write(&self, part: &Part<'_>, now: i64) -> Result<HighWater, StoreError> {
        self.prepare_days(part.events, now).await?;
        let written = self.write_prepared(part, now).await;
        if written.is_err() {
            // Perhaps since a day's partition is gone.
            self.days.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        written
    }

    async fn prepare_days(&self, events: &[UsageEvent], now: i64) -> Result<(), StoreError> {
        let oldest = self
            .kept
            .events_since(now)
            .min(self.kept.sums_since(super::level::Level::Minute, now));
        let days: BTreeSet<i64> = events.iter().map(|event| day_of(event.ended_at)).collect();
        for day in days.into_iter().filter(|day| *day >= oldest) {
            let there = self
                .days
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&day);
            if !there {
                self.books
                    .prepare_day(day, &[&OF_EVENTS[..], &OF_MINUTES].concat())
                    .await?;
                self.days
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(day);
            }
        }
        Ok(())
    }

    async fn write_prepared(&self, part: &Part<'_>, now: i64) -> Result<HighWater, StoreError> {
        let mut writing = self.books.write().await?;
        let serial = serials(&mut writing, part.events.len()).await?;
        let mark = up_to(&writing.ask(mark_of(part.edge, part.epoch)).await?);
        let events = part.after(mark);
        let Some(last) = part.last().filter(|_| !events.is_empty()) else {
            return Ok(mark.unwrap_or(HighWater(part.first.saturating_sub(1))));
        };
        let persons = self.put(&mut writing, events, serial, now).await?;
        let uses = self.put_key_uses(&mut writing, events).await?;
        let question = "insert into usage_marks (edge, epoch, up_to) values ($1, $2, $3) \
                        on conflict (edge, epoch) do update set up_to = excluded.up_to";
        let question = Question::new(question)
            .with(Cell::Text(part.edge.to_owned()))
            .with(Cell::Int(part.epoch))
            .with(Cell::Int(last.0.cast_signed()));
        writing.run(question).await?;
        writing.commit().await?;
        self.saw(persons);
        self.remember_key_uses(uses);
        Ok(last)
    }

    pub(crate) async fn put(
        &self,
        writing: &mut Writing,
        events: &[UsageEvent],
        serial: i64,
        now: i64,
    ) -> Result<Vec<[i64; 3]>, StoreError> {
        let numbers: Vec<Numbers> = events.iter().map(|event| self.names.numbers(event)).collect();
        let numbered = || events.iter().zip(numbers.iter().copied());
        let oldest = self.kept.events_since(now);
        let mut cells = Vec::with_capacity(events.len() * row::COLUMNS.len());
        let mut traced = Vec::new();
        for (serial, (event, names)) in (serial..).zip(numbered()) {
            if day_of(event.ended_at) >= oldest {
                let id = row::id(event.ended_at, serial);
                cells.extend(row::cells(event, id, names));
                traced.extend(traces::kept(event).map(|trace| (id, trace)));
            }
        }
        writing.bulk(&self.statements.events, &cells).await?;
        traces::put(writing, &traced).await?;
        let rolled = Rolled::of(numbered(), self.kept, now);
        for ((statements, book), (_, rows)) in self.statements.sums.iter().zip(Book::ALL).zip(&rolled.books) {
            add(writing, statements, book, rows).await?;
        }
        let persons = self.unseen(rolled.persons);
        let cells: Vec<_> = persons.iter().flatten().map(|number| Some(*number)).collect();
        writing.bulk(&self.statements.persons, &cells).await?;
        latencies::add(writing, rolled.latencies).await?;
        Ok(persons)
    }

    fn unseen(&self, persons: BTreeSet<[i64; 3]>) -> Vec<[i64; 3]> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        persons
            .into_iter()
            .filter(|person| !seen.contains(person))
            .collect()
    }

    /// Remembers persons that are committed now.
    fn saw(&self, persons: Vec<[i64; 3]>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() + persons.len() > SEEN {
            seen.clear();
        }
        seen.extend(persons);
    }
}

/// Adds to one table of sums, one kind of rows after the other.
async fn add(
    writing: &mut Writing,
    statements: &[Bulk; Kind::ALL.len()],
    book: Book,
    rows: &BTreeMap<Key, Sums>,
) -> Result<(), StoreError> {
    let columns = 2 + book.dims().len();
    for (kind, bulk) in Kind::ALL.into_iter().zip(statements) {
        let mut cells = Vec::new();
        for (key, sums) in rows.iter().filter(|(_, sums)| sums.kind() == kind) {
            cells.extend(key.iter().take(columns).map(|number| Some(*number)));
            cells.extend(kind.of(sums.cells()));
        }
        writing.bulk(bulk, &cells).await?;
    }
    Ok(())
}

/// What one transaction writes.
struct Part<'b> {
    edge: &'b str,
    epoch: i64,
    first: u64,
    events: &'b [UsageEvent],
}

impl<'b> Part<'b> {
    /// The number of the last event.
    fn last(&self) -> Option<HighWater> {
        let later = (self.events.len() as u64).checked_sub(1)?;
        Some(HighWater(self.first.saturating_add(later)))
    }

    /// Those that are not written yet.
    fn after(&self, mark: Option<HighWater>) -> &'b [UsageEvent] {
        let written = mark.map_or(0, |mark| mark.0.saturating_add(1).saturating_sub(self.first));
        let written = usize::try_from(written).unwrap_or(usize::MAX);
        self.events.get(written..).unwrap_or_default()
    }
}

/// Takes serial numbers, and says the first. From here on, other writers wait.
async fn serials(writing: &mut Writing, count: usize) -> Result<i64, StoreError> {
    let text = "update usage_meta set last_serial = last_serial + $1 where id = 1 returning last_serial";
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let rows = writing.ask(Question::new(text).with(Cell::Int(count))).await?;
    match rows.first().map(Vec::as_slice) {
        Some([Cell::Int(last)]) => Ok(last - count + 1),
        Some(_) | None => Err(StoreError::NoMeta),
    }
}

fn mark_of(edge: &str, epoch: i64) -> Question {
    Question::new("select up_to from usage_marks where edge = $1 and epoch = $2")
        .with(Cell::Text(edge.to_owned()))
        .with(Cell::Int(epoch))
}

fn up_to(rows: &[Vec<Cell>]) -> Option<HighWater> {
    match rows.first().map(Vec::as_slice) {
        Some([Cell::Int(mark)]) => Some(HighWater(mark.cast_unsigned())),
        Some(_) | None => None,
    }
}

/// Within what the columns hold, and no later than a day from now: whatever an upstream reports or an edge's clock says
/// must not be a row that can never be written.
fn bounded(event: &UsageEvent, now: i64) -> UsageEvent {
    let figure = |figure| match figure {
        Figure::None => Figure::None,
        Figure::Estimated(amount) => Figure::Estimated(u64::min(amount, LARGEST)),
        Figure::Reported(amount) => Figure::Reported(u64::min(amount, LARGEST)),
    };
    let (times, used) = (event.times, event.used);
    UsageEvent {
        ended_at: event.ended_at.clamp(0, now.saturating_add(DAY_MS).max(0)),
        asked_bytes: event.asked_bytes.min(LARGEST),
        answered_bytes: event.answered_bytes.min(LARGEST),
        times: Times {
            queued: times.queued.min(LARGEST),
            total: times.total.min(LARGEST),
            ..times
        },
        used: Used {
            prompt: figure(used.prompt),
            cached: figure(used.cached),
            completion: figure(used.completion),
            images: figure(used.images),
            anlas: figure(used.anlas),
            cost: figure(used.cost),
        },
        ..event.clone()
    }
}
