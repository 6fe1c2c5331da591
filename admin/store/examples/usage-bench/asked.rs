//! The views, as pages ask for them.

use std::error::Error;
use std::time::Instant;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::usage::{RequestNumber, StatusClass};
use potluck_store::error::StoreError;
use potluck_store::usage::UsageStore;
use potluck_store::usage::ask::{EntryFilter, Filter, Step, TotalsOf};
use potluck_store::usage::book::Dim;
use potluck_store::usage::level::Span;
use serde_json::{Map, Value, json};

use crate::cpu;
use crate::people::{Chance, KEYS_EACH, POOL_KEYS, USERS};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Asks for each view so many times, and says how many milliseconds that took, and processors worked for one.
pub(crate) async fn all(
    books: &UsageStore,
    now: i64,
    times: usize,
    port: Option<&str>,
) -> Result<Map<String, Value>, Box<dyn Error>> {
    let mut told = Map::new();
    for (name, view) in VIEWS {
        let mut chance = Chance(3);
        let mut took = Vec::with_capacity(times);
        let before = cpu::worked(port);
        for _ in 0..times {
            let began = Instant::now();
            ask(books, view, now, &mut chance).await?;
            took.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        let worked = (cpu::worked(port) - before).as_secs_f64() * 1000.0 / times as f64;
        took.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = ((took.len() as f64 * share).ceil() as usize).saturating_sub(1);
            took.get(place).map(|ms| (ms * 10.0).round() / 10.0)
        };
        told.insert(
            (*name).to_owned(),
            json!({"p50": at(0.5), "p95": at(0.95), "max": at(1.0), "cpu": (worked * 10.0).round() / 10.0}),
        );
    }
    Ok(told)
}

/// Of which requests.
enum Of {
    All,
    User,
    ClientKey,
    PoolKey,
    Model,
    Failed,
}

enum View {
    /// Over so many hours.
    Series(i64, Step, Option<Dim>, Of),
    LatencySeries(i64, Step),
    /// Of so many days.
    Latencies(i64),
    Totals(i64, &'static [Dim], Of),
    Newest(Of),
    One,
}

const DAY: i64 = 24;

const VIEWS: &[(&str, View)] = &[
    (
        "overview, 6 h by minutes",
        View::Series(6, Step::Minute, None, Of::All),
    ),
    (
        "overview, 24 h by 5 minutes and class",
        View::Series(DAY, Step::FiveMinutes, Some(Dim::Class), Of::All),
    ),
    (
        "overview, 7 d by hours and class",
        View::Series(7 * DAY, Step::Hour, Some(Dim::Class), Of::All),
    ),
    (
        "overview, 30 d by days and upstream",
        View::Series(30 * DAY, Step::Day, Some(Dim::Upstream), Of::All),
    ),
    (
        "overview, 24 h of a model by 5 minutes",
        View::Series(DAY, Step::FiveMinutes, None, Of::Model),
    ),
    (
        "latencies, 24 h by 5 minutes",
        View::LatencySeries(DAY, Step::FiveMinutes),
    ),
    ("latencies, 30 d merged", View::Latencies(30)),
    (
        "user, 7 d by hours",
        View::Series(7 * DAY, Step::Hour, None, Of::User),
    ),
    (
        "user, 30 d by model and endpoint",
        View::Totals(30, &[Dim::Model, Dim::Endpoint], Of::User),
    ),
    (
        "client key, 30 d by model",
        View::Totals(30, &[Dim::Model], Of::ClientKey),
    ),
    (
        "pool key, 24 h by 5 minutes",
        View::Series(DAY, Step::FiveMinutes, None, Of::PoolKey),
    ),
    (
        "pool key, 30 d by model and endpoint",
        View::Totals(30, &[Dim::Model, Dim::Endpoint], Of::PoolKey),
    ),
    ("20 users with most, 7 d", View::Totals(7, &[Dim::User], Of::All)),
    (
        "20 users with most, 30 d",
        View::Totals(30, &[Dim::User], Of::All),
    ),
    (
        "20 client keys with most, 30 d",
        View::Totals(30, &[Dim::ClientKey], Of::All),
    ),
    (
        "20 client keys with most of a model, 30 d",
        View::Totals(30, &[Dim::ClientKey], Of::Model),
    ),
    (
        "20 pool keys with most, 30 d",
        View::Totals(30, &[Dim::PoolKey], Of::All),
    ),
    (
        "20 pool keys with most of a model, 30 d",
        View::Totals(30, &[Dim::PoolKey], Of::Model),
    ),
    ("50 newest requests", View::Newest(Of::All)),
    ("50 newest requests of a user", View::Newest(Of::User)),
    ("50 newest requests of a pool key", View::Newest(Of::PoolKey)),
    ("50 newest failed requests", View::Newest(Of::Failed)),
    ("one request", View::One),
];

fn filter(of: &Of, chance: &mut Chance) -> Filter {
    let mut id = |first: u64, count: u64| (first + chance.below(count)).cast_signed() + 1;
    let mut filter = Filter::default();
    match of {
        Of::All => {}
        Of::User => filter.user = Some(UserId(id(0, USERS))),
        Of::ClientKey => filter.client_key = Some(ClientKeyId(id(USERS, USERS * KEYS_EACH))),
        Of::PoolKey => filter.pool_keys = Some(vec![PoolKeyId(id(USERS * 4, POOL_KEYS))]),
        Of::Model => filter.model = Some("maker/model-3".into()),
        Of::Failed => filter.class = Some(StatusClass::UpstreamFailed),
    }
    filter
}

async fn ask(books: &UsageStore, view: &View, now: i64, chance: &mut Chance) -> Result<(), StoreError> {
    // Not at an hour's edge, so that all levels are read.
    let to = now - chance.below(40 * 60_000).cast_signed();
    let back = |ms: i64| Span { from: to - ms, to };
    match view {
        View::Series(hours, step, by, of) => {
            let of = filter(of, chance);
            books.series(back(hours * HOUR_MS), *step, *by, &of, now).await?;
        }
        View::LatencySeries(hours, step) => {
            let all = Filter::default();
            books
                .latency_series(back(hours * HOUR_MS), *step, &all, now)
                .await?;
        }
        View::Latencies(days) => {
            books
                .latencies(back(days * DAY_MS), &Filter::default(), now)
                .await?;
        }
        View::Totals(days, by, of) => {
            let of = TotalsOf {
                by: by.to_vec(),
                filter: filter(of, chance),
                limit: 20,
                ..TotalsOf::default()
            };
            books.totals(back(days * DAY_MS), &of, now).await?;
        }
        View::Newest(of) => {
            let filter = EntryFilter {
                span: back(30 * DAY_MS),
                of: filter(of, chance),
                code: None,
            };
            books.entries(&filter, None, 50).await?;
        }
        View::One => {
            let [a, b, c, d, e, f, g, h] = chance.below(10_000).to_be_bytes();
            let number = RequestNumber([7, 7, a, b, c, d, e, f, g, h]);
            books.entry(number).await?;
        }
    }
    Ok(())
}
