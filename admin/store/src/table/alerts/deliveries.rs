//! What those who are told were told, and what became of it.
//!
//! Invariant: of one event of one finding a target has one row, so that nobody is told twice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::table::meta;

/// Held messages that go into one digest.
const MOST: i64 = 200;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertEvent {
    /// A finding is new, or became bad enough.
    Opened,
    /// A finding that the target was told of is over.
    Resolved,
    /// What was held back in quiet hours, together.
    Digest,
    /// Somebody tries whether messages arrive.
    Test,
}

impl AlertEvent {
    /// The word in the database, in answers and in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Resolved => "resolved",
            Self::Digest => "digest",
            Self::Test => "test",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Opened, Self::Resolved, Self::Digest, Self::Test]
            .into_iter()
            .find(|event| event.as_str() == text)
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried at its time.
    Waiting,
    /// It waits for the end of quiet hours.
    Held,
    /// It is part of a digest.
    Digested,
    /// It was taken.
    Delivered,
    /// It was tried for a day and not taken.
    Failed,
}

impl DeliveryState {
    /// The word in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Digested => "digested",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Waiting,
            Self::Held,
            Self::Digested,
            Self::Delivered,
            Self::Failed,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// To whom.
    pub target: i64,
    /// About which finding.
    pub finding: Option<i64>,
    /// What about it.
    pub event: AlertEvent,
    /// What it says: JSON.
    pub body: String,
    /// Whether it waits for the end of quiet hours.
    pub held: bool,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Row id.
    pub id: i64,
    /// To whom.
    pub target: i64,
    /// About which finding.
    pub finding: Option<i64>,
    /// What about it.
    pub event: AlertEvent,
    /// What it says: JSON.
    pub body: String,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, in Unix time in milliseconds.
    pub next_at: Option<i64>,
    /// When it was tried last, in Unix time in milliseconds.
    pub last_at: Option<i64>,
    /// The last answer's status.
    pub status: Option<u16>,
    /// What was wrong the last time, in words.
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    target_id: i64,
    finding_id: Option<i64>,
    event: String,
    body: String,
    created_at: i64,
    state: String,
    attempts: i64,
    next_at: Option<i64>,
    last_at: Option<i64>,
    status: Option<i64>,
    error: Option<String>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, target_id, finding_id, event, body, created_at, state, attempts, next_at, last_at, status, error \
             from alert_deliveries where ",
            $which
        )
    };
}

impl Row {
    fn read(self) -> Result<DeliveryRow, StoreError> {
        let cell = |column| cell(self.id, column);
        Ok(DeliveryRow {
            event: AlertEvent::parse(&self.event).ok_or_else(|| cell("event").unreadable())?,
            state: DeliveryState::parse(&self.state).ok_or_else(|| cell("state").unreadable())?,
            attempts: u32::try_from(self.attempts).map_err(|_| cell("attempts").unreadable())?,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            id: self.id,
            target: self.target_id,
            finding: self.finding_id,
            body: self.body,
            created_at: self.created_at,
            next_at: self.next_at,
            last_at: self.last_at,
            error: self.error,
        })
    }
}

fn read(rows: Vec<Row>) -> Result<Vec<DeliveryRow>, StoreError> {
    rows.into_iter().map(Row::read).collect()
}

impl Change<'_> {
    /// Puts a message among those to be sent, unless its target was told of this event before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn post_alert(&mut self, new: &NewDelivery, now_ms: i64) -> Result<(), StoreError> {
        let id = meta::reserve_note_ids(&mut self.tx, 1).await?;
        let state = if new.held {
            DeliveryState::Held
        } else {
            DeliveryState::Waiting
        };
        sqlx::query(
            "insert into alert_deliveries (id, target_id, finding_id, event, body, created_at, state, attempts, next_at) \
             values ($1, $2, $3, $4, $5, $6, $7, 0, $6) on conflict (target_id, finding_id, event) do nothing",
        )
        .bind(id)
        .bind(new.target)
        .bind(new.finding)
        .bind(new.event.as_str())
        .bind(new.body.clone())
        .bind(now_ms)
        .bind(state.as_str())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The targets that were told, or are to be told, that a finding has opened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn told_of_finding(&mut self, finding: i64) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "select target_id from alert_deliveries where finding_id = $1 and event = 'opened' order by target_id",
        )
        .bind(finding)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

impl Store {
    /// Messages that are due, the longest waiting first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_alerts(&self, now_ms: i64, limit: u32) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query_as(select!(
            "state = 'waiting' and next_at <= $1 order by next_at, id limit $2"
        ));
        read(
            rows.bind(now_ms)
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?,
        )
    }

    /// What was held back for a target, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_alerts(&self, target: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query_as(select!("target_id = $1 and state = 'held' order by id limit $2"));
        read(rows.bind(target).bind(MOST).fetch_all(&self.pool).await?)
    }

    /// Makes one message of those that were held back.
    ///
    /// # Errors
    /// When the database fails; then they are still held.
    pub async fn digest_alerts(
        &self,
        target: i64,
        held: &[DeliveryRow],
        body: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let id = meta::reserve_note_ids(&mut tx, 1).await?;
        sqlx::query(
            "insert into alert_deliveries (id, target_id, event, body, created_at, state, attempts, next_at) \
             values ($1, $2, 'digest', $3, $4, 'waiting', 0, $4)",
        )
        .bind(id)
        .bind(target)
        .bind(body.to_owned())
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
        for one in held {
            sqlx::query("update alert_deliveries set state = 'digested', next_at = null where id = $1")
                .bind(one.id)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes what became of a try.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_alert_try(&self, row: &DeliveryRow) -> Result<(), StoreError> {
        sqlx::query(
            "update alert_deliveries set state = $2, attempts = $3, next_at = $4, last_at = $5, status = $6, error = $7 \
             where id = $1",
        )
        .bind(row.id)
        .bind(row.state.as_str())
        .bind(i64::from(row.attempts))
        .bind(row.next_at)
        .bind(row.last_at)
        .bind(row.status.map(i64::from))
        .bind(row.error.clone())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Messages to a target with an id below `before`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_deliveries(
        &self,
        target: i64,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query_as(select!("target_id = $1 and id < $2 order by id desc limit $3"));
        let rows = rows
            .bind(target)
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        read(rows.fetch_all(&self.pool).await?)
    }

    /// Deletes messages that were made before that and are done with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_alerts(&self, before: i64) -> Result<(), StoreError> {
        sqlx::query(
            "delete from alert_deliveries where id in (select id from alert_deliveries where created_at < $1 \
             and state in ('digested', 'delivered', 'failed') order by id limit 200)",
        )
        .bind(before)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
