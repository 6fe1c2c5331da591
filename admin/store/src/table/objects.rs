//! Members' objects at stateful upstreams.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::objects::{Change, Object, ObjectKind, RESPONSES_KEPT_MS, Shelved, Stored};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::Cell;
use crate::error::StoreError;
use crate::store::Store;

/// Rows of one statement: few enough for every database's count of parameters.
const ROWS: usize = 500;
const COLUMNS: usize = 7;

#[derive(sqlx::FromRow)]
struct Row {
    upstream: String,
    id: String,
    kind: String,
    owner_id: i64,
    pool_key_id: i64,
    created_at: i64,
    about: Option<String>,
}

impl Row {
    fn read(self) -> Result<Stored, StoreError> {
        let cell = Cell {
            table: "objects",
            id: self.owner_id,
            column: "kind",
        };
        Ok(Stored {
            upstream: self.upstream.into(),
            id: self.id.into(),
            object: Object {
                owner: UserId(self.owner_id),
                key: PoolKeyId(self.pool_key_id),
                kind: ObjectKind::parse(&self.kind).ok_or_else(|| cell.unreadable())?,
                created_at: self.created_at,
                about: self.about.map(Into::into),
            },
        })
    }
}

fn statement(rows: usize) -> String {
    let mut text =
        "insert into objects (upstream, id, kind, owner_id, pool_key_id, created_at, about) values "
            .to_owned();
    for row in 0..rows {
        let mut parameters = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column));
        let first = parameters.next().unwrap_or_default();
        let comma = if row == 0 { "" } else { ", " };
        let rest = parameters.fold(first, |text, one| text + ", " + &one);
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}({rest})");
    }
    text.push_str(" on conflict (upstream, id) do update set about = excluded.about");
    text
}

async fn put(connection: &mut AnyConnection, rows: &[(&str, &str, &Object)]) -> Result<(), StoreError> {
    let mut query = sqlx::query(AssertSqlSafe(statement(rows.len())));
    for (upstream, id, object) in rows {
        query = query
            .bind((*upstream).to_owned())
            .bind((*id).to_owned())
            .bind(object.kind.as_str())
            .bind(object.owner.0)
            .bind(object.key.0)
            .bind(object.created_at)
            .bind(object.about.as_deref().map(str::to_owned));
    }
    query.execute(connection).await?;
    Ok(())
}

/// The last change of each object: a statement may not touch a row twice.
fn last(changes: &[Shelved]) -> HashMap<(&str, &Arc<str>), Option<&Object>> {
    let each = changes.iter().map(|Shelved { upstream, change }| match change {
        Change::Put(id, object) => ((&**upstream, id), Some(object)),
        Change::Gone(id) => ((&**upstream, id), None),
    });
    each.collect()
}

impl Store {
    /// Stores what changed, all of it or nothing. Responses that upstreams no longer keep are forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shelve(&self, changes: &[Shelved], unix_ms: i64) -> Result<(), StoreError> {
        let last = last(changes);
        let rows = last
            .iter()
            .filter_map(|((upstream, id), object)| Some((*upstream, &***id, (*object)?)));
        let rows: Vec<_> = rows.collect();
        let mut tx = self.pool.begin().await?;
        for rows in rows.chunks(ROWS) {
            put(&mut tx, rows).await?;
        }
        for ((upstream, id), _) in last.iter().filter(|(_, object)| object.is_none()) {
            sqlx::query("delete from objects where upstream = $1 and id = $2")
                .bind((*upstream).to_owned())
                .bind(id.to_string())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("delete from objects where kind = $1 and created_at < $2")
            .bind(ObjectKind::Response.as_str())
            .bind(unix_ms - RESPONSES_KEPT_MS)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// A user's objects, the oldest first.
    ///
    /// # Errors
    /// When the database fails, or a row makes no sense.
    pub async fn objects_of(&self, owner: UserId) -> Result<Vec<Stored>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select upstream, id, kind, owner_id, pool_key_id, created_at, about from objects \
             where owner_id = $1 order by created_at, id",
        )
        .bind(owner.0)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// All objects that upstreams may still keep, the oldest first.
    ///
    /// # Errors
    /// When the database fails, or a row makes no sense.
    pub async fn objects(&self, unix_ms: i64) -> Result<Vec<Stored>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select upstream, id, kind, owner_id, pool_key_id, created_at, about from objects \
             where kind <> $1 or created_at >= $2 order by created_at, id",
        )
        .bind(ObjectKind::Response.as_str())
        .bind(unix_ms - RESPONSES_KEPT_MS)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }
}
