//! Users: listing and making them. `account` changes and deletes them, `find` looks for them.

macro_rules! columns {
    () => {
        "id, name, role, enabled, rate_limit, limit_mode, \
         (select count(*) from pool_keys p where p.contributor_id = users.id and p.state = 'healthy') as weight, \
         case when password_hash is null then 0 else 1 end as has_password, \
         (select count(*) from totp t where t.user_id = users.id and t.confirmed_at is not null) as has_totp, created_at, revision"
    };
}

mod account;
mod find;

use potluck_filters::id::{Revision, UserId};
use potluck_filters::limit::{Contribution, LimitRule};
use potluck_filters::model::User;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

pub use account::AccountEdit;
pub use find::{LoginRow, UserFilter};

use super::{Cell, contributions, limit_number, meta};
use crate::change::Change;
use crate::error::{StoreError, is_duplicate};
use crate::store::Store;

/// What a user may do on the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Their own keys.
    User,
    /// Everything.
    Admin,
}

impl UserRole {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

/// A user with everything that is kept of them, save the password's hash.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow {
    /// As an edge needs them, but without what they contribute, which [`Store::contributions`] tells.
    pub user: User,
    /// Unique.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether logging in asks for a second factor.
    pub has_totp: bool,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// The change that touched the row last.
    pub revision: Revision,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Unique.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// How many requests per 60 seconds over all the user's keys; `None`: as the policy says.
    pub limit: Option<LimitRule>,
    /// Argon2id in PHC form; without one nobody can log in as this user.
    pub password_hash: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    role: String,
    enabled: i64,
    rate_limit: Option<i64>,
    limit_mode: Option<String>,
    weight: i64,
    has_password: i64,
    has_totp: i64,
    created_at: i64,
    revision: i64,
}

impl Row {
    fn read(self) -> Result<UserRow, StoreError> {
        let cell = |column| Cell {
            table: "users",
            id: self.id,
            column,
        };
        let rate_limit = cell("rate_limit").limit(self.rate_limit)?;
        let role = UserRole::parse(&self.role).ok_or_else(|| cell("role").unreadable())?;
        Ok(UserRow {
            user: User {
                id: UserId(self.id),
                enabled: self.enabled != 0,
                operator: role == UserRole::Admin,
                limit: match self.limit_mode.as_deref() {
                    None => None,
                    Some("auto") => Some(LimitRule::Auto),
                    Some("manual") => Some(LimitRule::Manual(rate_limit)),
                    Some(_) => return Err(cell("limit_mode").unreadable()),
                },
                contribution: Contribution::default(),
                weight: u32::try_from(self.weight).unwrap_or(u32::MAX),
            },
            role,
            name: self.name,
            has_password: self.has_password != 0,
            has_totp: self.has_totp != 0,
            created_at: self.created_at,
            revision: Revision(self.revision),
        })
    }
}

/// The columns `limit_mode` and `rate_limit` of a rule.
pub(super) fn rule_columns(rule: Option<LimitRule>) -> (Option<&'static str>, Option<i64>) {
    match rule {
        None => (None, None),
        Some(LimitRule::Auto) => (Some("auto"), None),
        Some(LimitRule::Manual(limit)) => (Some("manual"), limit_number(limit)),
    }
}

impl Store {
    /// Users with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self, after: UserId, limit: u32) -> Result<Vec<UserRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from users where id > $1 and deleted_at is null order by id limit $2"
        ))
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

impl Change<'_> {
    /// Makes a user.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken.
    pub async fn create_user(&mut self, new: &NewUser, now_ms: i64) -> Result<UserRow, StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        sqlx::query(
            "insert into users (id, name, role, enabled, rate_limit, password_hash, created_at, revision, limit_mode) \
             values ($1, $2, $3, 1, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(new.name.as_str())
        .bind(new.role.as_str())
        .bind(rule_columns(new.limit).1)
        .bind(new.password_hash.as_deref())
        .bind(now_ms)
        .bind(self.revision.0)
        .bind(rule_columns(new.limit).0)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| {
            if is_duplicate(&error) {
                StoreError::Exists("user")
            } else {
                error.into()
            }
        })?;
        self.user(UserId(id)).await?.ok_or(StoreError::Missing("user"))
    }

    /// A user by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&mut self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(concat!("select ", columns!(), " from users where id = $1"))
            .bind(id.0)
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(Row::read).transpose()
    }

    /// The admin who was made first: the owner of what an operator makes without naming one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_admin(&mut self) -> Result<Option<UserId>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select id from users where role = 'admin' and enabled = 1 order by id limit 1")
                .fetch_optional(&mut *self.tx)
                .await?;
        Ok(row.map(|(id,)| UserId(id)))
    }
}

/// Users as an edge needs them, changed after `since`; they, or pool keys of theirs, from which their weight and what
/// they contribute come.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<Vec<User>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from users where revision > $1 or id in (select contributor_id from pool_keys where revision > $1)"
    ))
    .bind(since.0)
    .fetch_all(&mut *connection)
    .await?;
    let mut contributions = contributions::changed(connection, since).await?;
    rows.into_iter()
        .map(|row| {
            let mut user = row.read()?.user;
            user.contribution = contributions.remove(&user.id).unwrap_or_default();
            Ok(user)
        })
        .collect()
}
