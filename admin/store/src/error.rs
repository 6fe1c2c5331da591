//! Everything that can go wrong with the database, each with the way out.
//!
//! Invariant: no message carries a row's content, a key or a password of the database URL.

use std::path::PathBuf;

use crate::seal::envelope::SealError;

/// Why the store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database this program knows.
    #[error("the database URL must start with sqlite: or postgres:, for example sqlite:data/potluck.db")]
    Url,
    /// The file's folder does not exist.
    #[error("the folder {} of the database does not exist; create it or correct database.url", .0.display())]
    NoFolder(PathBuf),
    /// Something that is no regular file lies at the path.
    #[error("{} is not a file; name the database file itself in database.url", .0.display())]
    NotAFile(PathBuf),
    /// A file that SQLite did not write, or that was overwritten.
    #[error("{} is not a SQLite database; move it away, or restore it from a backup", .0.display())]
    NotADatabase(PathBuf),
    /// The file or its folder may not be read or written.
    #[error("{} cannot be used: {why}; check owner, mode and mount of the file and its folder", .path.display())]
    File {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The database itself says that it is read-only.
    #[error("the database is read-only; check owner, mode and mount of the file and its folder")]
    ReadOnly,
    /// The database cannot be reached.
    #[error("the database cannot be opened; check that it runs and that database.url is right")]
    Unreachable(#[source] sqlx::Error),
    /// Another process holds the write lock for longer than the busy time-out.
    #[error("the database is locked by another process; stop that process and try again")]
    Locked,
    /// SQLite found a damaged page.
    #[error("the database file is damaged; restore it from a backup")]
    Corrupt,
    /// A later program has changed the tables.
    #[error("the database has schema {found}, this program knows up to {known}; use the newer program")]
    Newer {
        /// Highest version in the database.
        found: i64,
        /// Highest version in the program.
        known: i64,
    },
    /// A released migration was edited, or another program's tables are there.
    #[error("migration {0} in the database is not the one of this program; use the program that made it")]
    Altered(i64),
    /// A migration failed.
    #[error("the tables could not be brought up to date; restore a backup or report this")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The one `meta` row is missing from a database that has been in use.
    #[error("the database has users or keys but no meta row; restore it from a backup")]
    NoMeta,
    /// Sealing or opening failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    Random(#[from] getrandom::Error),
    /// A row that this program could not have written.
    #[error("{table} row {id}: {column} is not readable; restore it from a backup")]
    Row {
        /// Table.
        table: &'static str,
        /// Row id.
        id: i64,
        /// Column.
        column: &'static str,
    },
    /// A setting of an upstream that this program could not have written.
    #[error("the setting of upstream {0} is not readable; restore it from a backup")]
    Setting(String),
    /// A unique column has this value already.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// A row refers to one that does not exist.
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// A question took longer than questions may.
    #[error("the database took too long to answer; ask for a shorter time or for less")]
    TooLong,
    /// Books that another database's edges wrote.
    #[error("{} belongs to another database; move it away, or restore the database that it belongs to", .0)]
    OthersBooks(String),
    /// A sum that is not kept, so that nobody can look through somebody else's key.
    #[error("usage is not summed by pool key and by person together; leave one of them out")]
    Unanswerable,
    /// Anything else the database says.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match sqlite_code(&error) {
            Some(SQLITE_BUSY) => Self::Locked,
            Some(SQLITE_READONLY) => Self::ReadOnly,
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Corrupt,
            Some(SQLITE_CANTOPEN) => Self::Unreachable(error),
            Some(SQLITE_INTERRUPT) => Self::TooLong,
            Some(_) => Self::Database(error),
            None => of_postgres(error),
        }
    }
}

/// By its code, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(error: sqlx::Error) -> StoreError {
    match error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .as_deref()
    {
        Some("57014") => StoreError::TooLong,
        Some("55P03") => StoreError::Locked,
        Some(_) | None => StoreError::Database(error),
    }
}

/// Primary result codes, <https://www.sqlite.org/rescode.html>.
const SQLITE_BUSY: i32 = 5;
const SQLITE_READONLY: i32 = 8;
const SQLITE_INTERRUPT: i32 = 9;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_NOTADB: i32 = 26;

/// The primary result code, which is the low byte of the extended one. Postgres codes have five
/// characters and are no result codes of SQLite.
fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    if code.len() == 5 {
        return None;
    }
    code.parse::<i32>().ok().map(|extended| extended & 0xff)
}

/// Whether a unique index refused the row. The constraint's name is unknown on SQLite.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    matches!(
        error.as_database_error().map(sqlx::error::DatabaseError::kind),
        Some(sqlx::error::ErrorKind::UniqueViolation)
    )
}

/// Whether a foreign key refused the row.
pub(crate) fn is_dangling(error: &sqlx::Error) -> bool {
    matches!(
        error.as_database_error().map(sqlx::error::DatabaseError::kind),
        Some(sqlx::error::ErrorKind::ForeignKeyViolation)
    )
}
