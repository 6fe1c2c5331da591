//! What is wrong, or was, and who has taken note of it.
//!
//! Invariant: a finding that is open is never deleted.

use potluck_filters::finding::{Action, Finding, Kind, Severity, Whose};
use potluck_filters::id::UserId;
use serde_json::Value;
use sqlx::AnyPool;

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// Rows that are deleted in one transaction.
const BATCH: i64 = 200;

/// A finding with its row.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    /// Row id.
    pub id: i64,
    /// What the same trouble of the same thing is always called.
    pub name: String,
    /// What it says.
    pub finding: Finding,
    /// When it was written down last, in Unix time in milliseconds.
    pub seen_at: i64,
    /// When it was over, in Unix time in milliseconds.
    pub ended_at: Option<i64>,
    /// Who has taken note of it.
    pub acknowledged: Option<Acknowledgement>,
}

/// That somebody has taken note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When, in Unix time in milliseconds.
    pub at: i64,
    /// Who; `None` is somebody with the operator's token, or at the machine.
    pub by: Option<UserId>,
    /// Until when it is to be quiet, in Unix time in milliseconds; `None`: until it is over.
    pub until: Option<i64>,
    /// What they said.
    pub note: Option<String>,
}

/// Which findings are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct FindingFilter {
    /// Open ones, or those that are over; `None`: both.
    pub open: Option<bool>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With an id below this.
    pub before: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    kind: String,
    subject: String,
    severity: String,
    whose: String,
    cause: String,
    evidence: String,
    actions: String,
    began_at: i64,
    seen_at: i64,
    ended_at: Option<i64>,
    acknowledged_at: Option<i64>,
    acknowledged_by: Option<i64>,
    acknowledged_until: Option<i64>,
    note: Option<String>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, name, kind, subject, severity, whose, cause, evidence, actions, began_at, seen_at, ended_at, \
             acknowledged_at, acknowledged_by, acknowledged_until, note from findings where ",
            $which
        )
    };
}

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "findings";
    Cell { table, id, column }
}

impl Row {
    fn read(self) -> Result<FindingRow, StoreError> {
        let cell = |column| cell(self.id, column);
        let evidence: Option<Value> = cell("evidence").json(Some(&self.evidence))?;
        let actions: Option<Vec<Action>> = cell("actions").json(Some(&self.actions))?;
        let acknowledged = self.acknowledged_at.map(|at| Acknowledgement {
            at,
            by: self.acknowledged_by.map(UserId),
            until: self.acknowledged_until,
            note: self.note,
        });
        Ok(FindingRow {
            id: self.id,
            name: self.name,
            finding: Finding {
                kind: Kind::parse(&self.kind).ok_or_else(|| cell("kind").unreadable())?,
                subject: self.subject,
                severity: Severity::parse(&self.severity).ok_or_else(|| cell("severity").unreadable())?,
                whose: Whose::parse(&self.whose),
                since: self.began_at,
                cause: self.cause,
                evidence: evidence.unwrap_or_default(),
                actions: actions.unwrap_or_default(),
            },
            seen_at: self.seen_at,
            ended_at: self.ended_at,
            acknowledged,
        })
    }
}

async fn one(pool: &AnyPool, id: i64) -> Result<Option<FindingRow>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("id = $1"))
        .bind(id)
        .fetch_optional(pool)
        .await?;
    row.map(Row::read).transpose()
}

impl Change<'_> {
    /// Writes down a finding that is new, and says what its row is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_finding(&mut self, finding: &Finding, now_ms: i64) -> Result<i64, StoreError> {
        let id = meta::reserve_note_ids(&mut self.tx, 1).await?;
        sqlx::query(
            "insert into findings (id, name, kind, subject, severity, whose, cause, evidence, actions, began_at, \
             seen_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id)
        .bind(finding.name().to_string())
        .bind(finding.kind.as_str())
        .bind(finding.subject.clone())
        .bind(finding.severity.as_str())
        .bind(finding.whose.as_str())
        .bind(finding.cause.clone())
        .bind(cell(id, "evidence").json_text(&finding.evidence)?)
        .bind(cell(id, "actions").json_text(&finding.actions)?)
        .bind(finding.since)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(id)
    }

    /// Writes down how a finding that is open has changed. One that has become worse has to be taken note of anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_finding(
        &mut self,
        id: i64,
        finding: &Finding,
        worse: bool,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update findings set severity = $2, whose = $3, cause = $4, evidence = $5, actions = $6, seen_at = $7, \
             acknowledged_at = case when $8 = 1 then null else acknowledged_at end where id = $1 and ended_at is null",
        )
        .bind(id)
        .bind(finding.severity.as_str())
        .bind(finding.whose.as_str())
        .bind(finding.cause.clone())
        .bind(cell(id, "evidence").json_text(&finding.evidence)?)
        .bind(cell(id, "actions").json_text(&finding.actions)?)
        .bind(now_ms)
        .bind(i64::from(worse))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Writes down that a finding is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resolve_finding(&mut self, id: i64, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("update findings set ended_at = $2 where id = $1 and ended_at is null")
            .bind(id)
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Writes down that somebody has taken note of a finding that is open. `false`: there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acknowledge_finding(
        &mut self,
        id: i64,
        acknowledgement: &Acknowledgement,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update findings set acknowledged_at = $2, acknowledged_by = $3, acknowledged_until = $4, note = $5 \
             where id = $1 and ended_at is null",
        )
        .bind(id)
        .bind(acknowledgement.at)
        .bind(acknowledgement.by.map(|user| user.0))
        .bind(acknowledgement.until)
        .bind(acknowledgement.note.clone())
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// A finding by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finding(&self, id: i64) -> Result<Option<FindingRow>, StoreError> {
        one(&self.pool, id).await
    }

    /// Findings, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn findings(&self, filter: &FindingFilter, limit: u32) -> Result<Vec<FindingRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(select!(
            "id < $1 and ($2 = -1 or ($2 = 1 and ended_at is null) or ($2 = 0 and ended_at is not null)) \
             and ($3 = '' or kind = $3) order by id desc limit $4"
        ))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.open.map_or(-1, i64::from))
        .bind(filter.kind.map_or("", Kind::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Deletes some of the findings that were over before that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_findings(&self, before: i64) -> Result<(), StoreError> {
        sqlx::query(
            "delete from findings where id in (select id from findings where ended_at < $1 order by ended_at limit $2)",
        )
        .bind(before)
        .bind(BATCH)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Jobs that ended by a fault since then: id, kind, and when.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed_jobs(&self, since: i64) -> Result<Vec<(i64, String, i64)>, StoreError> {
        Ok(sqlx::query_as(
            "select id, kind, ended_at from jobs where state = 'failed' and ended_at >= $1 order by id limit 100",
        )
        .bind(since)
        .fetch_all(&self.pool)
        .await?)
    }
}
