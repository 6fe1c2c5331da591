//! What was spent on a day: added up, never set.

use std::collections::HashMap;
use std::fmt::Write as _;

use potluck_filters::id::{ClientKeyId, PoolKeyId};
use potluck_filters::spending::{Spending, Whose, merged};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::Cell;
use crate::error::StoreError;
use crate::store::Store;

/// Rows of one statement: SQLite's driver looks each parameter up by name, from the first on, so that the
/// work grows with the square of their number.
const ROWS: usize = 50;

/// Days that are kept, counted back from what is booked: a year and a month.
const KEPT: i64 = 396;

const POOL_KEY: &str = "pool_key";
const CLIENT_KEY: &str = "client_key";

/// What somebody spent on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests that were served.
    pub requests: u64,
    /// Anlas that they cost, as estimated.
    pub anlas: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    id: i64,
    day: i64,
    requests: i64,
    anlas: i64,
}

impl Row {
    fn read(self) -> Result<Spending, StoreError> {
        let cell = |column| Cell {
            table: "spent_days",
            id: self.id,
            column,
        };
        let number = |number, column| u64::try_from(number).map_err(|_| cell(column).unreadable());
        Ok(Spending {
            whose: match self.kind.as_str() {
                POOL_KEY => Whose::PoolKey(PoolKeyId(self.id)),
                CLIENT_KEY => Whose::ClientKey(ClientKeyId(self.id)),
                _ => return Err(cell("kind").unreadable()),
            },
            day: self.day,
            requests: number(self.requests, "requests")?,
            anlas: number(self.anlas, "anlas")?,
        })
    }
}

fn split(whose: Whose) -> (&'static str, i64) {
    match whose {
        Whose::PoolKey(id) => (POOL_KEY, id.0),
        Whose::ClientKey(id) => (CLIENT_KEY, id.0),
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn statement(rows: usize) -> String {
    let mut text = "insert into spent_days (kind, id, day, requests, anlas) values ".to_owned();
    for row in 0..rows {
        let comma = if row == 0 { "" } else { ", " };
        let at = row * 5;
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{comma}(${}, ${}, ${}, ${}, ${})",
            at + 1,
            at + 2,
            at + 3,
            at + 4,
            at + 5
        );
    }
    text.push_str(
        " on conflict (day, kind, id) do update set requests = spent_days.requests + excluded.requests, \
         anlas = spent_days.anlas + excluded.anlas",
    );
    text
}

async fn add(connection: &mut AnyConnection, rows: &[Spending]) -> Result<(), StoreError> {
    let mut query = sqlx::query(AssertSqlSafe(statement(rows.len())));
    for spent in rows {
        let (kind, id) = split(spent.whose);
        query = query
            .bind(kind)
            .bind(id)
            .bind(spent.day)
            .bind(number(spent.requests))
            .bind(number(spent.anlas));
    }
    query.execute(connection).await?;
    Ok(())
}

impl Store {
    /// Adds to what was spent, all of it or nothing. What is older than a year and a month is forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn book(&self, spent: &[Spending]) -> Result<(), StoreError> {
        // A statement may not touch a row twice.
        let rows = merged(spent);
        let Some(oldest) = rows.iter().map(|row| row.day).min() else {
            return Ok(());
        };
        let mut tx = self.pool.begin().await?;
        for rows in rows.chunks(ROWS) {
            add(&mut tx, rows).await?;
        }
        sqlx::query("delete from spent_days where day < $1")
            .bind(oldest - KEPT)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Everything that was spent on a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_on(&self, day: i64) -> Result<Vec<Spending>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as("select kind, id, day, requests, anlas from spent_days where day = $1")
                .bind(day)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// What pool keys with these ids spent on a day; those that spent nothing are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_by_pool_keys(
        &self,
        day: i64,
        first: PoolKeyId,
        last: PoolKeyId,
    ) -> Result<HashMap<PoolKeyId, Spent>, StoreError> {
        let spent = self.spent_by(POOL_KEY, day, first.0, last.0).await?;
        Ok(spent
            .into_iter()
            .map(|(id, spent)| (PoolKeyId(id), spent))
            .collect())
    }

    /// What client keys with these ids spent on a day; those that spent nothing are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_by_client_keys(
        &self,
        day: i64,
        first: ClientKeyId,
        last: ClientKeyId,
    ) -> Result<HashMap<ClientKeyId, Spent>, StoreError> {
        let spent = self.spent_by(CLIENT_KEY, day, first.0, last.0).await?;
        Ok(spent
            .into_iter()
            .map(|(id, spent)| (ClientKeyId(id), spent))
            .collect())
    }

    /// What a pool key served from the day `from` to the day `to`, by day; days without anything are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn days_of_pool_key(
        &self,
        id: PoolKeyId,
        from: i64,
        to: i64,
    ) -> Result<Vec<(i64, Spent)>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select kind, id, day, requests, anlas from spent_days \
             where kind = $1 and id = $2 and day between $3 and $4 order by day",
        )
        .bind(POOL_KEY.to_owned())
        .bind(id.0)
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?;
        let day = |row: Row| {
            row.read().map(|one| {
                let Spending {
                    day, requests, anlas, ..
                } = one;
                (day, Spent { requests, anlas })
            })
        };
        rows.into_iter().map(day).collect()
    }

    async fn spent_by(
        &self,
        kind: &str,
        day: i64,
        first: i64,
        last: i64,
    ) -> Result<Vec<(i64, Spent)>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select kind, id, day, requests, anlas from spent_days \
             where day = $1 and kind = $2 and id between $3 and $4",
        )
        .bind(day)
        .bind(kind.to_owned())
        .bind(first)
        .bind(last)
        .fetch_all(&self.pool)
        .await?;
        let spent = |one: Spending| {
            let spent = Spent {
                requests: one.requests,
                anlas: one.anlas,
            };
            (split(one.whose).1, spent)
        };
        rows.into_iter().map(|row| row.read().map(spent)).collect()
    }
}
