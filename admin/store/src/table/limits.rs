//! How users' limits come about: the policy for all, and each user's own rule.

use potluck_filters::id::{Revision, UserId};
use potluck_filters::limit::{LimitPolicy, LimitRule};
use sqlx::AnyConnection;

use super::Cell;
use super::users::rule_columns;
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

const CELL: Cell = Cell {
    table: "limit_policy",
    id: 1,
    column: "policy",
};

fn read(row: Option<(String, i64)>) -> Result<(LimitPolicy, Revision), StoreError> {
    let Some((text, revision)) = row else {
        return Ok((LimitPolicy::default(), Revision(0)));
    };
    let policy = CELL.json(Some(&text))?;
    Ok((policy.unwrap_or_default(), Revision(revision)))
}

const SELECT: &str = "select policy, revision from limit_policy where id = 1";

impl Store {
    /// The policy, with the change that made it; revision 0 where nobody has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn limit_policy(&self) -> Result<(LimitPolicy, Revision), StoreError> {
        read(sqlx::query_as(SELECT).fetch_optional(&self.pool).await?)
    }
}

impl Change<'_> {
    /// The policy, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn limit_policy(&mut self) -> Result<(LimitPolicy, Revision), StoreError> {
        read(sqlx::query_as(SELECT).fetch_optional(&mut *self.tx).await?)
    }

    /// Writes the policy: one row, however many users there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_limit_policy(&mut self, policy: &LimitPolicy) -> Result<(), StoreError> {
        sqlx::query(
            "insert into limit_policy (id, policy, revision) values (1, $1, $2) \
             on conflict (id) do update set policy = excluded.policy, revision = excluded.revision",
        )
        .bind(CELL.json_text(policy)?)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Writes a user's own rule; `None`: as the policy says.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the user.
    pub async fn set_user_limit(&mut self, user: UserId, rule: Option<LimitRule>) -> Result<(), StoreError> {
        let (mode, number) = rule_columns(rule);
        let done =
            sqlx::query("update users set limit_mode = $2, rate_limit = $3, revision = $4 where id = $1")
                .bind(user.0)
                .bind(mode)
                .bind(number)
                .bind(self.revision.0)
                .execute(&mut *self.tx)
                .await?;
        match done.rows_affected() {
            0 => Err(StoreError::Missing("user")),
            _ => Ok(()),
        }
    }
}

/// The policy, as the transaction sees it.
pub(crate) async fn policy(connection: &mut AnyConnection) -> Result<LimitPolicy, StoreError> {
    Ok(read(sqlx::query_as(SELECT).fetch_optional(connection).await?)?.0)
}

/// The policy, if it was changed after `since`.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<Option<LimitPolicy>, StoreError> {
    let row = sqlx::query_as(SELECT).fetch_optional(connection).await?;
    let (policy, revision) = read(row)?;
    Ok((revision > since).then_some(policy))
}
