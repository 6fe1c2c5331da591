//! Changing and deleting accounts.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use sqlx::AssertSqlSafe;

use super::{UserRole, UserRow};
use crate::change::Change;
use crate::error::{StoreError, is_duplicate};
use crate::store::Store;

/// What an account's owner, or an admin, may change.
#[derive(Clone, Debug)]
pub struct AccountEdit {
    /// Unique.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Whether they may do anything.
    pub enabled: bool,
}

impl Store {
    /// Whose password may be set with this leave, which stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reset_for(&self, token: KeyHash, now_ms: i64) -> Result<Option<UserId>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select user_id from password_resets where hash = $1 and expires_at > $2")
                .bind(token.0.as_slice())
                .bind(now_ms)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(user,)| UserId(user)))
    }
}

impl Change<'_> {
    /// Writes name, role and whether the user is switched on.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken, [`StoreError::Missing`] without the user.
    pub async fn save_account(&mut self, id: UserId, edit: &AccountEdit) -> Result<UserRow, StoreError> {
        sqlx::query(
            "update users set name = $2, role = $3, enabled = $4, revision = $5 \
             where id = $1 and deleted_at is null",
        )
        .bind(id.0)
        .bind(edit.name.as_str())
        .bind(edit.role.as_str())
        .bind(i64::from(edit.enabled))
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| {
            if is_duplicate(&error) {
                StoreError::Exists("user")
            } else {
                error.into()
            }
        })?;
        self.living_user(id).await?.ok_or(StoreError::Missing("user"))
    }

    /// A user by id, unless they were deleted, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn living_user(&mut self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        let living: Option<(i64,)> =
            sqlx::query_as("select id from users where id = $1 and deleted_at is null")
                .bind(id.0)
                .fetch_optional(&mut *self.tx)
                .await?;
        match living {
            Some(_) => self.user(id).await,
            None => Ok(None),
        }
    }

    /// Sets a password's hash (argon2id in PHC form).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(&mut self, id: UserId, hash: &str) -> Result<(), StoreError> {
        sqlx::query(
            "update users set password_hash = $2, revision = $3 where id = $1 and deleted_at is null",
        )
        .bind(id.0)
        .bind(hash)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Gives leave to set a new password, in the place of whatever leave there was.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the user.
    pub async fn allow_reset(
        &mut self,
        user: UserId,
        token: KeyHash,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into password_resets (user_id, hash, expires_at) values ($1, $2, $3) \
             on conflict (user_id) do update set hash = excluded.hash, expires_at = excluded.expires_at",
        )
        .bind(user.0)
        .bind(token.0.as_slice())
        .bind(expires_at)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Uses leave to set a new password up. Gives whose it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_reset(&mut self, token: KeyHash, now_ms: i64) -> Result<Option<UserId>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "delete from password_resets where hash = $1 and expires_at > $2 returning user_id",
        )
        .bind(token.0.as_slice())
        .bind(now_ms)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row.map(|(user,)| UserId(user)))
    }

    /// Deletes an account for ever. Client keys are revoked, pool keys withdrawn, and all else that is known of the
    /// user is gone. The row stays, without a name, since others name its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_user(&mut self, id: UserId, now_ms: i64) -> Result<(), StoreError> {
        self.end_sessions(id, 0).await?;
        self.drop_totp(id).await?;
        for statement in FORGET {
            sqlx::query(statement).bind(id.0).execute(&mut *self.tx).await?;
        }
        for statement in TAKE_BACK {
            sqlx::query(AssertSqlSafe(statement))
                .bind(id.0)
                .bind(now_ms)
                .bind(self.revision.0)
                .execute(&mut *self.tx)
                .await?;
        }
        // No name that can be chosen has a blank.
        sqlx::query(
            "update users set name = $4, role = 'user', enabled = 0, password_hash = null, deleted_at = $2, \
             revision = $3 where id = $1",
        )
        .bind(id.0)
        .bind(now_ms)
        .bind(self.revision.0)
        .bind(format!("deleted user {id}"))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

/// What nobody else needs.
const FORGET: [&str; 5] = [
    "delete from job_items where job_id in (select id from jobs where user_id = $1)",
    "delete from jobs where user_id = $1",
    "delete from personal_tokens where user_id = $1",
    "delete from password_resets where user_id = $1",
    "delete from objects where owner_id = $1",
];

/// What others' books name, without what it was: id, time, revision.
const TAKE_BACK: [&str; 3] = [
    "update invitations set revoked_at = coalesce(revoked_at, $2), note = '' \
     where created_by = $1 and $3 = $3",
    "update client_keys set state = 'revoked', name = 'deleted', models = null, addresses = null, updated_at = $2, \
     revision = $3 where user_id = $1",
    "update pool_keys set state = 'withdrawn', label = '', sealed = null, fingerprint = null, key_id = null, \
     token_sealed = null, token_expires_at = null, account = null, account_print = null, credit = null, \
     credit_used = null, credit_at = null, tier = null, state_reason = null, state_since = coalesce(withdrawn_at, $2), \
     paused_at = null, held_at = null, held_by = null, held_reason = null, next_probe_at = null, \
     withdrawn_at = coalesce(withdrawn_at, $2), revision = $3 where contributor_id = $1",
];
