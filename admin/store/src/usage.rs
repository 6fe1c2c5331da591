//! The books of usage: every request that has ended, once, and its sums by minute, hour and day.
//!
//! 1. [`batch`] and `record`: what an edge ships, written in one transaction with all its sums and the mark up to which
//!    its numbers are written.
//! 2. [`book`] and [`sums`]: which sums are kept, and by what. [`level`]: from which of them a range is put together.
//! 3. [`ask`]: what may be asked. Views read sums; only lists of requests read requests.
//! 4. [`key_uses`]: when client keys were used last.
//! 5. [`tidy`]: what is forgotten when.
//!
//! Invariants: the sums of each level are the sums of the requests; a number that was written is never written again;
//! nobody who asks holds up the writing. On SQLite the books are a file of their own, `usage.db` beside the main one.

pub mod ask;
pub mod batch;
pub mod book;
pub mod kept;
pub mod key_uses;
mod latencies;
pub mod level;
pub(crate) mod names;
pub(crate) mod record;
mod rolled;
pub(crate) mod row;
pub mod size;
mod statements;
pub mod sums;
pub mod tidy;
mod traces;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::dialect::Dialect;
use crate::dialect::usage::{Books, Cell, Question};
use crate::error::StoreError;
use crate::location::Location;

use names::Names;
use statements::Statements;

pub use batch::{Batch, HighWater};
pub use kept::Kept;

/// How the books are kept.
#[derive(Clone, Copy, Debug)]
pub struct UsageOptions {
    /// For how long.
    pub kept: Kept,
    /// How long a question may take.
    pub patience: Duration,
}

impl Default for UsageOptions {
    fn default() -> Self {
        Self {
            kept: Kept::default(),
            patience: Duration::from_secs(5),
        }
    }
}

/// The open books. Copies share their connections.
#[derive(Clone, Debug)]
pub struct UsageStore {
    pub(crate) books: Books,
    pub(crate) names: Arc<Names>,
    statements: Arc<Statements>,
    kept: Kept,
    /// Days whose partitions are there. Guards only itself: the worst of a stale entry is a failed write, after which
    /// it is forgotten.
    days: Arc<Mutex<BTreeSet<i64>>>,
    /// Persons of pool keys that are known to be written, so that most need not be again.
    seen: Arc<Mutex<HashSet<[i64; 3]>>>,
    /// Uses of client keys that are known to be written.
    uses: key_uses::Written,
}

impl UsageStore {
    /// Opens the books that belong to the main database at `url` with that epoch.
    ///
    /// # Errors
    /// Whatever makes them unusable, each with the way out.
    pub async fn open(url: &str, epoch: &str, options: UsageOptions) -> Result<Self, StoreError> {
        let location = beside(Location::parse(url)?);
        let books = Books::open(&location, options.patience).await?;
        own(&books, epoch, &location).await?;
        let statements = Arc::new(Statements::new(books.dialect()));
        let names = Arc::new(Names::default());
        names.load(&books).await?;
        Ok(Self {
            books,
            names,
            statements,
            kept: options.kept,
            days: Arc::default(),
            seen: Arc::default(),
            uses: Arc::default(),
        })
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.books.dialect()
    }

    /// For how long what is kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.kept
    }

    /// Waits for the last statement and closes all connections.
    pub async fn close(&self) {
        self.books.close().await;
    }
}

/// Where the books of a database are.
pub(crate) fn beside(main: Location) -> Location {
    match main {
        Location::Sqlite(path) => Location::Sqlite(path.with_file_name("usage.db")),
        Location::Postgres(url) => Location::Postgres(url),
    }
}

/// Makes new books this database's, and refuses those of another: ids would mean other people.
async fn own(books: &Books, epoch: &str, location: &Location) -> Result<(), StoreError> {
    let mut writing = books.write().await?;
    let new = "insert into usage_meta (id, epoch, last_serial) values (1, $1, 0) on conflict (id) do nothing";
    writing
        .run(Question::new(new).with(Cell::Text(epoch.to_owned())))
        .await?;
    let rows = writing
        .ask(Question::new("select epoch from usage_meta where id = 1"))
        .await?;
    writing.commit().await?;
    match rows.first().map(Vec::as_slice) {
        Some([Cell::Text(found)]) if found == epoch => Ok(()),
        Some(_) | None => Err(StoreError::OthersBooks(match location {
            Location::Sqlite(path) => path.display().to_string(),
            Location::Postgres(_) => "table usage_meta".to_owned(),
        })),
    }
}
