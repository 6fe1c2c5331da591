//! What an edge that begins anew must know of what was before: what was spent today, and the last minute's requests.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::spending::{Spending, Whose};
use potluck_filters::usage::{Admitted, StatusClass};

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::book::{Book, Dim};
use crate::usage::level::Level;
use crate::usage::row::{SERIALS, first_id, place};

use super::member::int;

impl UsageStore {
    /// What pool keys served and client keys asked for on a day (UTC, counted from the Unix epoch): requests whose work
    /// was done, and their Anlas.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_on(&self, day: i64) -> Result<Vec<Spending>, StoreError> {
        let mut spent = Vec::new();
        let pool_keys = self.books.ask(spent_by(Book::PoolKey, Dim::PoolKey, day)).await?;
        spent.extend(read(&pool_keys, day, |id| Whose::PoolKey(PoolKeyId(id))));
        let client_keys = self
            .books
            .ask(spent_by(Book::ClientKey, Dim::ClientKey, day))
            .await?;
        spent.extend(read(&client_keys, day, |id| Whose::ClientKey(ClientKeyId(id))));
        Ok(spent)
    }

    /// Requests that were admitted from a time on, in milliseconds since the Unix epoch, and have ended: of each client
    /// key and second how many. What the relay refused before it tried anything was not admitted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn admitted_since(&self, from: i64) -> Result<Vec<Admitted>, StoreError> {
        let began = format!("(id / {SERIALS} - total_us / 1000)");
        let text = format!(
            "select user_id, client_key_id, {began} / 1000, count(*) from usage_events \
             where id >= $1 and {began} >= $2 and client_key_id > 0 and (code = 0 or attempts > 0) \
             group by user_id, client_key_id, {began} / 1000 order by user_id, client_key_id, {began} / 1000"
        );
        let question = Question::new(text)
            .with(Cell::Int(first_id(from)))
            .with(Cell::Int(from));
        let rows = self.books.ask(question).await?;
        let one = |row: &Vec<Cell>| {
            let [user, client_key, second, count] = row.as_slice() else {
                return None;
            };
            Some(Admitted {
                user: UserId(int(user)),
                client_key: ClientKeyId(int(client_key)),
                at: int(second) * 1000,
                requests: u64::try_from(int(count)).unwrap_or(0),
            })
        };
        Ok(rows.iter().filter_map(one).collect())
    }
}

fn spent_by(book: Book, dim: Dim, day: i64) -> Question {
    let column = dim.column();
    let text = format!(
        "select {column}, cast(sum(requests) as bigint), \
         cast(coalesce(sum(anlas_reported), 0) + coalesce(sum(anlas_estimated), 0) as bigint) from {} \
         where level = $1 and bucket = $2 and class in ($3, $4) and {column} > 0 group by {column} order by {column}",
        book.table()
    );
    Question::new(text)
        .with(Cell::Int(Level::Day.number()))
        .with(Cell::Int(day))
        .with(Cell::Int(place(StatusClass::ALL, &StatusClass::Ok)))
        .with(Cell::Int(place(StatusClass::ALL, &StatusClass::Left)))
}

fn read(rows: &[Vec<Cell>], day: i64, whose: impl Fn(i64) -> Whose) -> Vec<Spending> {
    let one = |row: &Vec<Cell>| {
        let [id, requests, anlas] = row.as_slice() else {
            return None;
        };
        let number = |cell| u64::try_from(int(cell)).unwrap_or(0);
        Some(Spending {
            whose: whose(int(id)),
            day,
            requests: number(requests),
            anlas: number(anlas),
        })
    };
    rows.iter().filter_map(one).collect()
}
