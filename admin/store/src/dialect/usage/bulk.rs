//! Many rows of numbers in few statements: on Postgres one, with an array for each column; on SQLite prepared
//! statements of 64, 16, 4 and 1 rows, so that any number of rows needs no statement that was not prepared before.

use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::dialect::Dialect;
use crate::error::StoreError;

/// Rows of SQLite's statements.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// Statements that write rows into one table.
#[derive(Clone, Debug)]
pub(crate) struct Bulk {
    columns: usize,
    texts: Texts,
}

#[derive(Clone, Debug)]
enum Texts {
    Sqlite([Arc<str>; 4]),
    Postgres(Arc<str>),
}

impl Bulk {
    /// `end` says what becomes of rows that are there already.
    pub(crate) fn new(dialect: Dialect, table: &str, columns: &[&str], end: &str) -> Self {
        let head = format!("insert into {table} ({}) ", columns.join(", "));
        let texts = match dialect {
            Dialect::Sqlite => {
                Texts::Sqlite(SIZES.map(|rows| format!("{head}{} {end}", values(rows, columns.len())).into()))
            }
            Dialect::Postgres => {
                let arrays = (1..=columns.len()).map(|column| format!("${column}::bigint[]"));
                let arrays = arrays.collect::<Vec<_>>().join(", ");
                Texts::Postgres(format!("{head}select * from unnest({arrays}) {end}").into())
            }
        };
        let columns = columns.len();
        Self { columns, texts }
    }

    pub(super) async fn sqlite(
        &self,
        connection: &mut SqliteConnection,
        cells: &[Option<i64>],
    ) -> Result<(), StoreError> {
        let Texts::Sqlite(texts) = &self.texts else {
            return Ok(());
        };
        let mut rest = cells;
        for (rows, text) in SIZES.iter().zip(texts) {
            let wanted = rows * self.columns;
            while let Some((now, later)) = rest.split_at_checked(wanted).filter(|(now, _)| !now.is_empty()) {
                // Without numbers, parameters are bound in order, and the driver need not look each one up.
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(text)));
                for cell in now {
                    query = query.bind(*cell);
                }
                query.execute(&mut *connection).await?;
                rest = later;
            }
        }
        Ok(())
    }

    pub(super) async fn postgres(
        &self,
        connection: &mut PgConnection,
        cells: &[Option<i64>],
    ) -> Result<(), StoreError> {
        let Texts::Postgres(text) = &self.texts else {
            return Ok(());
        };
        if cells.is_empty() {
            return Ok(());
        }
        let mut query = sqlx::query(AssertSqlSafe(Arc::clone(text)));
        for column in 0..self.columns {
            let column: Vec<Option<i64>> = cells.iter().skip(column).step_by(self.columns).copied().collect();
            query = query.bind(column);
        }
        query.execute(connection).await?;
        Ok(())
    }
}

fn values(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    let mut text = format!("values {row}");
    for _ in 1..rows {
        // Writing to a String cannot fail.
        let _ = write!(text, ", {row}");
    }
    text
}
