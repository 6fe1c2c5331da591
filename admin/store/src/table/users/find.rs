//! Looking for users: by what an admin asks for, by name, and with what logging in needs.

use std::collections::{BTreeSet, HashMap};

use potluck_filters::id::UserId;
use potluck_filters::secret::Secret;
use sqlx::AssertSqlSafe;

use super::{Row, UserRole, UserRow};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::table::containing;

/// Which users. Nothing set is all of them.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Part of the name, as it is written.
    pub name_has: Option<String>,
    /// Of this role.
    pub role: Option<UserRole>,
    /// Switched on, or off.
    pub enabled: Option<bool>,
    /// With an id up to this.
    pub up_to: Option<UserId>,
}

/// A user with what a login is compared with.
#[derive(Debug)]
pub struct LoginRow {
    /// The user.
    pub row: UserRow,
    /// Argon2id in PHC form; without one nobody can log in.
    pub password_hash: Option<Secret>,
}

impl Store {
    /// The names of these users; those who are gone are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_names(&self, ids: &BTreeSet<UserId>) -> Result<HashMap<UserId, String>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
        let places = places.join(", ");
        let text = format!("select id, name from users where deleted_at is null and id in ({places})");
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        for id in ids {
            query = query.bind(id.0);
        }
        let rows: Vec<(i64, String)> = query.fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
    }

    /// Users that fit, with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_users(
        &self,
        filter: &UserFilter,
        after: UserId,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        let (least, most) = filter.enabled.map_or((0, 1), |on| (i64::from(on), i64::from(on)));
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from users where id > $1 and deleted_at is null and name like $2 escape '!' and role like $3 \
             and enabled >= $4 and enabled <= $5 and id <= $6 order by id limit $7"
        ))
        .bind(after.0)
        .bind(containing(filter.name_has.as_deref().unwrap_or_default()))
        .bind(filter.role.map_or("%", UserRole::as_str))
        .bind(least)
        .bind(most)
        .bind(filter.up_to.map_or(i64::MAX, |last| last.0))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many users there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_users(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from users where deleted_at is null")
            .fetch_one(&self.pool)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// A user by id, unless they were deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn living_user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from users where id = $1 and deleted_at is null"
        ))
        .bind(id.0)
        .fetch_optional(&self.pool)
        .await?;
        row.map(Row::read).transpose()
    }

    /// A user by name, for logging in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn login(&self, name: &str) -> Result<Option<LoginRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from users where name = $1 and deleted_at is null"
        ))
        .bind(name)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let row = row.read()?;
        let hash: Option<(Option<String>,)> = sqlx::query_as("select password_hash from users where id = $1")
            .bind(row.user.id.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(Some(LoginRow {
            row,
            password_hash: hash.and_then(|(hash,)| hash).map(Secret::new),
        }))
    }
}

impl Change<'_> {
    /// How many admins are switched on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enabled_admins(&mut self) -> Result<i64, StoreError> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from users where role = 'admin' and enabled = 1")
                .fetch_one(&mut *self.tx)
                .await?;
        Ok(count)
    }
}
