//! Filling the books, at the pace of thirty days and at a rush, and forgetting a day of them.

use std::error::Error;
use std::time::{Duration, Instant};

use potluck_filters::time::Moment;
use potluck_store::usage::tidy::{Forgetting, Tidied};
use potluck_store::usage::{Batch, UsageStore};

use crate::cpu;
use crate::people::{Chance, Names, request};

const DAY_MS: i64 = 86_400_000;

/// What is written lies before this: a day's noon.
const NOW: i64 = 20_000 * DAY_MS + DAY_MS / 2;

/// Days that are filled: as many as requests are kept for.
const DAYS: i64 = 30;

/// Requests that are shipped at once, where so many wait.
const BATCH: u64 = 16_384;

/// A rush has as many requests in each second as have to be written.
const RUSH_PER_S: u64 = 20_000;

pub(crate) struct Filled {
    pub(crate) kept: u64,
    pub(crate) rate: f64,
    pub(crate) cpu_us: f64,
    /// The next number.
    next: u64,
    pub(crate) now: i64,
}

/// Requests spread over thirty days: each batch has many minutes, so nearly each request makes rows of its own.
pub(crate) async fn fill(
    books: &UsageStore,
    rows: u64,
    port: Option<&str>,
) -> Result<Filled, Box<dyn Error>> {
    let (mut chance, names) = (Chance(1), Names::new());
    let (mut written, mut took, mut worked) = (0, Duration::ZERO, Duration::ZERO);
    let long = DAYS * DAY_MS;
    let mut forgetting = forgetting(books);
    while written < rows {
        let at = |number: u64| NOW - long + (long as f64 * (number as f64 / rows as f64)) as i64;
        let last = (written + BATCH).min(rows);
        let events = (written..last).map(|number| request(&mut chance, &names, number, at(number)));
        let batch = batch(written, events.collect());
        let (began, before) = (Instant::now(), cpu::worked(port));
        books.record(&batch, at(last)).await?;
        took += began.elapsed();
        worked += cpu::worked(port) - before;
        if (written / BATCH).is_multiple_of(10) {
            progress("filled", written, rows, took);
        }
        // As in life: minutes are forgotten while requests come.
        if (written / BATCH).is_multiple_of(20) {
            while forgetting.step(at(last)).await? != Tidied::Done {}
        }
        written = last;
    }
    Ok(Filled {
        kept: rows,
        rate: rows as f64 / took.as_secs_f64(),
        cpu_us: worked.as_secs_f64() * 1e6 / rows as f64,
        next: rows,
        now: NOW,
    })
}

/// A line now and then, for whoever waits.
fn progress(what: &str, written: u64, rows: u64, took: Duration) {
    let rate = written as f64 / took.as_secs_f64().max(0.001);
    eprintln!("{what} {written} of {rows}, {rate:.0} a second");
}

pub(crate) struct Rush {
    pub(crate) rows: u64,
    pub(crate) rate: f64,
    pub(crate) cpu_us: f64,
    pub(crate) slowest_ms: f64,
}

/// Twenty thousand requests of each second.
pub(crate) async fn rush(
    books: &UsageStore,
    filled: &Filled,
    rows: u64,
    port: Option<&str>,
) -> Result<Rush, Box<dyn Error>> {
    let (mut chance, names) = (Chance(2), Names::new());
    let (mut written, mut took, mut slowest) = (0, Duration::ZERO, Duration::ZERO);
    let mut worked = Duration::ZERO;
    while written < rows {
        let at = |number: u64| filled.now + (number * 1000 / RUSH_PER_S).cast_signed();
        let last = (written + BATCH).min(rows);
        let events =
            (written..last).map(|number| request(&mut chance, &names, filled.next + number, at(number)));
        let batch = batch(filled.next + written, events.collect());
        let (began, before) = (Instant::now(), cpu::worked(port));
        books.record(&batch, at(last)).await?;
        let one = began.elapsed();
        worked += cpu::worked(port) - before;
        took += one;
        slowest = slowest.max(one);
        written = last;
    }
    Ok(Rush {
        rows,
        rate: rows as f64 / took.as_secs_f64(),
        cpu_us: worked.as_secs_f64() * 1e6 / rows as f64,
        slowest_ms: slowest.as_secs_f64() * 1000.0,
    })
}

fn batch(first: u64, events: Vec<potluck_filters::usage::UsageEvent>) -> Batch {
    Batch {
        edge: "bench".into(),
        epoch: 1,
        first: first + 1,
        events,
    }
}

pub(crate) struct Forgotten {
    pub(crate) whole_ms: f64,
    pub(crate) slowest_ms: f64,
    pub(crate) steps: u32,
}

/// Whoever forgets, by a clock of its own.
fn forgetting(books: &UsageStore) -> Forgetting<impl Fn() -> Moment> {
    let began = Instant::now();
    let clock = move || Moment::default() + began.elapsed();
    Forgetting::new(books.clone(), clock)
}

/// Forgets the oldest day, once everything before is forgotten.
pub(crate) async fn forget(books: &UsageStore, now: i64) -> Result<Forgotten, Box<dyn Error>> {
    let mut forgetting = forgetting(books);
    while forgetting.step(now).await? != Tidied::Done {}
    let (mut slowest, mut steps) = (Duration::ZERO, 0);
    let began = Instant::now();
    while let Tidied::Some(held) = forgetting.step(now + DAY_MS).await? {
        slowest = slowest.max(held);
        steps += 1;
    }
    Ok(Forgotten {
        whole_ms: began.elapsed().as_secs_f64() * 1000.0,
        slowest_ms: slowest.as_secs_f64() * 1000.0,
        steps,
    })
}
