//! Personal access tokens: what users' programs call the API with.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// How much older than now the note of the last use may be, in milliseconds: not every call writes.
const USE_NOTED_EVERY: i64 = 60_000;

/// A token with everything that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalTokenRow {
    /// Row id.
    pub id: i64,
    /// Whose it is.
    pub user: UserId,
    /// Its owner's name for it.
    pub name: String,
    /// The last four characters of its text.
    pub hint: String,
    /// What it may do, in the API's words.
    pub scopes: Vec<String>,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// When it stops working, in Unix time in milliseconds.
    pub expires_at: Option<i64>,
    /// When it was used last, to about a minute.
    pub used_at: Option<i64>,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewPersonalToken {
    /// Whose it is.
    pub user: UserId,
    /// Its owner's name for it.
    pub name: String,
    /// How it is found.
    pub hash: KeyHash,
    /// The last four characters of its text.
    pub hint: String,
    /// What it may do, in the API's words.
    pub scopes: Vec<String>,
    /// When it stops working, in Unix time in milliseconds.
    pub expires_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    name: String,
    hint: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    used_at: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, user_id, name, hint, scopes, created_at, expires_at, used_at from personal_tokens ",
            $rest
        )
    };
}

fn cell(id: i64) -> Cell {
    Cell {
        table: "personal_tokens",
        id,
        column: "scopes",
    }
}

impl Row {
    fn read(self) -> Result<PersonalTokenRow, StoreError> {
        let scopes: Option<Vec<String>> = cell(self.id).json(Some(&self.scopes))?;
        Ok(PersonalTokenRow {
            id: self.id,
            user: UserId(self.user_id),
            name: self.name,
            hint: self.hint,
            scopes: scopes.unwrap_or_default(),
            created_at: self.created_at,
            expires_at: self.expires_at,
            used_at: self.used_at,
        })
    }
}

impl Store {
    /// A user's tokens with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_tokens(
        &self,
        user: UserId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<PersonalTokenRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(select!("where user_id = $1 and id > $2 order by id limit $3"))
            .bind(user.0)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// The token with this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_token(&self, hash: KeyHash) -> Result<Option<PersonalTokenRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(select!("where hash = $1"))
            .bind(hash.0.as_slice())
            .fetch_optional(&self.pool)
            .await?;
        row.map(Row::read).transpose()
    }

    /// Whether a user still has a token, and its time has not passed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_token_holds(&self, user: UserId, id: i64, now_ms: i64) -> Result<bool, StoreError> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from personal_tokens where user_id = $1 and id = $2 \
             and (expires_at is null or expires_at > $3)",
        )
        .bind(user.0)
        .bind(id)
        .bind(now_ms)
        .fetch_one(&self.pool)
        .await?;
        Ok(count == 1)
    }

    /// Notes that a token was used, unless that was noted a moment ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_use(&self, token: &PersonalTokenRow, now_ms: i64) -> Result<(), StoreError> {
        if token.used_at.is_some_and(|at| now_ms - at < USE_NOTED_EVERY) {
            return Ok(());
        }
        sqlx::query("update personal_tokens set used_at = $2 where id = $1")
            .bind(token.id)
            .bind(now_ms)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

impl Change<'_> {
    /// Makes a token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_personal_token(
        &mut self,
        new: &NewPersonalToken,
        now_ms: i64,
    ) -> Result<PersonalTokenRow, StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        sqlx::query(
            "insert into personal_tokens (id, user_id, name, hash, hint, scopes, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(new.user.0)
        .bind(new.name.as_str())
        .bind(new.hash.0.as_slice())
        .bind(new.hint.as_str())
        .bind(cell(id).json_text(&new.scopes)?)
        .bind(now_ms)
        .bind(new.expires_at)
        .execute(&mut *self.tx)
        .await?;
        Ok(PersonalTokenRow {
            id,
            user: new.user,
            name: new.name.clone(),
            hint: new.hint.clone(),
            scopes: new.scopes.clone(),
            created_at: now_ms,
            expires_at: new.expires_at,
            used_at: None,
        })
    }

    /// How many tokens a user has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_personal_tokens(&mut self, user: UserId) -> Result<i64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from personal_tokens where user_id = $1")
            .bind(user.0)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(count)
    }

    /// Deletes one of a user's tokens. Gives what it was called, if there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_personal_token(
        &mut self,
        user: UserId,
        id: i64,
    ) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("delete from personal_tokens where user_id = $1 and id = $2 returning name")
                .bind(user.0)
                .bind(id)
                .fetch_optional(&mut *self.tx)
                .await?;
        Ok(row.map(|(name,)| name))
    }
}
