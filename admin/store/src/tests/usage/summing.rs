//! Sums are the sums of the requests, at every level and in every table.

use std::collections::BTreeMap;

use potluck_filters::latency::Latencies;
use potluck_filters::meter::Figure;
use potluck_filters::spending::DAY_MS;
use potluck_filters::usage::{StatusClass, UsageEvent};
use proptest::prelude::*;

use super::{ALWAYS, Database, NOW, all, batch, each, event, random};
use crate::dialect::usage::{Cell, Question};
use crate::usage::UsageStore;
use crate::usage::ask::{Filter, TotalsOf};
use crate::usage::book::{Book, Dim};
use crate::usage::level::Level;
use crate::usage::sums::Sums;

/// A table as text keys and sums, so that the numbers of names do not matter.
type Table = BTreeMap<(Level, i64, Vec<String>), Sums>;

fn word(dim: Dim, event: &UsageEvent) -> String {
    let name = |name: &Option<std::sync::Arc<str>>| name.as_deref().unwrap_or("").to_owned();
    match dim {
        Dim::Upstream => name(&event.upstream),
        Dim::Node => name(&event.node),
        // A model of which only refusals are known is not named.
        Dim::Model => name(&event.model),
        Dim::Endpoint => event.endpoint.as_str().to_owned(),
        Dim::Class => event.class().as_str().to_owned(),
        Dim::Code => event.code.map_or("", |code| code.as_str()).to_owned(),
        Dim::User => event.user.map_or(0, |id| id.0).to_string(),
        Dim::ClientKey => event.client_key.map_or(0, |id| id.0).to_string(),
        Dim::PoolKey => event.pool_key.map_or(0, |id| id.0).to_string(),
    }
}

fn expected(book: Book, events: &[UsageEvent]) -> Table {
    let mut table = Table::new();
    for event in events {
        let lacks = match book.needs() {
            Some(Dim::PoolKey) => event.pool_key.is_none(),
            Some(_) => event.code.is_none(),
            None => false,
        };
        if lacks {
            continue;
        }
        for &level in book.levels() {
            let words = book.dims().iter().map(|dim| word(*dim, event)).collect();
            let row = table.entry((level, level.bucket(event.ended_at), words));
            row.or_default().add(&Sums::of(event));
        }
    }
    table
}

async fn kept(books: &UsageStore, book: Book) -> Table {
    let columns: Vec<&str> = book.key().into_iter().chain(Sums::COLUMNS).collect();
    let question = Question::new(format!("select {} from {}", columns.join(", "), book.table()));
    let rows = books.books.ask(question).await.unwrap();
    let int = |cell: &Cell| match cell {
        Cell::Int(number) => *number,
        other => panic!("{other:?}"),
    };
    let row = |row: Vec<Cell>| {
        let (key, sums) = row.split_at(book.key().len());
        let words = book.dims().iter().zip(&key[2..]).map(|(dim, cell)| {
            let number = int(cell);
            match dim {
                Dim::Upstream | Dim::Node | Dim::Model | Dim::Code => {
                    books.names.name(number).unwrap_or_default().to_string()
                }
                Dim::Endpoint => potluck_filters::usage::Endpoint::numbered(number)
                    .as_str()
                    .to_owned(),
                Dim::Class => StatusClass::ALL[number as usize].as_str().to_owned(),
                Dim::User | Dim::ClientKey | Dim::PoolKey => number.to_string(),
            }
        });
        let level = Level::ALL[int(&key[0]) as usize];
        ((level, int(&key[1]), words.collect()), Sums::read(sums))
    };
    rows.into_iter().map(row).collect()
}

pub(super) async fn agree(books: &UsageStore, events: &[UsageEvent]) {
    let mut written = events.to_vec();
    written.sort_by_key(|event| event.request);
    assert_eq!(all(books).await, written);
    for book in Book::ALL {
        assert_eq!(kept(books, book).await, expected(book, events), "{book:?}");
    }
    let totals = books.totals(ALWAYS, &TotalsOf::default(), NOW).await.unwrap();
    let whole = events.iter().fold(Sums::default(), |mut sums, event| {
        sums.add(&Sums::of(event));
        sums
    });
    let told = totals.rows.first().map_or(Sums::default(), |total| total.sums);
    assert_eq!(told, whole);
    let mut latencies = Latencies::default();
    events.iter().for_each(|event| latencies.note(&event.times));
    let told = books.latencies(ALWAYS, &Filter::default(), NOW).await.unwrap();
    assert_eq!(told, latencies, "the merged histogram is the histogram of all");
}

/// A batch: seeds, and when each ended before now, within what minutes are kept for.
fn batches() -> impl Strategy<Value = Vec<Vec<(u64, i64)>>> {
    let event = (
        any::<u64>(),
        prop_oneof![0_i64..120_000, 0..DAY_MS, 0..2 * DAY_MS],
    );
    prop::collection::vec(prop::collection::vec(event, 0..40), 1..5)
}

async fn sums_are_sums(database: &Database, batches: &[Vec<(u64, i64)>]) {
    let books = database.books().await;
    // Both models are known before anything is refused.
    let mut events = vec![
        event(0, NOW),
        UsageEvent {
            model: Some("nai-diffusion-4-5".into()),
            ..event(1, NOW)
        },
    ];
    books.record(&batch(7, 0, events.clone()), NOW).await.unwrap();
    for seeds in batches {
        let first = events.len() as u64;
        let new: Vec<_> = (first..)
            .zip(seeds)
            .map(|(number, (seed, ago))| random(number, NOW - ago, *seed))
            .collect();
        books.record(&batch(7, first, new.clone()), NOW).await.unwrap();
        events.extend(new);
    }
    agree(&books, &events).await;
    books.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn sums_of_every_level_are_the_sums_of_the_requests(batches in batches()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(each(async |database| sums_are_sums(database, &batches).await));
    }
}

#[tokio::test]
async fn more_than_one_transaction_holds_is_written_whole() {
    each(async |database| {
        let books = database.books().await;
        let events: Vec<_> = (0..2345_u64)
            .map(|number| random(number, NOW - number as i64, number).clone())
            .map(|event| UsageEvent { code: None, ..event })
            .collect();
        let batch = batch(7, 1, events.clone());
        let written = books.record_by(1000, &batch, NOW).await.unwrap();
        assert_eq!(written.0, 2345);
        agree(&books, &events).await;
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn no_figure_is_too_large_to_be_written_nor_any_clock_too_wrong() {
    each(async |database| {
        let books = database.books().await;
        let huge = |number, ended_at| {
            let mut event = event(number, ended_at);
            event.answered_bytes = u64::MAX;
            event.used.prompt = Figure::Reported(u64::MAX);
            event.times.total = u64::MAX;
            event.times.first_byte = Some(u64::MAX);
            event.attempts = u16::MAX;
            event.status = u16::MAX >> 1;
            event
        };
        let events = vec![huge(1, i64::MAX), huge(2, i64::MAX), huge(3, i64::MIN)];
        books.record(&batch(7, 1, events), NOW).await.unwrap();
        let written = all(&books).await;
        let ended: Vec<_> = written.iter().map(|event| event.ended_at).collect();
        assert_eq!(
            ended,
            [NOW + DAY_MS, NOW + DAY_MS],
            "the third is older than is kept"
        );
        books.close().await;
    })
    .await;
}
