//! Histograms in the books: a row for each bucket, upstream and endpoint, packed.
//!
//! Invariant: they are read, merged and written in the transaction that adds the requests; no other writes meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use potluck_filters::latency::Latencies;

use super::rolled::LatencyKey;
use crate::dialect::usage::{Cell, Question, Writing};
use crate::error::StoreError;

/// Rows of one statement.
const ROWS: usize = 16;

/// Adds to what is there.
pub(crate) async fn add(
    writing: &mut Writing,
    mut new: BTreeMap<LatencyKey, Latencies>,
) -> Result<(), StoreError> {
    let buckets: BTreeSet<(i64, i64)> = new.keys().map(|[level, bucket, ..]| (*level, *bucket)).collect();
    for (level, bucket) in buckets {
        let there = "select level, bucket, upstream, endpoint, counts from usage_latencies \
                     where level = $1 and bucket = $2";
        let there = Question::new(there)
            .with(Cell::Int(level))
            .with(Cell::Int(bucket));
        for row in writing.ask(there).await? {
            if let Some((key, latencies)) = read(&row)?
                && let Some(new) = new.get_mut(&key)
            {
                new.merge(&latencies);
            }
        }
    }
    let rows: Vec<_> = new.into_iter().collect();
    for rows in rows.chunks(ROWS) {
        writing.run(put(rows)).await?;
    }
    Ok(())
}

fn put(rows: &[(LatencyKey, Latencies)]) -> Question {
    let mut question = Question::new("");
    let mut text =
        "insert into usage_latencies (level, bucket, upstream, endpoint, counts) values ".to_owned();
    for (place, (key, latencies)) in rows.iter().enumerate() {
        let cells = key.iter().map(|number| Cell::Int(*number));
        let cells = cells.chain([Cell::Bytes(latencies.pack())]);
        let words: Vec<String> = cells.map(|cell| question.value(cell)).collect();
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}({})", words.join(", "));
    }
    text.push_str(" on conflict (level, bucket, upstream, endpoint) do update set counts = excluded.counts");
    Question { text, ..question }
}

/// A row of level, bucket, upstream, endpoint and counts.
pub(crate) fn read(row: &[Cell]) -> Result<Option<(LatencyKey, Latencies)>, StoreError> {
    let [
        Cell::Int(level),
        Cell::Int(bucket),
        Cell::Int(upstream),
        Cell::Int(endpoint),
        Cell::Bytes(counts),
    ] = row
    else {
        return Ok(None);
    };
    let latencies = Latencies::unpack(counts).ok_or(StoreError::Row {
        table: "usage_latencies",
        id: *bucket,
        column: "counts",
    })?;
    Ok(Some(([*level, *bucket, *upstream, *endpoint], latencies)))
}
