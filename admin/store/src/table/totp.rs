//! Second factors: the sealed secret of a user's authenticator, and recovery codes.
//!
//! Invariant: a time step counts once, and so does a recovery code; one statement decides it.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use sqlx::{AnyConnection, AnyPool};
use zeroize::Zeroizing;

use crate::change::Change;
use crate::error::StoreError;
use crate::random;
use crate::seal::context::Context;
use crate::seal::envelope;
use crate::store::Store;

/// A user's second factor, opened.
pub struct TotpRow {
    /// What codes are made from.
    pub secret: Zeroizing<Vec<u8>>,
    /// Whether a code has shown that it is set up. Until then logging in does not ask for one.
    pub confirmed: bool,
}

impl std::fmt::Debug for TotpRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TotpRow")
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// A user's second factor.
    ///
    /// # Errors
    /// When the database fails, or it cannot be opened.
    pub async fn totp(&self, user: UserId) -> Result<Option<TotpRow>, StoreError> {
        let row: Option<(Vec<u8>, Option<i64>)> =
            sqlx::query_as("select sealed, confirmed_at from totp where user_id = $1")
                .bind(user.0)
                .fetch_optional(&self.pool)
                .await?;
        let Some((sealed, confirmed_at)) = row else {
            return Ok(None);
        };
        Ok(Some(TotpRow {
            secret: envelope::open(&self.ring, &Context::Totp { user: user.0 }, &sealed)?,
            confirmed: confirmed_at.is_some(),
        }))
    }

    /// Takes a code of that time step, unless one of it or of a later one was taken before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("update totp set last_step = $2 where user_id = $1 and last_step < $2")
            .bind(user.0)
            .bind(step)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Uses up a recovery code. Says whether it was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_recovery_code(&self, user: UserId, code: KeyHash) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from recovery_codes where user_id = $1 and hash = $2")
            .bind(user.0)
            .bind(code.0.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many recovery codes a user has left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recovery_codes_left(&self, user: UserId) -> Result<i64, StoreError> {
        let (left,): (i64,) = sqlx::query_as("select count(*) from recovery_codes where user_id = $1")
            .bind(user.0)
            .fetch_one(&self.pool)
            .await?;
        Ok(left)
    }
}

impl Change<'_> {
    /// Puts a second factor that has yet to be confirmed in the place of whatever was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_totp(&mut self, user: UserId, secret: &[u8], now_ms: i64) -> Result<(), StoreError> {
        self.drop_totp(user).await?;
        let key = self.store.ring.current();
        let sealed = envelope::seal(key, &random::bytes()?, &Context::Totp { user: user.0 }, secret)?;
        sqlx::query(
            "insert into totp (user_id, sealed, key_id, created_at, last_step) values ($1, $2, $3, $4, 0)",
        )
        .bind(user.0)
        .bind(sealed)
        .bind(key.id.to_string())
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The second factor counts from now on, with these recovery codes. The code of `step` is taken.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none to confirm.
    pub async fn confirm_totp(
        &mut self,
        user: UserId,
        (step, now_ms): (i64, i64),
        codes: &[KeyHash],
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update totp set confirmed_at = $2, last_step = $3 where user_id = $1 and confirmed_at is null",
        )
        .bind(user.0)
        .bind(now_ms)
        .bind(step)
        .execute(&mut *self.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing("second factor"));
        }
        add_recovery_codes(&mut self.tx, user, codes).await
    }

    /// Puts these recovery codes in the place of those that a user has left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_recovery_codes(&mut self, user: UserId, codes: &[KeyHash]) -> Result<(), StoreError> {
        forget_recovery_codes(&mut self.tx, user).await?;
        add_recovery_codes(&mut self.tx, user, codes).await
    }

    /// Takes a user's second factor away. Says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_totp(&mut self, user: UserId) -> Result<bool, StoreError> {
        forget(&mut self.tx, user).await
    }
}

async fn add_recovery_codes(
    connection: &mut AnyConnection,
    user: UserId,
    codes: &[KeyHash],
) -> Result<(), StoreError> {
    for code in codes {
        sqlx::query("insert into recovery_codes (user_id, hash) values ($1, $2)")
            .bind(user.0)
            .bind(code.0.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn forget_recovery_codes(connection: &mut AnyConnection, user: UserId) -> Result<(), StoreError> {
    sqlx::query("delete from recovery_codes where user_id = $1")
        .bind(user.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn forget(connection: &mut AnyConnection, user: UserId) -> Result<bool, StoreError> {
    forget_recovery_codes(connection, user).await?;
    let done = sqlx::query("delete from totp where user_id = $1")
        .bind(user.0)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The ids of all sealing keys in use here.
pub(crate) async fn sealing_keys(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select distinct key_id from totp")
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
