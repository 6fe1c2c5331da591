//! The books of usage, on both databases.

mod asking;
mod exporting;
mod forgetting;
mod key_uses;
mod migrating;
mod opening;
mod paging;
mod planning;
mod repeating;
mod summing;

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::meter::Figure;
use potluck_filters::rejection::Code;
use potluck_filters::spending::DAY_MS;
use potluck_filters::usage::{Ended, Endpoint, KeyUse, RequestNumber, Times, UsageEvent, Used};

use super::{Database, each};
use crate::usage::level::Span;
use crate::usage::{Batch, UsageOptions, UsageStore};

/// Noon of a day.
const NOW: i64 = 20_000 * DAY_MS + DAY_MS / 2;

const ALWAYS: Span = Span {
    from: 0,
    to: NOW + 2 * DAY_MS,
};

impl Database {
    async fn books(&self) -> UsageStore {
        self.books_with(UsageOptions::default()).await
    }

    async fn books_with(&self, options: UsageOptions) -> UsageStore {
        UsageStore::open(&self.url, "epoch", options).await.unwrap()
    }
}

/// A request that is told from others by its number alone.
fn event(number: u64, ended_at: i64) -> UsageEvent {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    UsageEvent {
        request: RequestNumber([0xfe, 0xed, a, b, c, d, e, f, g, h]),
        ended_at,
        user: Some(UserId(1)),
        client_key: Some(ClientKeyId(2)),
        key_use: KeyUse::default(),
        pool_key: Some(PoolKeyId(3)),
        upstream: Some("vercel".into()),
        node: Some("vercel".into()),
        model: Some("gpt-5".into()),
        endpoint: Endpoint::Chat,
        status: 200,
        ended: Ended::Whole,
        code: None,
        attempts: 1,
        times: Times {
            queued: 0,
            first_byte: Some(20_000),
            total: 1_000_000,
            own: Some(90),
        },
        asked_bytes: 1000,
        answered_bytes: 2000,
        used: Used {
            prompt: Figure::Reported(100),
            completion: Figure::Reported(10),
            ..Used::default()
        },
        trace: None,
    }
}

fn pick<T: Clone>(seed: &mut u64, of: &[T]) -> T {
    // A multiplier of L'Ecuyer's; the high bits are the random ones.
    *seed = seed.wrapping_mul(0xf135_7aea_2e62_a9c5).wrapping_add(1);
    of[(*seed >> 33) as usize % of.len()].clone()
}

fn figure(seed: &mut u64) -> Figure {
    let amount = pick(seed, &[0, 1, 7, 4096]);
    pick(
        seed,
        &[Figure::None, Figure::Estimated(amount), Figure::Reported(amount)],
    )
}

fn name(seed: &mut u64, names: &[&str]) -> Option<Arc<str>> {
    Some(pick(seed, names))
        .filter(|name| !name.is_empty())
        .map(Into::into)
}

/// Any request, made of a seed.
fn random(number: u64, ended_at: i64, mut seed: u64) -> UsageEvent {
    let seed = &mut seed;
    UsageEvent {
        user: pick(seed, &[None, Some(UserId(1)), Some(UserId(2))]),
        client_key: pick(seed, &[None, Some(ClientKeyId(3)), Some(ClientKeyId(4))]),
        key_use: KeyUse::default(),
        pool_key: pick(seed, &[None, Some(PoolKeyId(5)), Some(PoolKeyId(6))]),
        upstream: name(seed, &["", "novelai", "vercel"]),
        node: name(seed, &["", "one", "two"]),
        model: name(seed, &["", "gpt-5", "nai-diffusion-4-5"]),
        endpoint: pick(seed, Endpoint::ALL),
        status: pick(seed, &[0, 200, 302, 404, 429, 503]),
        ended: pick(seed, Ended::ALL),
        code: pick(
            seed,
            &[None, None, None, Some(Code::RateLimited), Some(Code::PoolBusy)],
        ),
        attempts: pick(seed, &[0, 1, 3]),
        times: Times {
            queued: pick(seed, &[0, 10, 5_000_000]),
            first_byte: pick(seed, &[None, Some(1), Some(123_456)]),
            total: pick(seed, &[0, 999, 12_345_678_900]),
            own: pick(seed, &[None, Some(70), Some(400)]),
        },
        asked_bytes: pick(seed, &[0, 17, 1 << 24]),
        answered_bytes: pick(seed, &[0, 5, 1 << 33]),
        used: Used {
            prompt: figure(seed),
            cached: figure(seed),
            completion: figure(seed),
            images: figure(seed),
            anlas: figure(seed),
            cost: figure(seed),
        },
        ..event(number, ended_at)
    }
}

fn batch(epoch: i64, first: u64, events: Vec<UsageEvent>) -> Batch {
    Batch {
        edge: "edge-1".into(),
        epoch,
        first,
        events,
    }
}

/// All requests in the books, by their numbers.
async fn all(books: &UsageStore) -> Vec<UsageEvent> {
    use futures_util::TryStreamExt;
    let filter = crate::usage::ask::EntryFilter {
        span: ALWAYS,
        of: crate::usage::ask::Filter::default(),
        code: None,
    };
    let pages: Vec<_> = books.export(filter).try_collect().await.unwrap();
    let entries = pages.into_iter().flatten();
    let mut events: Vec<_> = entries.map(|entry| entry.event).collect();
    events.sort_by_key(|event| event.request);
    events
}
