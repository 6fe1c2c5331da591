//! The statements that write many rows.
//!
//! A row of sums names only the columns of its kind: a picture has no tokens, and what was refused has neither, so that
//! less is bound and added up. Invariant: what a row does not name stays as it is, or is null where the row is new.

use super::book::Book;
use super::sums::{Kind, Sums};
use super::{key_uses, row};
use crate::dialect::Dialect;
use crate::dialect::usage::Bulk;

/// The statements of open books.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) events: Bulk,
    /// By book, then by kind, in the orders of their lists.
    pub(crate) sums: [[Bulk; Kind::ALL.len()]; Book::ALL.len()],
    pub(crate) persons: Bulk,
    pub(crate) key_uses: Bulk,
}

impl Statements {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            events: Bulk::new(dialect, "usage_events", &row::COLUMNS, ""),
            sums: Book::ALL.map(|book| Kind::ALL.map(|kind| adding(dialect, book, kind))),
            persons: Bulk::new(
                dialect,
                "usage_persons",
                &["day", "pool_key_id", "user_id"],
                "on conflict (day, pool_key_id, user_id) do nothing",
            ),
            key_uses: key_uses::statement(dialect),
        }
    }
}

fn adding(dialect: Dialect, book: Book, kind: Kind) -> Bulk {
    let (table, key) = (book.table(), book.key());
    let columns: Vec<&str> = kind.of(Sums::COLUMNS).collect();
    let sum = |column: &&str| {
        format!("{column} = nullif(coalesce({table}.{column}, 0) + coalesce(excluded.{column}, 0), 0)")
    };
    let sums = columns.iter().map(sum).collect::<Vec<_>>().join(", ");
    let end = format!("on conflict ({}) do update set {sums}", key.join(", "));
    let columns: Vec<&str> = key.into_iter().chain(columns).collect();
    Bulk::new(dialect, table, &columns, &end)
}
