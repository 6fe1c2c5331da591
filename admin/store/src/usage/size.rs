//! How much room the books take.

use super::UsageStore;
use super::book::Book;
use super::level::Level;
use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;

/// The books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes on disk, with all indexes and all sums.
    pub bytes: u64,
    /// Requests that are kept one by one.
    pub requests: u64,
}

/// A table, with its indexes and partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub table: &'static str,
    /// Bytes on disk.
    pub bytes: u64,
    /// Rows; on Postgres about how many.
    pub rows: u64,
}

const fn tables() -> [&'static str; Book::ALL.len() + 4] {
    let [a, b, c, d, e, f, g] = Book::ALL;
    [
        "usage_events",
        "usage_traces",
        "usage_latencies",
        "usage_persons",
        a.table(),
        b.table(),
        c.table(),
        d.table(),
        e.table(),
        f.table(),
        g.table(),
    ]
}

impl UsageStore {
    /// The books as a whole: cheap enough for a page that is shown often. Requests are counted from the sums of their
    /// days, so one that was so late that it is only in a sum is counted, too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn size(&self, now: i64) -> Result<Size, StoreError> {
        let text = format!(
            "select cast(coalesce(sum(requests), 0) as bigint) from {} where level = $1 and bucket >= $2",
            Book::Class.table()
        );
        let question = Question::new(text)
            .with(Cell::Int(Level::Day.number()))
            .with(Cell::Int(self.kept.events_since(now)));
        let rows = self.books.ask(question).await?;
        let requests = match rows.first().and_then(|row| row.first()) {
            Some(Cell::Int(number)) => u64::try_from(*number).unwrap_or(0),
            Some(Cell::Null | Cell::Text(_) | Cell::Bytes(_)) | None => 0,
        };
        let bytes = self.books.bytes(&tables()).await?;
        Ok(Size { bytes, requests })
    }

    /// Every table that grows. On SQLite the whole file is read for it: for benches, not for pages.
    ///
    /// # Errors
    /// When the database fails, or takes too long.
    pub async fn table_sizes(&self) -> Result<Vec<TableSize>, StoreError> {
        let mut sizes = Vec::new();
        for table in tables() {
            let (bytes, rows) = self.books.size(table).await?;
            sizes.push(TableSize { table, bytes, rows });
        }
        Ok(sizes)
    }
}
