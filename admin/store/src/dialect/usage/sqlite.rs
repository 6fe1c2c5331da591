//! The books as a file of their own beside the main one, so that neither waits for the other's writers.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, Connection, Row, Sqlite, SqliteConnection, SqlitePool, Transaction, TypeInfo,
    ValueRef,
};

use super::{Cell, Question, Rows};
use crate::dialect::{migrated, unreachable};
use crate::error::StoreError;
use crate::location;

static TABLES: LazyLock<Migrator> = LazyLock::new(|| sqlx::migrate!("../../migrations/usage/sqlite"));

/// Rows survive a power cut: edges forget what they were told is written.
const SESSION: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; \
     pragma trusted_schema = off; pragma temp_store = memory;";

/// The writer goes back to the same pages again and again: up to 32 MiB of them stay in memory, and they are copied from
/// the log to the file once the log has 64 MiB of them, since each time it is waited for the disk.
const WRITER: &str = "pragma cache_size = -32768; pragma wal_autocheckpoint = 16000;";

/// Views at once.
const READERS: u32 = 3;

/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 4000;

/// The open file.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    write: SqlitePool,
    read: SqlitePool,
    patience: Duration,
}

impl Books {
    pub(super) async fn open(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        location::prepare(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .statement_cache_capacity(256);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(unreachable)?;
        sqlx::raw_sql(SESSION).execute(&mut connection).await?;
        migrated(&TABLES, &mut connection).await?;
        connection.close().await?;
        let pool = |connections, own: &'static str| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(10))
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        sqlx::raw_sql(SESSION).execute(&mut *connection).await?;
                        sqlx::raw_sql(own).execute(connection).await.map(|_| ())
                    })
                })
        };
        Ok(Self {
            write: pool(1, WRITER)
                .connect_with(options.clone())
                .await
                .map_err(unreachable)?,
            read: pool(READERS, "")
                .connect_with(options)
                .await
                .map_err(unreachable)?,
            patience,
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long a question takes is not known before it is asked; nothing else depends on it"
    )]
    pub(super) async fn ask(&self, question: Question) -> Result<Rows, StoreError> {
        let mut connection = self.read.acquire().await?;
        let (began, patience) = (Instant::now(), self.patience);
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS, move || began.elapsed() < patience);
        drop(handle);
        ask(&mut connection, question).await
    }

    pub(super) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.write.begin_with("begin immediate").await?)
    }

    /// Copies the log to the file, as far as nobody still reads what is there.
    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        let text = "pragma wal_checkpoint(passive)";
        self.ask(Question::new(text)).await.map(|_| ())
    }

    /// Of the file. Its log is beside it, and never grows far.
    pub(super) async fn bytes(&self) -> Result<u64, StoreError> {
        let text = "select page_count * page_size from pragma_page_count, pragma_page_size";
        Ok(first(&self.ask(Question::new(text)).await?))
    }

    /// All tables are in one file, so a table's share is reckoned from its pages.
    pub(super) async fn size(&self, table: &str) -> Result<(u64, u64), StoreError> {
        let text = "select cast(coalesce(sum(pgsize), 0) as integer) from dbstat where aggregate = true and name in \
                    (select name from sqlite_schema where tbl_name = $1)";
        let bytes = self
            .ask(Question::new(text).with(Cell::Text(table.to_owned())))
            .await;
        let rows = self
            .ask(Question::new(format!("select count(*) from {table}")))
            .await?;
        Ok((first(&bytes?), first(&rows)))
    }

    pub(super) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn first(rows: &Rows) -> u64 {
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(number)) => u64::try_from(*number).unwrap_or(0),
        Some(Cell::Null | Cell::Text(_) | Cell::Bytes(_)) | None => 0,
    }
}

type Query = sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>;

fn query(question: Question) -> Query {
    let mut query = sqlx::query(AssertSqlSafe(question.text));
    for value in question.values {
        query = match value {
            Cell::Null => query.bind(None::<i64>),
            Cell::Int(number) => query.bind(number),
            Cell::Text(text) => query.bind(text),
            Cell::Bytes(bytes) => query.bind(bytes),
        };
    }
    query
}

pub(super) async fn ask(connection: &mut SqliteConnection, question: Question) -> Result<Rows, StoreError> {
    let rows = query(question).fetch_all(connection).await?;
    rows.iter().map(cells).collect()
}

pub(super) async fn run(connection: &mut SqliteConnection, question: Question) -> Result<u64, StoreError> {
    Ok(query(question).execute(connection).await?.rows_affected())
}

fn cells(row: &SqliteRow) -> Result<Vec<Cell>, StoreError> {
    let cell = |at: usize| -> Result<Cell, sqlx::Error> {
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Cell::Null);
        }
        let kind = raw.type_info();
        match kind.name() {
            "TEXT" => row.try_get(at).map(Cell::Text),
            "BLOB" => row.try_get(at).map(Cell::Bytes),
            _ => row.try_get(at).map(Cell::Int),
        }
    };
    let columns = row.columns().iter().map(|column| cell(column.ordinal()));
    Ok(columns.collect::<Result<_, _>>()?)
}
