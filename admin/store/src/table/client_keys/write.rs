//! Making and editing client keys.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::model::{KeyHash, Network};
use potluck_filters::secret::Secret;

use super::{BY_ID, ClientKeyRow, Purpose, Row, cell, state_text};
use crate::change::Change;
use crate::client_key_text;
use crate::error::{StoreError, is_dangling, is_duplicate};
use crate::table::{limit_number, meta};

/// A client key to be made.
#[derive(Clone, Debug)]
pub struct NewClientKey {
    /// Its owner.
    pub user: UserId,
    /// Its owner's name for it.
    pub name: String,
    /// Requests per 60 seconds.
    pub rate_limit: Limit,
    /// Requests in flight at once.
    pub concurrency: Limit,
    /// Anlas that its requests may cost on a day (UTC).
    pub anlas_per_day: Limit,
    /// Unix time in milliseconds.
    pub expires_at: Option<i64>,
    /// Models it may ask for; `None` allows all.
    pub models: Option<Arc<[Box<str>]>>,
    /// Addresses it may come from; `None` allows all.
    pub addresses: Option<Arc<[Network]>>,
    /// What it is for, where it is not made to be kept.
    pub purpose: Option<Purpose>,
}

/// The lists of a key as they are written.
struct Lists {
    models: Option<String>,
    addresses: Option<String>,
}

impl Lists {
    fn of(id: i64, models: Option<&[Box<str>]>, addresses: Option<&[Network]>) -> Result<Self, StoreError> {
        Ok(Self {
            models: models
                .map(|models| cell(id, "models").json_text(models))
                .transpose()?,
            addresses: addresses
                .map(|list| cell(id, "addresses").json_text(list))
                .transpose()?,
        })
    }
}

impl Change<'_> {
    /// Makes a client key whose text is `text`.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when a key with this text was made before, [`StoreError::Missing`] without the user.
    pub async fn create_client_key(
        &mut self,
        new: &NewClientKey,
        text: &Secret,
        now_ms: i64,
    ) -> Result<ClientKeyRow, StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        let lists = Lists::of(id, new.models.as_deref(), new.addresses.as_deref())?;
        sqlx::query(
            "insert into client_keys (id, user_id, name, hash, hint, state, rate_limit, concurrency, expires_at, \
             models, addresses, created_at, updated_at, revision, anlas_per_day, purpose) \
             values ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $10, $11, $11, $12, $13, $14)",
        )
        .bind(id)
        .bind(new.user.0)
        .bind(new.name.as_str())
        .bind(KeyHash::of(text.expose()).0.as_slice())
        .bind(client_key_text::hint(text))
        .bind(limit_number(new.rate_limit))
        .bind(limit_number(new.concurrency))
        .bind(new.expires_at)
        .bind(lists.models)
        .bind(lists.addresses)
        .bind(now_ms)
        .bind(self.revision.0)
        .bind(limit_number(new.anlas_per_day))
        .bind(new.purpose.map(Purpose::as_str))
        .execute(&mut *self.tx)
        .await
        .map_err(refused)?;
        self.client_key(ClientKeyId(id))
            .await?
            .ok_or(StoreError::Missing("client key"))
    }

    /// Takes keys out that were for the playground and have not worked for a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_playground_keys(&mut self, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("delete from client_keys where purpose = 'playground' and expires_at < $1")
            .bind(now_ms - 86_400_000)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Of the keys that a user has for the playground and may use now, the one that was made first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_playground_key(
        &mut self,
        user: UserId,
        now_ms: i64,
    ) -> Result<Option<ClientKeyRow>, StoreError> {
        let found: Option<(i64,)> = sqlx::query_as(
            "select id from client_keys where user_id = $1 and purpose = 'playground' \
             and state <> 'revoked' and expires_at > $2 order by id limit 1",
        )
        .bind(user.0)
        .bind(now_ms)
        .fetch_optional(&mut *self.tx)
        .await?;
        match found {
            Some((id,)) => self.client_key(ClientKeyId(id)).await,
            None => Ok(None),
        }
    }

    /// How many client keys a user has that may be used now: those made to be kept, or those for that purpose.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_client_keys(
        &mut self,
        user: UserId,
        purpose: Option<Purpose>,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from client_keys where user_id = $1 and coalesce(purpose, '') = $2 \
             and state <> 'revoked' and (expires_at is null or expires_at > $3)",
        )
        .bind(user.0)
        .bind(purpose.map_or("", Purpose::as_str))
        .bind(now_ms)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(count.unsigned_abs())
    }

    /// A client key by id, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn client_key(&mut self, id: ClientKeyId) -> Result<Option<ClientKeyRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID)
            .bind(id.0)
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(Row::read).transpose()
    }

    /// Writes what may change of a client key: all but id, user, hash, hint and creation.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the row.
    pub async fn save_client_key(
        &mut self,
        row: &ClientKeyRow,
        now_ms: i64,
    ) -> Result<ClientKeyRow, StoreError> {
        let key = &row.key;
        let lists = Lists::of(key.id.0, key.models.as_deref(), key.addresses.as_deref())?;
        sqlx::query(
            "update client_keys set name = $2, state = $3, rate_limit = $4, concurrency = $5, expires_at = $6, \
             models = $7, addresses = $8, updated_at = $9, revision = $10, anlas_per_day = $11 where id = $1",
        )
        .bind(key.id.0)
        .bind(row.name.as_str())
        .bind(state_text(key.state))
        .bind(limit_number(key.rate_limit))
        .bind(limit_number(key.concurrency))
        .bind(key.expires_at)
        .bind(lists.models)
        .bind(lists.addresses)
        .bind(now_ms)
        .bind(self.revision.0)
        .bind(limit_number(key.anlas_per_day))
        .execute(&mut *self.tx)
        .await?;
        self.client_key(key.id)
            .await?
            .ok_or(StoreError::Missing("client key"))
    }
}

fn refused(error: sqlx::Error) -> StoreError {
    if is_duplicate(&error) {
        StoreError::Exists("client key")
    } else if is_dangling(&error) {
        StoreError::Missing("user")
    } else {
        error.into()
    }
}
