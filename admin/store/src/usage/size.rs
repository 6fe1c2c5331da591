//! How much room the books take.

use super::UsageStore;
use super::book::Book;
use crate::error::StoreError;

/// A table, with its indexes and partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its name.
    pub table: &'static str,
    /// Bytes on disk.
    pub bytes: u64,
    /// Rows; on Postgres about how many.
    pub rows: u64,
}

impl Size {
    /// Bytes on disk of each row, indexes included; `None` where there is no row.
    #[must_use]
    pub fn bytes_per_row(&self) -> Option<u64> {
        self.bytes.checked_div(self.rows)
    }
}

impl UsageStore {
    /// Every table that grows. On SQLite the whole file is looked at, so this is not for a page that is shown often.
    ///
    /// # Errors
    /// When the database fails, or takes too long.
    pub async fn sizes(&self) -> Result<Vec<Size>, StoreError> {
        let books = Book::ALL.map(Book::table);
        let tables = ["usage_events", "usage_traces"]
            .into_iter()
            .chain(books)
            .chain(["usage_latencies", "usage_persons"]);
        let mut sizes = Vec::new();
        for table in tables {
            let (bytes, rows) = self.books.size(table).await?;
            sizes.push(Size { table, bytes, rows });
        }
        Ok(sizes)
    }
}
