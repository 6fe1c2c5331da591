//! What access tokens are signed with: 32 random bytes each, sealed.

use sqlx::AnyPool;
use zeroize::Zeroizing;

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::random;
use crate::seal::context::Context;
use crate::seal::envelope;
use crate::store::Store;

/// Bytes of a key: as many as its hash has.
pub const LEN: usize = 32;

/// A signing key, opened.
pub struct SigningKey {
    /// Row id; names the key in the tokens that it signed.
    pub id: i64,
    /// What is signed with.
    pub secret: Zeroizing<[u8; LEN]>,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// When a newer one took its place; it signs nothing since.
    pub retired_at: Option<i64>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    sealed: Vec<u8>,
    created_at: i64,
    retired_at: Option<i64>,
}

impl Store {
    /// All signing keys, the newest first.
    ///
    /// # Errors
    /// When the database fails, or one cannot be opened.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as("select id, sealed, created_at, retired_at from signing_keys order by id desc")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(|row| self.opened_signing_key(row)).collect()
    }

    fn opened_signing_key(&self, row: &Row) -> Result<SigningKey, StoreError> {
        let text = envelope::open(&self.ring, &Context::SigningKey { id: row.id }, &row.sealed)?;
        let cell = Cell {
            table: "signing_keys",
            id: row.id,
            column: "sealed",
        };
        let secret = text.as_slice().try_into().map_err(|_| cell.unreadable())?;
        Ok(SigningKey {
            id: row.id,
            secret: Zeroizing::new(secret),
            created_at: row.created_at,
            retired_at: row.retired_at,
        })
    }
}

impl Change<'_> {
    /// Makes a signing key, which signs from now on. Those that retired before `forget_before` are deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_signing_key(&mut self, now_ms: i64, forget_before: i64) -> Result<i64, StoreError> {
        sqlx::query("delete from signing_keys where retired_at < $1")
            .bind(forget_before)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("update signing_keys set retired_at = $1 where retired_at is null")
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        let secret = Zeroizing::new(random::bytes::<LEN>()?);
        let key = self.store.ring.current();
        let sealed = envelope::seal(
            key,
            &random::bytes()?,
            &Context::SigningKey { id },
            secret.as_slice(),
        )?;
        sqlx::query("insert into signing_keys (id, sealed, key_id, created_at) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(sealed)
            .bind(key.id.to_string())
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        Ok(id)
    }
}

/// The ids of all sealing keys in use here.
pub(crate) async fn sealing_keys(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select distinct key_id from signing_keys")
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
