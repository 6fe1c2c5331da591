//! What differs between SQLite and Postgres: connecting, migrating, isolation, and forgetting.
//!
//! Every query elsewhere is one text for both: `$1` placeholders, integers for flags and times.

mod lead;
pub(crate) mod usage;

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};

use crate::error::StoreError;
use crate::location::{self, Location};

pub use lead::Lead;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Which database is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A file of this process alone.
    Sqlite,
    /// A server that several processes may share.
    Postgres,
}

/// Rows survive a power cut (`full`), readers never wait for the writer (`wal`), and what is deleted is
/// overwritten (`secure_delete`).
const SQLITE_SESSION: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
     pragma busy_timeout = 5000; pragma secure_delete = on; pragma trusted_schema = off;";

/// Enough for one writer and the readers beside it.
const CONNECTIONS: u32 = 4;

impl Dialect {
    /// The word in answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    fn session(self) -> &'static str {
        match self {
            Self::Sqlite => SQLITE_SESSION,
            Self::Postgres => "set client_min_messages = warning",
        }
    }

    pub(crate) fn migrator(self) -> &'static Migrator {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }

    /// A transaction in which all reads see one and the same state.
    pub(crate) async fn read(self, pool: &AnyPool) -> Result<Transaction<'static, Any>, StoreError> {
        let begin = match self {
            Self::Sqlite => "begin deferred",
            Self::Postgres => "begin isolation level repeatable read read only",
        };
        Ok(pool.begin_with(begin).await?)
    }

    /// Removes what was deleted from the write-ahead log too. Postgres keeps its own log for as long as its
    /// administrator has set.
    pub(crate) async fn forget_deleted(self, pool: &AnyPool) -> Result<(), StoreError> {
        match self {
            Self::Sqlite => pool.execute("pragma wal_checkpoint(truncate)").await?,
            Self::Postgres => return Ok(()),
        };
        Ok(())
    }
}

/// Connects, and brings the tables up to date.
pub(crate) async fn connect(location: &Location) -> Result<(AnyPool, Dialect), StoreError> {
    sqlx::any::install_default_drivers();
    let dialect = match location {
        Location::Sqlite(path) => {
            location::prepare(path)?;
            Dialect::Sqlite
        }
        Location::Postgres(_) => Dialect::Postgres,
    };
    bring_up(dialect, &location.url()).await?;
    let pool = pool(dialect)
        .connect(&location.url())
        .await
        .map_err(unreachable)?;
    Ok((pool, dialect))
}

/// A connection of its own first: the pool tries again and again, and then only says that it has waited.
async fn bring_up(dialect: Dialect, url: &str) -> Result<(), StoreError> {
    let mut connection = AnyConnection::connect(url).await.map_err(unreachable)?;
    session(&mut connection, dialect.session()).await?;
    migrate(dialect, &mut connection).await?;
    Ok(connection.close().await?)
}

fn pool(dialect: Dialect) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(move |connection, _| Box::pin(session(connection, dialect.session())))
}

async fn session(connection: &mut AnyConnection, statements: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statements).execute(connection).await.map(|_| ())
}

/// What the first connection's failure says, where it says more than that there is no connection.
fn unreachable(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Database(source) => StoreError::Unreachable(source),
        told => told,
    }
}

async fn migrate(dialect: Dialect, connection: &mut AnyConnection) -> Result<(), StoreError> {
    migrated(dialect.migrator(), connection).await
}

/// Brings the tables that `migrator` knows up to date.
async fn migrated(migrator: &Migrator, connection: &mut impl Migrate) -> Result<(), StoreError> {
    let known = migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    migrator
        .run_direct(None, connection, false)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(found) if found > known => StoreError::Newer { found, known },
            MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
                StoreError::Altered(version)
            }
            MigrateError::Execute(source) => StoreError::from(source),
            other => StoreError::Migrate(other),
        })
}
