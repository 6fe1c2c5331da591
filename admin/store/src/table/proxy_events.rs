//! What was seen of outbound proxies that bears on whether they rest.

use potluck_filters::egress::{By, Did, ProxyEvent};
use potluck_filters::id::OutboundProxyId;

use super::meta;
use crate::error::StoreError;
use crate::store::Store;

/// Rows that are written or deleted in one transaction.
const BATCH: usize = 200;

/// Something that was seen of a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyEventRow {
    /// Which one.
    pub proxy: OutboundProxyId,
    /// On the way to which upstream.
    pub upstream: String,
    /// Unix time in milliseconds.
    pub at: i64,
    /// What it did: `worked`, `failed`, `excused` or `unwelcome`.
    pub did: String,
    /// What was wrong, as the word of a trouble or the name of a rule.
    pub why: Option<String>,
    /// How long it rested for that, in milliseconds.
    pub rest_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    proxy_id: i64,
    upstream: String,
    at: i64,
    did: String,
    why: Option<String>,
    rest_ms: Option<i64>,
}

fn seen_by(by: By) -> &'static str {
    match by {
        By::Traffic => "traffic",
        By::Probe => "probe",
        By::Judge => "judge",
    }
}

/// The word, why, and for how long it rests.
fn parts(did: &Did) -> (&'static str, Option<String>, Option<i64>) {
    let ms = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match did {
        Did::Worked => ("worked", None, None),
        Did::Excused => ("excused", None, None),
        Did::Failed { why, rest } => ("failed", Some(why.word().to_owned()), rest.map(ms)),
        Did::Unwelcome { rule, rest } => ("unwelcome", Some(rule.to_string()), Some(ms(*rest))),
    }
}

impl Store {
    /// Keeps events, in their order. What is kept is taken out of the list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_proxy_events(&self, events: &mut Vec<ProxyEvent>) -> Result<(), StoreError> {
        while !events.is_empty() {
            let batch = events.get(..BATCH).unwrap_or(events);
            let count = batch.len();
            let mut tx = self.pool.begin().await?;
            let first = meta::reserve_note_ids(&mut tx, i64::try_from(count).unwrap_or(i64::MAX)).await?;
            for (id, event) in (first..).zip(batch) {
                let (did, why, rest) = parts(&event.did);
                sqlx::query(
                    "insert into proxy_events (id, proxy_id, upstream, at, seen_by, did, why, rest_ms) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8)",
                )
                .bind(id)
                .bind(event.proxy.0)
                .bind(event.upstream.to_string())
                .bind(event.at)
                .bind(seen_by(event.by))
                .bind(did)
                .bind(why)
                .bind(rest)
                .execute(&mut *tx)
                .await?;
            }
            tx.commit().await?;
            events.drain(..count);
        }
        Ok(())
    }

    /// Events since then, in their order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proxy_events(&self, since: i64, limit: u32) -> Result<Vec<ProxyEventRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select proxy_id, upstream, at, did, why, rest_ms from proxy_events where at >= $1 \
             order by at, id limit $2",
        )
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let read = |row: Row| ProxyEventRow {
            proxy: OutboundProxyId(row.proxy_id),
            upstream: row.upstream,
            at: row.at,
            did: row.did,
            why: row.why,
            rest_ms: row.rest_ms,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Deletes some of the events that are older than that. `true`: there may be more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_proxy_events(&self, before: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "delete from proxy_events where id in (select id from proxy_events where at < $1 order by at limit $2)",
        )
        .bind(before)
        .bind(BATCH as i64)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() >= BATCH as u64)
    }
}
