//! Creating requests that came with an `Idempotency-Key`, and what they were answered.
//!
//! Invariant: of all who send the same key one alone begins; a request whose end is not known is never begun again.

use crate::error::StoreError;
use crate::store::Store;

/// How long an answer is kept, in milliseconds.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// Bytes of the hashes of keys and requests.
pub const HASH_LEN: usize = 32;

/// Whose request it is, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestMark {
    /// Who sent it; keys of different callers are different keys.
    pub caller: String,
    /// SHA-256 of the key.
    pub key: [u8; HASH_LEN],
    /// SHA-256 of what was asked for.
    pub request: [u8; HASH_LEN],
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new, and is now under way.
    New,
    /// Under way, or ended nobody knows how.
    UnderWay,
    /// It was answered with this.
    Answered(String),
    /// The key was used for another request.
    Other,
}

impl Store {
    /// Begins a request, unless it was begun before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_request(&self, mark: &RequestMark, now_ms: i64) -> Result<Begun, StoreError> {
        self.forget_requests(now_ms - KEPT_MS).await?;
        let inserted = sqlx::query(
            "insert into idempotency (caller, key_hash, request_hash, created_at) values ($1, $2, $3, $4) \
             on conflict (caller, key_hash) do nothing",
        )
        .bind(mark.caller.clone())
        .bind(mark.key.to_vec())
        .bind(mark.request.to_vec())
        .bind(now_ms)
        .execute(&self.pool)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(Begun::New);
        }
        let row: Option<(Vec<u8>, Option<String>)> = sqlx::query_as(
            "select request_hash, answer from idempotency where caller = $1 and key_hash = $2",
        )
        .bind(mark.caller.clone())
        .bind(mark.key.to_vec())
        .fetch_optional(&self.pool)
        .await?;
        Ok(match row {
            Some((request, _)) if request != mark.request => Begun::Other,
            Some((_, Some(answer))) => Begun::Answered(answer),
            // Without a row the first one was refused in this moment; its sender tries again.
            Some((_, None)) | None => Begun::UnderWay,
        })
    }

    /// Keeps the answer for those who send the request again. It must hold no secret.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_request(&self, mark: &RequestMark, answer: &str) -> Result<(), StoreError> {
        sqlx::query("update idempotency set answer = $1 where caller = $2 and key_hash = $3")
            .bind(answer.to_owned())
            .bind(mark.caller.clone())
            .bind(mark.key.to_vec())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets a request that did nothing, so that its key can be used for a better one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_request(&self, mark: &RequestMark) -> Result<(), StoreError> {
        sqlx::query("delete from idempotency where caller = $1 and key_hash = $2")
            .bind(mark.caller.clone())
            .bind(mark.key.to_vec())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn forget_requests(&self, before_ms: i64) -> Result<(), StoreError> {
        sqlx::query("delete from idempotency where created_at < $1")
            .bind(before_ms)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
