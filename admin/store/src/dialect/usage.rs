//! The books of usage on either database: asking, writing many rows at once, and the partitions of days.
//!
//! Invariants: whoever asks has connections of their own and a bounded time, so that no view can hold up the
//! writing; writers wait for one another, so what a transaction reads of the books stays so until it ends.

mod bulk;
mod postgres;
mod sqlite;

use std::time::Duration;

use sqlx::{Postgres, Sqlite, Transaction};

use super::Dialect;
use crate::error::StoreError;
use crate::location::Location;

pub(crate) use bulk::Bulk;

/// What a row holds, and what a question is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A statement and its values, in the order of `$1`, `$2` and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) values: Vec<Cell>,
}

impl Question {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            values: Vec::new(),
        }
    }

    /// With a value more, and the word that stands for it.
    pub(crate) fn value(&mut self, cell: Cell) -> String {
        self.values.push(cell);
        format!("${}", self.values.len())
    }

    pub(crate) fn with(mut self, cell: Cell) -> Self {
        self.values.push(cell);
        self
    }
}

/// Rows as they came.
pub(crate) type Rows = Vec<Vec<Cell>>;

/// A table of which each day has a partition, where the database has partitions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Daily {
    pub(crate) table: &'static str,
    /// How a bound is written: the first number that a day may have.
    pub(crate) bound: fn(i64) -> String,
}

/// The open books. Copies share their connections.
#[derive(Clone, Debug)]
pub(crate) enum Books {
    Sqlite(sqlite::Books),
    Postgres(postgres::Books),
}

impl Books {
    /// Connects, and brings the tables up to date.
    pub(crate) async fn open(location: &Location, patience: Duration) -> Result<Self, StoreError> {
        match location {
            Location::Sqlite(path) => Ok(Self::Sqlite(sqlite::Books::open(path, patience).await?)),
            Location::Postgres(url) => Ok(Self::Postgres(postgres::Books::open(url, patience).await?)),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Answers a question within the bounded time.
    pub(crate) async fn ask(&self, question: Question) -> Result<Rows, StoreError> {
        match self {
            Self::Sqlite(books) => books.ask(question).await,
            Self::Postgres(books) => books.ask(question).await,
        }
    }

    /// Begins to write. Other writers wait from the first statement on.
    pub(crate) async fn write(&self) -> Result<Writing, StoreError> {
        match self {
            Self::Sqlite(books) => Ok(Writing::Sqlite(books.write().await?)),
            Self::Postgres(books) => Ok(Writing::Postgres(books.write().await?)),
        }
    }

    /// Makes the partitions of a day, where the database has partitions.
    pub(crate) async fn prepare_day(&self, day: i64, tables: &[Daily]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(books) => books.prepare_day(day, tables).await,
        }
    }

    /// Drops one partition that lies before `day`; `false` where there is none.
    pub(crate) async fn drop_before(&self, day: i64, table: Daily) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(books) => books.drop_before(day, table).await,
        }
    }

    /// Brings what was written to its place in the file, beside whoever writes, so that no writer has to wait for that.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(books) => books.settle().await,
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Bytes on disk of these tables, with their indexes; of SQLite's, which are all there are, the whole file.
    pub(crate) async fn bytes(&self, tables: &[&str]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(books) => books.bytes().await,
            Self::Postgres(books) => {
                let mut bytes = 0_u64;
                for table in tables {
                    bytes = bytes.saturating_add(books.size(table).await?.0);
                }
                Ok(bytes)
            }
        }
    }

    /// Bytes on disk of the tables that begin like this, with their indexes, and about how many rows they have.
    pub(crate) async fn size(&self, table: &str) -> Result<(u64, u64), StoreError> {
        match self {
            Self::Sqlite(books) => books.size(table).await,
            Self::Postgres(books) => books.size(table).await,
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(books) => books.close().await,
            Self::Postgres(books) => books.close().await,
        }
    }
}

/// Something that is being written. Dropped without [`Writing::commit`], nothing has happened.
#[derive(Debug)]
pub(crate) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Writing {
    pub(crate) async fn ask(&mut self, question: Question) -> Result<Rows, StoreError> {
        match self {
            Self::Sqlite(tx) => sqlite::ask(tx, question).await,
            Self::Postgres(tx) => postgres::ask(tx, question).await,
        }
    }

    /// Runs a statement, and says how many rows it changed.
    pub(crate) async fn run(&mut self, question: Question) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(tx) => sqlite::run(tx, question).await,
            Self::Postgres(tx) => postgres::run(tx, question).await,
        }
    }

    /// Writes many rows of numbers, one after the other in `cells`.
    pub(crate) async fn bulk(&mut self, bulk: &Bulk, cells: &[Option<i64>]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => bulk.sqlite(tx, cells).await,
            Self::Postgres(tx) => bulk.postgres(tx, cells).await,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => Ok(tx.commit().await?),
            Self::Postgres(tx) => Ok(tx.commit().await?),
        }
    }
}
