//! What else is marked on plots over time: findings by when they began, and entries of the audit log by their acts.
//!
//! Invariant: of an entry nothing is read but what was done to what; what that changed stays in the log.

use potluck_filters::finding::{Kind, Severity};
use sqlx::AssertSqlSafe;

use super::Cell;
use crate::error::StoreError;
use crate::store::Store;

/// That a finding began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunFinding {
    /// Row id.
    pub id: i64,
    /// When, in Unix time in milliseconds.
    pub at: i64,
    /// What kind of trouble.
    pub kind: Kind,
    /// What it is about.
    pub subject: String,
    /// How bad it is, or was in the end.
    pub severity: Severity,
    /// When it was over, in Unix time in milliseconds.
    pub ended_at: Option<i64>,
}

/// That something was done.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DoneAct {
    /// The entry's id.
    pub id: i64,
    /// When, in Unix time in milliseconds.
    pub at: i64,
    /// What was done.
    pub act: String,
    /// To which one.
    pub object_id: Option<i64>,
    /// What it was called then.
    pub object_name: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    began_at: i64,
    kind: String,
    subject: String,
    severity: String,
    ended_at: Option<i64>,
}

impl Row {
    fn read(self) -> Result<BegunFinding, StoreError> {
        let (table, id) = ("findings", self.id);
        let unreadable = |column| Cell { table, id, column }.unreadable();
        Ok(BegunFinding {
            id,
            at: self.began_at,
            kind: Kind::parse(&self.kind).ok_or_else(|| unreadable("kind"))?,
            subject: self.subject,
            severity: Severity::parse(&self.severity).ok_or_else(|| unreadable("severity"))?,
            ended_at: self.ended_at,
        })
    }
}

impl Store {
    /// Findings that began from the first time on and before the second, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn findings_begun(
        &self,
        (from, to): (i64, i64),
        limit: u32,
    ) -> Result<Vec<BegunFinding>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, began_at, kind, subject, severity, ended_at from findings \
             where began_at >= $1 and began_at < $2 order by began_at desc, id desc limit $3",
        )
        .bind(from)
        .bind(to)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Entries of the audit log that are of one of these acts, from the first time on and before the second, the newest
    /// first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts_done(
        &self,
        acts: &[&str],
        (from, to): (i64, i64),
        limit: u32,
    ) -> Result<Vec<DoneAct>, StoreError> {
        let places: Vec<String> = (4..acts.len() + 4).map(|place| format!("${place}")).collect();
        // What is put into the text are numbers of places; what was asked for is bound.
        let text = format!(
            "select id, at, act, object_id, object_name from audit where act in ({}) \
             and at >= $1 and at < $2 order by at desc, id desc limit $3",
            places.join(", ")
        );
        let mut query = sqlx::query_as(AssertSqlSafe(text))
            .bind(from)
            .bind(to)
            .bind(i64::from(limit));
        for act in acts {
            query = query.bind((*act).to_owned());
        }
        Ok(query.fetch_all(&self.pool).await?)
    }
}
