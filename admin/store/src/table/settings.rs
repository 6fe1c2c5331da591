//! What is set for the whole relay at run time, as JSON by name.

use sqlx::AnyConnection;

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// Every setting that was ever set: name, JSON, and the change that set it.
pub type Set = (String, String, i64);

async fn all(connection: &mut AnyConnection) -> Result<Vec<Set>, StoreError> {
    Ok(
        sqlx::query_as("select name, value, revision from settings order by name")
            .fetch_all(connection)
            .await?,
    )
}

impl Store {
    /// Every setting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&self) -> Result<Vec<Set>, StoreError> {
        all(&mut *self.pool.acquire().await?).await
    }
}

impl Change<'_> {
    /// Every setting, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&mut self) -> Result<Vec<Set>, StoreError> {
        all(&mut self.tx).await
    }

    /// Sets a setting to this JSON.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_setting(&mut self, name: &str, json: &str) -> Result<(), StoreError> {
        sqlx::query(
            "insert into settings (name, value, revision) values ($1, $2, $3) \
             on conflict (name) do update set value = excluded.value, revision = excluded.revision",
        )
        .bind(name)
        .bind(json)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
