//! The books in tables beside the main ones, with a partition for each day of events and of minutes: forgetting a day
//! is dropping a table.

use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{
    AssertSqlSafe, Column, Connection, PgConnection, PgPool, Postgres, Row, Transaction, TypeInfo, ValueRef,
};

use super::{Cell, Daily, Question, Rows};
use crate::dialect::{migrated, unreachable};
use crate::error::StoreError;

/// The main tables have a list of their own in the same schema.
static TABLES: LazyLock<Migrator> = LazyLock::new(|| {
    let mut tables = sqlx::migrate!("../../migrations/usage/postgres");
    tables.dangerous_set_table_name("_sqlx_usage_migrations");
    tables
});

const WRITERS: u32 = 2;
const READERS: u32 = 4;

/// A partition is made or dropped once nobody reads its table; if that takes longer, later.
const LOCK_WAIT: &str = "set local lock_timeout = '3s'";

/// Makes and drops partitions one after the other, whichever process does it.
const ORDER: &str =
    "select pg_advisory_xact_lock(hashtextextended('usage partitions of ' || current_schema(), 0))::text";

/// The open tables.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    write: PgPool,
    read: PgPool,
}

impl Books {
    pub(super) async fn open(url: &str, patience: Duration) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(unreachable)?;
        let mut connection = PgConnection::connect_with(&options).await.map_err(unreachable)?;
        sqlx::raw_sql("set client_min_messages = warning")
            .execute(&mut connection)
            .await?;
        migrated(&TABLES, &mut connection).await?;
        connection.close().await?;
        let quiet = options.options([("client_min_messages", "warning")]);
        // A sum over many rows is a matter of milliseconds, and compiling it would take longer.
        let asking = quiet.clone().options([
            ("statement_timeout", patience.as_millis().to_string().as_str()),
            ("default_transaction_read_only", "on"),
            ("jit", "off"),
            // With the days at hand, only their partitions are looked at.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(10))
        };
        Ok(Self {
            write: pool(WRITERS).connect_with(quiet).await.map_err(unreachable)?,
            read: pool(READERS).connect_with(asking).await.map_err(unreachable)?,
        })
    }

    pub(super) async fn ask(&self, question: Question) -> Result<Rows, StoreError> {
        ask(&mut *self.read.acquire().await?, question).await
    }

    pub(super) async fn write(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.write.begin().await?)
    }

    pub(super) async fn prepare_day(&self, day: i64, tables: &[Daily]) -> Result<(), StoreError> {
        let mut tx = self.write.begin().await?;
        sqlx::query(LOCK_WAIT).execute(&mut *tx).await?;
        sqlx::query(ORDER).execute(&mut *tx).await?;
        for daily in tables {
            prepare(&mut tx, day, daily).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn drop_before(&self, day: i64, daily: Daily) -> Result<bool, StoreError> {
        let partitions = "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid \
                          where i.inhparent = to_regclass($1)";
        let mut tx = self.write.begin().await?;
        sqlx::query(LOCK_WAIT).execute(&mut *tx).await?;
        sqlx::query(ORDER).execute(&mut *tx).await?;
        let names: Vec<(String,)> = sqlx::query_as(partitions)
            .bind(daily.table)
            .fetch_all(&mut *tx)
            .await?;
        let prefix = format!("{}_d", daily.table);
        let dated = names
            .iter()
            .filter_map(|(name,)| Some((name.strip_prefix(&prefix)?.parse::<i64>().ok()?, name)));
        let oldest = dated.min().filter(|(of, _)| *of < day);
        if let Some((_, name)) = oldest {
            sqlx::query(AssertSqlSafe(format!("drop table {name}")))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(oldest.is_some())
    }

    pub(super) async fn size(&self, table: &str) -> Result<(u64, u64), StoreError> {
        let text = "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, \
                    coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint from pg_class c \
                    where c.oid = to_regclass($1) or c.oid in (select inhrelid from pg_inherits where inhparent = to_regclass($1))";
        let (bytes, rows): (i64, i64) = sqlx::query_as(text).bind(table).fetch_one(&self.read).await?;
        let number = |number| u64::try_from(number).unwrap_or(0);
        Ok((number(bytes), number(rows)))
    }

    pub(super) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Made apart and then attached: that lets others read and write the table meanwhile.
async fn prepare(connection: &mut PgConnection, day: i64, daily: &Daily) -> Result<(), StoreError> {
    let Daily { table, bound } = daily;
    let name = format!("{table}_d{day}");
    let (there,): (bool,) = sqlx::query_as("select to_regclass($1) is not null")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await?;
    if there {
        return Ok(());
    }
    let (from, to) = (bound(day), bound(day + 1));
    for statement in [
        format!("create table {name} (like {table} including all) with (fillfactor = 90)"),
        format!("alter table {table} attach partition {name} for values from ({from}) to ({to})"),
    ] {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

type Query = sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments>;

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

pub(super) async fn ask(connection: &mut PgConnection, question: Question) -> Result<Rows, StoreError> {
    let rows = query(question).fetch_all(connection).await?;
    rows.iter().map(cells).collect()
}

pub(super) async fn run(connection: &mut PgConnection, question: Question) -> Result<u64, StoreError> {
    Ok(query(question).execute(connection).await?.rows_affected())
}

fn cells(row: &PgRow) -> Result<Vec<Cell>, StoreError> {
    let cell = |at: usize| -> Result<Cell, sqlx::Error> {
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Cell::Null);
        }
        let kind = raw.type_info();
        match kind.name() {
            "TEXT" => row.try_get(at).map(Cell::Text),
            "BYTEA" => row.try_get(at).map(Cell::Bytes),
            "INT2" => row.try_get(at).map(|number: i16| Cell::Int(number.into())),
            "INT4" => row.try_get(at).map(|number: i32| Cell::Int(number.into())),
            _ => row.try_get(at).map(Cell::Int),
        }
    };
    let columns = row.columns().iter().map(|column| cell(column.ordinal()));
    Ok(columns.collect::<Result<_, _>>()?)
}
