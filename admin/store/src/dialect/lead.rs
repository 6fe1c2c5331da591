//! Which of the processes that share a database runs its jobs.
//!
//! Invariant: at most one connection to a database leads. On Postgres that is an advisory lock of a session,
//! which ends with its connection, so nobody has to give it back. A SQLite file has one process at all.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Connection};

use super::Dialect;
use crate::error::StoreError;
use crate::store::Store;

/// Keeps other processes from leading. Dropped, the next may lead.
#[derive(Debug)]
pub struct Lead(Option<AnyConnection>);

impl Store {
    /// Tries to lead; `None` while another process does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lead(&self) -> Result<Option<Lead>, StoreError> {
        self.lead_as(self.epoch()).await
    }

    /// Tries to lead in one matter beside the jobs; `None` while another process does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lead_of(&self, matter: &str) -> Result<Option<Lead>, StoreError> {
        self.lead_as(&format!("{}/{matter}", self.epoch())).await
    }

    async fn lead_as(&self, name: &str) -> Result<Option<Lead>, StoreError> {
        match self.dialect() {
            Dialect::Sqlite => Ok(Some(Lead(None))),
            Dialect::Postgres => lock(self.pool.acquire().await?, name).await,
        }
    }
}

/// The lock is named after the database's epoch, since several databases of relays may share a server's.
async fn lock(connection: PoolConnection<Any>, name: &str) -> Result<Option<Lead>, StoreError> {
    const LOCK: &str = "select case when pg_try_advisory_lock(hashtextextended($1, 0)) then 1 else 0 end";
    let mut connection = connection;
    let (taken,): (i32,) = sqlx::query_as(LOCK)
        .bind(name.to_owned())
        .fetch_one(&mut *connection)
        .await?;
    Ok((taken == 1).then(|| Lead(Some(connection.detach()))))
}

impl Lead {
    /// Whether it still does: the connection may have been lost.
    pub async fn holds(&mut self) -> bool {
        match &mut self.0 {
            None => true,
            Some(connection) => connection.ping().await.is_ok(),
        }
    }
}
