//! A request as a row of numbers, and back.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::meter::Figure;
use potluck_filters::rejection::Code;
use potluck_filters::usage::{Ended, Endpoint, KeyUse, RequestNumber, StatusClass, Times, UsageEvent, Used};

use super::names::{Names, Numbers};
use crate::dialect::usage::Cell;
use crate::error::StoreError;

/// Serial numbers of one millisecond. With 2^42 milliseconds, the year 2109 is the last.
pub(crate) const SERIALS: i64 = 1 << 20;

/// The columns, in the order of [`cells`].
pub(crate) const COLUMNS: [&str; 28] = [
    "id",
    "request_high",
    "request_low",
    "user_id",
    "client_key_id",
    "pool_key_id",
    "upstream",
    "node",
    "model",
    "code",
    "endpoint",
    "status",
    "ended",
    "class",
    "attempts",
    "total_us",
    "queued_us",
    "first_byte_us",
    "own_us",
    "asked_bytes",
    "answered_bytes",
    "told",
    "prompt",
    "cached",
    "completion",
    "images",
    "anlas",
    "cost",
];

/// The id of a request that ended then.
pub(crate) fn id(ended_at: i64, serial: i64) -> i64 {
    first_id(ended_at) + serial.rem_euclid(SERIALS)
}

/// The lowest id of a millisecond.
pub(crate) fn first_id(ended_at: i64) -> i64 {
    ended_at.clamp(0, (1 << 42) - 1) * SERIALS
}

/// A request's own number in two.
pub(crate) fn halves(number: RequestNumber) -> (i64, i64) {
    let [a, b, low @ ..] = number.0;
    (i64::from(u16::from_be_bytes([a, b])), i64::from_be_bytes(low))
}

fn whole(high: i64, low: i64) -> RequestNumber {
    let [a, b] = u16::try_from(high).unwrap_or(0).to_be_bytes();
    let [c, d, e, f, g, h, i, j] = low.to_be_bytes();
    RequestNumber([a, b, c, d, e, f, g, h, i, j])
}

/// The place of one of a closed set.
pub(crate) fn place<T: PartialEq>(all: &[T], one: &T) -> i64 {
    let place = all.iter().position(|each| each == one);
    place.and_then(|place| i64::try_from(place).ok()).unwrap_or(0)
}

fn long(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Times of queue and first byte: half an hour at most, since they have four bytes.
fn short(us: u64) -> i64 {
    i32::try_from(us).unwrap_or(i32::MAX).into()
}

fn figures(used: &Used) -> [Figure; 6] {
    [
        used.prompt,
        used.cached,
        used.completion,
        used.images,
        used.anlas,
        used.cost,
    ]
}

/// Two bits for each figure, the first one lowest.
fn told(used: &Used) -> i64 {
    let bits = |figure| match figure {
        Figure::None => 0,
        Figure::Estimated(_) => 1,
        Figure::Reported(_) => 2,
    };
    figures(used)
        .into_iter()
        .rev()
        .fold(0, |told, figure| told << 2 | bits(figure))
}

/// A request's row.
pub(crate) fn cells(event: &UsageEvent, id: i64, names: Numbers) -> impl Iterator<Item = Option<i64>> {
    let (high, low) = halves(event.request);
    let first = [
        id,
        high,
        low,
        event.user.map_or(0, |id| id.0),
        event.client_key.map_or(0, |id| id.0),
        event.pool_key.map_or(0, |id| id.0),
        names.upstream,
        names.node,
        names.model,
        names.code,
        event.endpoint.number(),
        event.status.into(),
        place(Ended::ALL, &event.ended),
        place(StatusClass::ALL, &event.class()),
        event.attempts.min(i16::MAX.unsigned_abs()).into(),
        long(event.times.total),
        short(event.times.queued),
    ];
    let times = [event.times.first_byte.map(short), event.times.own.map(short)];
    let rest = [
        long(event.asked_bytes),
        long(event.answered_bytes),
        told(&event.used),
    ];
    let figures = figures(&event.used).map(|figure| figure.amount().map(long));
    let first = first.into_iter().map(Some).chain(times);
    first.chain(rest.into_iter().map(Some)).chain(figures)
}

/// A row as it was read.
pub(crate) struct Row {
    cells: [Option<i64>; COLUMNS.len()],
}

impl Row {
    pub(crate) fn new(cells: &[Cell]) -> Self {
        let mut numbers = cells.iter().map(|cell| match cell {
            Cell::Int(number) => Some(*number),
            Cell::Null | Cell::Text(_) | Cell::Bytes(_) => None,
        });
        Self {
            cells: std::array::from_fn(|_| numbers.next().flatten()),
        }
    }

    /// The numbers of its names.
    pub(crate) fn names(&self) -> [i64; 4] {
        let [_, _, _, _, _, _, upstream, node, model, code, ..] = self.cells;
        [upstream, node, model, code].map(|number| number.unwrap_or(0))
    }

    /// Its id, and the request.
    pub(crate) fn read(self, names: &Names) -> Result<(i64, UsageEvent), StoreError> {
        let [upstream, node, model, code] = self.names();
        #[rustfmt::skip]
        let [id, high, low, user, client_key, pool_key, _, _, _, _, endpoint, status, ended, _, attempts, total, queued,
            first_byte, own, asked, answered, told, prompt, cached, completion, images, anlas, cost] = self.cells;
        let id = id.unwrap_or(0);
        let unreadable = |column| StoreError::Row {
            table: "usage_events",
            id,
            column,
        };
        let told = told.unwrap_or(0);
        let event = UsageEvent {
            request: whole(high.unwrap_or(0), low.unwrap_or(0)),
            ended_at: id.div_euclid(SERIALS),
            user: someone(user).map(UserId),
            client_key: someone(client_key).map(ClientKeyId),
            // Summed up by key alone.
            key_use: KeyUse::default(),
            pool_key: someone(pool_key).map(PoolKeyId),
            upstream: names.name(upstream),
            node: names.name(node),
            model: names.name(model),
            endpoint: Endpoint::numbered(endpoint.unwrap_or(0)),
            status: small(status),
            ended: usize::try_from(ended.unwrap_or(-1))
                .ok()
                .and_then(|place| Ended::ALL.get(place).copied())
                .ok_or_else(|| unreadable("ended"))?,
            code: read_code(names.name(code).as_deref()),
            attempts: small(attempts),
            times: Times {
                queued: amount(queued),
                first_byte: first_byte.map(|us| amount(Some(us))),
                total: amount(total),
                own: own.map(|us| amount(Some(us))),
            },
            asked_bytes: amount(asked),
            answered_bytes: amount(answered),
            used: Used {
                prompt: figure(told, prompt),
                cached: figure(told >> 2, cached),
                completion: figure(told >> 4, completion),
                images: figure(told >> 6, images),
                anlas: figure(told >> 8, anlas),
                cost: figure(told >> 10, cost),
            },
            trace: None,
        };
        Ok((id, event))
    }
}

fn someone(id: Option<i64>) -> Option<i64> {
    id.filter(|id| *id != 0)
}

fn small(number: Option<i64>) -> u16 {
    number.and_then(|number| u16::try_from(number).ok()).unwrap_or(0)
}

fn amount(number: Option<i64>) -> u64 {
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

/// A code that this program no longer has is none.
fn read_code(text: Option<&str>) -> Option<Code> {
    Code::ALL.iter().copied().find(|code| Some(code.as_str()) == text)
}

fn figure(told: i64, number: Option<i64>) -> Figure {
    match (told & 3, number) {
        (1, Some(_)) => Figure::Estimated(amount(number)),
        (2, Some(_)) => Figure::Reported(amount(number)),
        (_, _) => Figure::None,
    }
}
