//! Books of the first program are taken over: every request, every sum, and every view of them.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::latency::Latencies;
use potluck_filters::rejection::Code;
use potluck_filters::spending::{DAY_MS, day_of};
use potluck_filters::usage::{Endpoint, UsageEvent};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::summing::agree;
use super::{Database, NOW, batch, each, event, random};
use crate::location::{self, Location};
use crate::usage::ask::{Filter, Step, TotalsOf};
use crate::usage::book::Dim;
use crate::usage::level::{Level, Span};
use crate::usage::names::Numbers;
use crate::usage::record::{OF_EVENTS, OF_MINUTES};
use crate::usage::{UsageStore, beside, row};

/// The sums that the first program kept: by what, and of which levels.
const SUMS: [(&str, &str, &[Level]); 6] = [
    ("usage_by_class", "upstream, class", &Level::ALL),
    (
        "usage_by_node",
        "upstream, node, model, endpoint, class",
        &Level::ALL,
    ),
    (
        "usage_by_client_key",
        "user_id, client_key_id, class",
        &Level::ALL,
    ),
    (
        "usage_by_client_key_and_model",
        "user_id, client_key_id, upstream, model, endpoint, class",
        &[Level::Hour, Level::Day],
    ),
    ("usage_by_pool_key", "pool_key_id, upstream, class", &Level::ALL),
    (
        "usage_by_pool_key_and_model",
        "pool_key_id, upstream, model, endpoint, class",
        &[Level::Day],
    ),
];
const PLAIN: [&str; 4] = ["asked_bytes", "answered_bytes", "queued_us", "total_us"];
const FIGURES: [&str; 6] = ["prompt", "cached", "completion", "images", "anlas", "cost"];

/// Names and their numbers.
const NAMES: [(i64, &str, &str); 8] = [
    (2, "upstream", "vercel"),
    (3, "upstream", "novelai"),
    (4, "node", "vercel"),
    (5, "node", "one"),
    (6, "node", "two"),
    (7, "model", "gpt-5"),
    (8, "model", "nai-diffusion-4-5"),
    (9, "code", "rate_limited"),
];

fn numbers(event: &UsageEvent) -> Numbers {
    let number = |kind: &str, name: Option<&str>| {
        let named = |(_, of, text): &&(i64, &str, &str)| *of == kind && Some(*text) == name;
        NAMES.iter().find(named).map_or(0, |(number, ..)| *number)
    };
    Numbers {
        upstream: number("upstream", event.upstream.as_deref()),
        node: number("node", event.node.as_deref()),
        model: number("model", event.model.as_deref()),
        code: number("code", event.code.map(Code::as_str)),
    }
}

/// Requests of three days.
fn events() -> Vec<UsageEvent> {
    let mut events = vec![event(0, NOW)];
    events.extend((1..200_u64).map(|number| {
        let ago = (number * 7_919_000).cast_signed() % (2 * DAY_MS);
        let event = random(number, NOW - ago, number);
        UsageEvent {
            code: event.code.filter(|code| *code == Code::RateLimited),
            ..event
        }
    }));
    events
}

/// A table's sums, added up of the requests by the database.
fn adding(table: &str, by: &str, level: Level) -> String {
    let mut columns = vec!["requests".to_owned()];
    let mut sums = vec!["count(*)".to_owned()];
    for name in PLAIN {
        columns.push(name.to_owned());
        sums.push(format!("nullif(sum({name}), 0)"));
    }
    for (place, name) in FIGURES.iter().enumerate() {
        // Two bits a figure say where it is from: 1 that it was estimated, 2 that it was reported.
        for (bits, kind) in [(2, "reported"), (1, "estimated")] {
            columns.push(format!("{name}_{kind}"));
            sums.push(format!(
                "nullif(sum(case when (told >> {}) & 3 = {bits} then {name} end), 0)",
                2 * place
            ));
        }
        columns.push(format!("{name}_told"));
        sums.push(format!("nullif(count({name}), 0)"));
    }
    let bucket = format!("id / {}", level.ms() << 20);
    let which = if table.contains("pool_key") {
        "where pool_key_id <> 0"
    } else {
        ""
    };
    format!(
        "insert into {table} (level, bucket, {by}, {}) select {}, {bucket}, {by}, {} from usage_events {which} \
         group by {bucket}, {by}",
        columns.join(", "),
        level.number(),
        sums.join(", ")
    )
}

async fn run(connection: &mut AnyConnection, text: String) {
    connection.execute(AssertSqlSafe(text)).await.unwrap();
}

/// The tables of the first program, empty.
async fn first_tables(database: &Database) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let location = beside(Location::parse(&database.url).unwrap());
    let migrator = match &location {
        Location::Sqlite(path) => {
            location::prepare(path).unwrap();
            sqlx::migrate!("../../migrations/usage/sqlite")
        }
        Location::Postgres(_) => {
            let mut migrator = sqlx::migrate!("../../migrations/usage/postgres");
            migrator.dangerous_set_table_name("_sqlx_usage_migrations");
            migrator
        }
    };
    let mut connection = AnyConnection::connect(&location.url()).await.unwrap();
    let migrated = migrator.run_direct(Some(1), &mut connection, false);
    migrated.await.unwrap();
    if matches!(location, Location::Postgres(_)) {
        days(&mut connection).await;
    }
    connection
}

/// The tables of the first program, filled as it filled them.
async fn first_books(database: &Database, events: &[UsageEvent]) {
    let mut connection = first_tables(database).await;
    head(&mut connection).await;
    for (serial, event) in (1..).zip(events) {
        put(&mut connection, serial, event).await;
    }
    sums(&mut connection).await;
    histograms(&mut connection, events).await;
    connection.close().await.unwrap();
}

async fn head(connection: &mut AnyConnection) {
    let meta = "insert into usage_meta (id, epoch, last_serial) values (1, 'epoch', 200)";
    run(connection, meta.to_owned()).await;
    let mark = "insert into usage_marks (edge, epoch, up_to) values ('edge-1', 7, 199)";
    run(connection, mark.to_owned()).await;
    for (number, kind, name) in NAMES {
        let name = format!("insert into usage_names (id, kind, name) values ({number}, '{kind}', '{name}')");
        run(connection, name).await;
    }
}

async fn sums(connection: &mut AnyConnection) {
    for (table, by, levels) in SUMS {
        for level in levels {
            run(connection, adding(table, by, *level)).await;
        }
    }
    let persons = format!(
        "insert into usage_persons (day, pool_key_id, user_id) select distinct id / {}, pool_key_id, user_id \
         from usage_events where pool_key_id <> 0 and user_id <> 0",
        DAY_MS << 20
    );
    run(connection, persons).await;
}

/// Partitions of the days.
async fn days(connection: &mut AnyConnection) {
    for day in day_of(NOW) - 2..=day_of(NOW) {
        for daily in OF_EVENTS.iter().chain(&OF_MINUTES) {
            let (table, from, to) = (daily.table, (daily.bound)(day), (daily.bound)(day + 1));
            run(
                connection,
                format!(
                    "create table {table}_d{day} partition of {table} for values from ({from}) to ({to})"
                ),
            )
            .await;
        }
    }
}

async fn put(connection: &mut AnyConnection, serial: i64, event: &UsageEvent) {
    let cells = row::cells(event, row::id(event.ended_at, serial), numbers(event));
    let cells: Vec<String> = cells
        .map(|cell| cell.map_or("null".to_owned(), |number| number.to_string()))
        .collect();
    let text = format!(
        "insert into usage_events ({}) values ({})",
        row::COLUMNS.join(", "),
        cells.join(", ")
    );
    run(connection, text).await;
}

async fn histograms(connection: &mut AnyConnection, events: &[UsageEvent]) {
    let mut histograms = std::collections::BTreeMap::<[i64; 4], Latencies>::new();
    for event in events {
        for level in Level::ALL {
            let bucket = level.bucket(event.ended_at);
            let of = [
                level.number(),
                bucket,
                numbers(event).upstream,
                event.endpoint.number(),
            ];
            histograms.entry(of).or_default().note(&event.times);
        }
    }
    for ([level, bucket, upstream, endpoint], one) in histograms {
        let text = "insert into usage_latencies (level, bucket, upstream, endpoint, counts) \
                    values ($1, $2, $3, $4, $5)";
        let query = sqlx::query(text).bind(level).bind(bucket).bind(upstream);
        let query = query.bind(endpoint).bind(one.pack());
        query.execute(&mut *connection).await.unwrap();
    }
}

/// By what is asked, of which requests, and which these are.
type Question = (Vec<Dim>, Filter, fn(&UsageEvent) -> bool);

fn is_of_model(event: &UsageEvent) -> bool {
    event.model.as_deref() == Some("gpt-5")
}

/// A question to each table of sums.
fn questions() -> [Question; 8] {
    let all = Filter::default;
    let of_model = || Filter {
        model: Some("gpt-5".into()),
        ..all()
    };
    let of_user = Filter {
        user: Some(UserId(1)),
        ..all()
    };
    let of_key = Filter {
        client_key: Some(ClientKeyId(3)),
        endpoint: Some(Endpoint::Chat),
        ..all()
    };
    let of_code = Filter {
        code: Some(Code::RateLimited),
        ..all()
    };
    let of_pool = Filter {
        pool_keys: Some(vec![PoolKeyId(5), PoolKeyId(6)]),
        ..all()
    };
    [
        (vec![], all(), |_| true),
        (vec![Dim::Node, Dim::Class], of_model(), is_of_model),
        (vec![Dim::ClientKey], of_model(), is_of_model),
        (vec![Dim::PoolKey], of_model(), |event| {
            is_of_model(event) && event.pool_key.is_some()
        }),
        (vec![Dim::Model, Dim::Endpoint], of_user, |event| {
            event.user == Some(UserId(1))
        }),
        (vec![Dim::Model], of_key, |event| {
            event.client_key == Some(ClientKeyId(3)) && event.endpoint == Endpoint::Chat
        }),
        (vec![Dim::Class], of_code, |event| {
            event.code == Some(Code::RateLimited)
        }),
        (vec![Dim::PoolKey, Dim::Model], of_pool, |event| {
            matches!(event.pool_key, Some(PoolKeyId(5 | 6)))
        }),
    ]
}

/// What each view says of a day is what its requests say.
async fn views_are_right(books: &UsageStore, events: &[UsageEvent]) {
    let day = day_of(NOW) - 1;
    let span = Span {
        from: day * DAY_MS,
        to: (day + 1) * DAY_MS,
    };
    for (by, filter, fits) in questions() {
        let told = format!("{by:?} {filter:?}");
        let of_day = |event: &&UsageEvent| day_of(event.ended_at) == day && fits(event);
        let expected = events.iter().filter(of_day).count() as u64;
        assert!(expected > 0, "{told}");
        let first = by.first().copied();
        let series = books.series(span, Step::Day, first, &filter, NOW).await;
        let points = series.unwrap().points;
        let sum: u64 = points.iter().map(|point| point.sums.requests).sum();
        assert_eq!(sum, expected, "over time: {told}");
        let asked = TotalsOf {
            by,
            filter,
            limit: 1000,
            ..TotalsOf::default()
        };
        let rows = books.totals(span, &asked, NOW).await.unwrap().rows;
        let sum: u64 = rows.iter().map(|row| row.sums.requests).sum();
        assert_eq!(sum, expected, "{told}");
    }
}

#[tokio::test]
async fn books_of_the_first_program_keep_all_that_is_in_them_and_go_on() {
    each(async |database| {
        let mut events = events();
        first_books(database, &events).await;
        let books = database.books().await;
        agree(&books, &events).await;
        views_are_right(&books, &events).await;
        let persons = books.persons(&[PoolKeyId(5)], 0, 30_000).await.unwrap();
        assert!(!persons.is_empty());

        // Repeated is what was written; what is new is added to the same sums.
        let new: Vec<_> = (200..260_u64).map(|number| event(number, NOW - DAY_MS)).collect();
        let again = [&events[190..], &new].concat();
        books.record(&batch(7, 190, again), NOW).await.unwrap();
        events.extend(new);
        agree(&books, &events).await;
        views_are_right(&books, &events).await;
        books.close().await;
    })
    .await;
}
