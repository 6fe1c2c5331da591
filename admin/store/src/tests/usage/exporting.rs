//! Exports of more requests than fit into memory at once.

use std::process::Command;

use futures_util::TryStreamExt;

use super::{ALWAYS, NOW, batch, each, event};
use crate::dialect::usage::{Cell, Question};
use crate::usage::UsageStore;
use crate::usage::ask::{EntryFilter, Filter};
use crate::usage::row::COLUMNS;

const FIRST: i64 = 1600;
const TIMES: u32 = 7;

/// Set for a process in which nothing else takes memory.
const ALONE: &str = "POTLUCK_TEST_ALONE";

/// Far less than the requests take together, which is more than 100 MiB.
const ROOM_KIB: u64 = 64 << 10;

/// Makes 204 800 requests of 1600, each with an id of its own.
async fn many(books: &UsageStore) -> i64 {
    let events = (0..FIRST).map(|number| event(number.unsigned_abs(), NOW));
    books.record(&batch(1, 0, events.collect()), NOW).await.unwrap();
    let columns = COLUMNS.join(", ");
    let rest = COLUMNS[1..].join(", ");
    for doubling in 0..TIMES {
        let text = format!(
            "insert into usage_events ({columns}) select id + cast($1 as bigint), {rest} from usage_events"
        );
        let mut writing = books.books.write().await.unwrap();
        let shift = Cell::Int(FIRST << doubling);
        writing.run(Question::new(text).with(shift)).await.unwrap();
        writing.commit().await.unwrap();
    }
    FIRST << TIMES
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap().trim_end_matches("kB").trim().parse().unwrap()
}

/// Runs the test of that name in a process of its own: others of this one take memory, too.
fn run_alone(name: &str) {
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut test = Command::new(std::env::current_exe().unwrap());
    let test = test
        .args(["--exact", &format!("{module}::{name}")])
        .env(ALONE, "1");
    let output = test.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
async fn memory_does_not_grow_with_what_is_exported() {
    if std::env::var_os(ALONE).is_none() {
        return run_alone("memory_does_not_grow_with_what_is_exported");
    }
    each(async |database| {
        let books = database.books().await;
        let all = many(&books).await;
        let filter = EntryFilter {
            span: ALWAYS,
            of: Filter::default(),
            code: None,
        };
        let mut pages = Box::pin(books.export(filter));
        let before = resident_kib();
        let (mut seen, mut last, mut most) = (0, i64::MAX, 0);
        while let Some(page) = pages.try_next().await.unwrap() {
            assert!(page.len() <= 1000);
            assert!(page.iter().all(|entry| entry.id < last));
            last = page.last().unwrap().id;
            seen += i64::try_from(page.len()).unwrap();
            most = most.max(resident_kib().saturating_sub(before));
        }
        assert_eq!(seen, all);
        assert!(most < ROOM_KIB, "{most} KiB more than before");
        books.close().await;
    })
    .await;
}
