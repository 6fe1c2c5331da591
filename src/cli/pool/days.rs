//! What a pool key served, day by day.

use clap::Args;
use potluck_admin::api::{PoolKeyUsage, PoolKeyUsageDay};
use serde_json::Value;

use crate::cli::exit::Failure;
use crate::cli::list::{escaped, typed};
use crate::cli::{Options, amount, print, table};

/// Which days.
#[derive(Debug, Args)]
pub(in crate::cli) struct Days {
    /// The first day (UTC), such as 2026-11-01; 30 days before the last when absent.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day (UTC); today when absent.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

impl Days {
    /// As a query, with its question mark.
    pub(super) fn query(&self) -> String {
        let part =
            |name: &str, day: &Option<String>| day.as_ref().map(|day| format!("{name}={}", escaped(day)));
        let parts: Vec<String> = [part("from", &self.from), part("to", &self.to)]
            .into_iter()
            .flatten()
            .collect();
        format!("?{}", parts.join("&"))
    }
}

pub(super) fn show(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let usage: PoolKeyUsage = typed(answer)?;
    let rows: Vec<_> = usage.days.iter().map(row).collect();
    let headings = ["DAY (UTC)", "REQUESTS", "GENERATIONS", "ANLAS", "COST", "PEOPLE"];
    print::text(&table::table(headings, &rows, "It served nothing in these days."));
    if !rows.is_empty() {
        print::line(&format!(
            "{} requests, {} generations",
            amount::count(usage.total.requests),
            amount::count(usage.generations)
        ));
    }
    Ok(())
}

fn row(day: &PoolKeyUsageDay) -> [String; 6] {
    [
        day.day.clone(),
        amount::count(day.requests),
        amount::count(day.generations),
        amount::count(day.anlas.amount()),
        format!("{:.4}", day.cost_micros.amount() as f64 / 1e6),
        day.persons
            .map_or_else(|| "fewer than 3".to_owned(), amount::count),
    ]
}
