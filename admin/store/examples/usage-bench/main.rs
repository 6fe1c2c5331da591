//! What the books of usage cost: how fast requests are written with all their sums, how much room they take, how fast
//! views are answered, and how long it takes to forget a day.
//!
//! SQLite in a temporary folder, and Postgres where `TEST_POSTGRES_URL` names one. Exits with 1 where a figure is worse
//! than it may be.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]
#![expect(clippy::disallowed_methods, reason = "it lives by the clock")]

mod asked;
mod cpu;
mod filled;
mod people;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use potluck_store::usage::{UsageOptions, UsageStore};
use serde_json::{Value, json};

const HELP: &str = "\
Measures the books of usage on SQLite, and on Postgres where TEST_POSTGRES_URL names one.

Usage: usage-bench [--json] [--rows N] [--asked N] [--only sqlite|postgres]

  --json      print one JSON object
  --rows N    requests of thirty days (5000000)
  --asked N   how often each view is asked for (60)
  --only D    only that database

Examples:
  .ci/with-postgres cargo run --release -p potluck-store --example usage-bench
  cargo run --release -p potluck-store --example usage-bench -- --rows 200000 --only sqlite
";

/// Rows of a second, at least.
const LEAST_RATE: f64 = 20_000.0;
/// Bytes of a row, indexes included, at most.
const MOST_BYTES: u64 = 300;
/// Of a view, at the 95th percentile, in milliseconds.
const MOST_ASKED_MS: f64 = 100.0;
/// Of forgetting a day on Postgres, in milliseconds.
const MOST_FORGOTTEN_MS: f64 = 1_000.0;
/// Of one step of it on SQLite, while which its one writer waits.
const MOST_STEP_MS: f64 = 50.0;

struct Options {
    json: bool,
    rows: u64,
    asked: usize,
    only: Option<String>,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    let mut options = Options {
        json: false,
        rows: 5_000_000,
        asked: 60,
        only: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(format!("{word} needs a value"));
        match &*word {
            "--help" | "-h" => return Ok(None),
            "--json" => options.json = true,
            "--rows" => options.rows = next()?.parse::<u64>()?.max(10_000),
            "--asked" => options.asked = next()?.parse::<usize>()?.max(20),
            "--only" => options.only = Some(next()?),
            _ => return Err(format!("unknown: {word}; --help lists what is known").into()),
        }
    }
    Ok(Some(options))
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("usage-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let Some(options) = options()? else {
        print!("{HELP}");
        return Ok(true);
    };
    if cfg!(debug_assertions) {
        eprintln!("a debug build: its figures mean nothing");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::Builder::new()
        .prefix("usage-bench")
        .tempdir_in(std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), std::path::PathBuf::from))?;
    let mut databases = vec![("sqlite", format!("sqlite:{}/potluck.db", folder.path().display()))];
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        databases.push(("postgres", url));
    }
    let (mut reports, mut good) = (serde_json::Map::new(), true);
    for (name, url) in databases {
        if options.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let report = runtime.block_on(measured(&url, &options))?;
        good &= told(name, &report, options.json);
        reports.insert(name.to_owned(), report);
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    }
    Ok(good)
}

async fn measured(url: &str, options: &Options) -> Result<Value, Box<dyn Error>> {
    let usage = UsageOptions {
        patience: Duration::from_secs(60),
        ..UsageOptions::default()
    };
    let books = UsageStore::open(url, "bench", usage).await?;
    let port = cpu::port(url);
    let filled = filled::fill(&books, options.rows, port).await?;
    let rush = filled::rush(&books, &filled, (options.rows / 10).max(50_000), port).await?;
    let mut sizes = serde_json::Map::new();
    let mut bytes = 0;
    for size in books.table_sizes().await? {
        bytes += size.bytes;
        sizes.insert(
            size.table.to_owned(),
            json!({"bytes": size.bytes, "rows": size.rows}),
        );
    }
    let kept = filled.kept + rush.rows;
    let event_bytes = sizes.get("usage_events").and_then(|size| size["bytes"].as_u64());
    let asked = asked::all(&books, filled.now, options.asked, port).await?;
    let forgotten = filled::forget(&books, filled.now).await?;
    books.close().await;
    Ok(json!({
        "rows": kept,
        "fill_rows_per_s": filled.rate,
        "fill_cpu_us_per_row": filled.cpu_us,
        "rush_rows_per_s": rush.rate,
        "rush_cpu_us_per_row": rush.cpu_us,
        "rush_slowest_ms": rush.slowest_ms,
        "event_bytes_per_row": event_bytes.unwrap_or(0) / kept,
        "all_bytes_per_row": bytes / kept,
        "sizes": sizes,
        "asked_ms": asked,
        "forget_day_ms": forgotten.whole_ms,
        "forget_slowest_step_ms": forgotten.slowest_ms,
        "forget_steps": forgotten.steps,
    }))
}

/// Prints a report, and says whether all is within what it may be.
fn told(name: &str, report: &Value, quiet: bool) -> bool {
    let mut lines = Lines {
        name,
        quiet,
        good: true,
    };
    let number = |key: &str| report[key].as_f64().unwrap_or(f64::NAN);
    lines.plain("requests", number("rows"));
    // Weeks in which hardly two requests came a second are written like this once, after the books were lost.
    for key in ["fill_rows_per_s", "fill_cpu_us_per_row", "rush_cpu_us_per_row"] {
        lines.plain(key, number(key));
    }
    let rate = number("rush_rows_per_s");
    lines.judged(
        "rush_rows_per_s",
        rate,
        rate >= LEAST_RATE,
        &format!("at least {LEAST_RATE}"),
    );
    lines.plain("rush_slowest_ms", number("rush_slowest_ms"));
    lines.most(
        "event_bytes_per_row",
        number("event_bytes_per_row"),
        MOST_BYTES as f64,
    );
    lines.plain("all_bytes_per_row", number("all_bytes_per_row"));
    for (view, times) in report["asked_ms"].as_object().into_iter().flatten() {
        let p95 = times["p95"].as_f64().unwrap_or(f64::NAN);
        let spread = format!(
            "at most {MOST_ASKED_MS}; p50 {}, max {}, CPU {}",
            times["p50"], times["max"], times["cpu"]
        );
        lines.judged(&format!("p95 ms: {view}"), p95, p95 <= MOST_ASKED_MS, &spread);
    }
    let (day, step) = (number("forget_day_ms"), number("forget_slowest_step_ms"));
    if name == "postgres" {
        lines.most("forget_day_ms", day, MOST_FORGOTTEN_MS);
        lines.plain("forget_slowest_step_ms", step);
    } else {
        lines.plain("forget_day_ms", day);
        lines.most("forget_slowest_step_ms", step, MOST_STEP_MS);
    }
    lines.good
}

/// A figure a line: what was measured, what is wanted, and whether that was held.
struct Lines<'n> {
    name: &'n str,
    quiet: bool,
    good: bool,
}

impl Lines<'_> {
    fn plain(&self, what: &str, figure: f64) {
        if !self.quiet {
            println!("{:9} {what:44} {figure:>12.1}", self.name);
        }
    }

    fn most(&mut self, what: &str, figure: f64, most: f64) {
        self.judged(what, figure, figure <= most, &format!("at most {most}"));
    }

    fn judged(&mut self, what: &str, figure: f64, held: bool, wanted: &str) {
        self.good &= held;
        let word = if held { "held" } else { "NOT HELD" };
        if !self.quiet {
            println!("{:9} {what:44} {figure:>12.1}   {word:8} {wanted}", self.name);
        }
    }
}
