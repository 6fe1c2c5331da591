//! Giving a client key another text, while the one before works on for a while.

use std::collections::HashMap;

use potluck_filters::id::{ClientKeyId, Revision};
use potluck_filters::model::{FormerText, KeyHash};
use potluck_filters::secret::Secret;
use sqlx::AnyConnection;

use super::ClientKeyRow;
use crate::change::Change;
use crate::client_key_text;
use crate::error::{StoreError, is_duplicate};
use crate::store::Store;
use crate::table::Cell;

/// Former texts that have not worked for so long are forgotten; who sends one is told that it is unknown.
const KEPT_MS: i64 = 30 * 86_400_000;

impl Change<'_> {
    /// Gives a client key the text `text`. That which it had works until `old_until`, and so do earlier ones, but
    /// none longer than that.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the key, [`StoreError::Exists`] when a key with this text was made before.
    pub async fn rotate_client_key(
        &mut self,
        id: ClientKeyId,
        text: &Secret,
        old_until: i64,
        now_ms: i64,
    ) -> Result<ClientKeyRow, StoreError> {
        sqlx::query("delete from former_texts where until < $1")
            .bind(now_ms - KEPT_MS)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "update former_texts set revision = $2, until = case when until > $3 then $3 else until end \
             where client_key_id = $1",
        )
        .bind(id.0)
        .bind(self.revision.0)
        .bind(old_until)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query(
            "insert into former_texts (hash, client_key_id, until, since, revision) \
             select hash, id, $2, $3, $4 from client_keys where id = $1",
        )
        .bind(id.0)
        .bind(old_until)
        .bind(now_ms)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query(
            "update client_keys set hash = $2, hint = $3, updated_at = $4, revision = $5 where id = $1",
        )
        .bind(id.0)
        .bind(KeyHash::of(text.expose()).0.as_slice())
        .bind(client_key_text::hint(text))
        .bind(now_ms)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| {
            if is_duplicate(&error) {
                StoreError::Exists("client key")
            } else {
                error.into()
            }
        })?;
        self.client_key(id)
            .await?
            .ok_or(StoreError::Missing("client key"))
    }
}

/// A client key that has another text than some programs may still send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Since when it has its present text; `None` where that was not noted.
    pub since: Option<i64>,
    /// Until when an older one works.
    pub until: i64,
}

impl Store {
    /// Client keys with ids from `first` to `last` of which an older text still works.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overlaps(
        &self,
        first: ClientKeyId,
        last: ClientKeyId,
        now_ms: i64,
    ) -> Result<HashMap<ClientKeyId, Overlap>, StoreError> {
        let rows: Vec<(i64, Option<i64>, i64)> = sqlx::query_as(
            "select client_key_id, max(since), max(until) from former_texts \
             where client_key_id between $1 and $2 and until > $3 group by client_key_id",
        )
        .bind(first.0)
        .bind(last.0)
        .bind(now_ms)
        .fetch_all(&self.pool)
        .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(key, since, until)| (ClientKeyId(key), Overlap { since, until }))
            .collect())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    client_key_id: i64,
    hash: Vec<u8>,
    now: Vec<u8>,
    until: i64,
}

impl Row {
    fn read(self) -> Result<FormerText, StoreError> {
        let hash = |bytes: Vec<u8>| bytes.as_slice().try_into().map(KeyHash);
        let cell = Cell {
            table: "former_texts",
            id: self.client_key_id,
            column: "hash",
        };
        Ok(FormerText {
            hash: hash(self.hash).map_err(|_| cell.unreadable())?,
            now: hash(self.now).map_err(|_| cell.unreadable())?,
            until: self.until,
        })
    }
}

/// Texts that client keys had before, changed after `since`.
pub(crate) async fn former_texts(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<Vec<FormerText>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select f.client_key_id, f.hash, k.hash as now, f.until from former_texts f \
         join client_keys k on k.id = f.client_key_id where f.revision > $1",
    )
    .bind(since.0)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::read).collect()
}
