//! How pool keys, nodes and outbound proxies went from one state to another.
//!
//! Invariant: the last change of a thing that is still there stays, however old, so that its state is known at any time.

use potluck_filters::history::{Doer, Kind, Passage, Share, State, Subject, Why};
use potluck_filters::id::UserId;
use serde_json::Value;
use sqlx::AnyConnection;

use super::{Cell, meta};
use crate::error::StoreError;
use crate::store::Store;

/// Rows that are written or deleted in one transaction, so that nobody waits long for it.
const BATCH: usize = 200;

/// A change with its id.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChangeRow {
    /// Row id.
    pub id: i64,
    /// What changed.
    pub subject: Subject,
    /// How.
    pub passage: Passage,
}

/// Which changes are wanted.
#[derive(Clone, Debug)]
pub struct Whose<'a> {
    /// Of this kind of thing.
    pub kind: Kind,
    /// Of the one with this id or name.
    pub name: &'a str,
    /// Of this upstream; `None`: of each.
    pub upstream: Option<&'a str>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    subject: String,
    upstream: String,
    at: i64,
    until_at: i64,
    from_state: Option<String>,
    to_state: String,
    times: i64,
    spent: Option<String>,
    by_kind: String,
    by_id: Option<i64>,
    reason: Option<String>,
    evidence: Option<String>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, kind, subject, upstream, at, until_at, from_state, to_state, times, spent, by_kind, by_id, \
             reason, evidence from state_changes where ",
            $which
        )
    };
}

mod several;

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "state_changes";
    Cell { table, id, column }
}

impl Row {
    fn read(self) -> Result<StateChangeRow, StoreError> {
        let cell = |column| cell(self.id, column);
        let state = |column, text: &str| State::parse(text).ok_or_else(|| cell(column).unreadable());
        let by = match self.by_kind.as_str() {
            "traffic" => Doer::Traffic,
            "probe" => Doer::Probe,
            "person" => Doer::Person(self.by_id.map(UserId)),
            _ => Doer::Relay,
        };
        let spent: Option<Vec<Share>> = cell("spent").json(self.spent.as_deref())?;
        let evidence: Option<Value> = cell("evidence").json(self.evidence.as_deref())?;
        Ok(StateChangeRow {
            id: self.id,
            passage: Passage {
                at: self.at,
                until: self.until_at,
                from: self
                    .from_state
                    .as_deref()
                    .map(|text| state("from_state", text))
                    .transpose()?,
                to: state("to_state", &self.to_state)?,
                times: u32::try_from(self.times).map_err(|_| cell("times").unreadable())?,
                spent: spent.unwrap_or_default(),
                why: Why {
                    by,
                    reason: self.reason,
                    evidence: evidence.unwrap_or_default(),
                },
            },
            subject: Subject {
                kind: Kind::parse(&self.kind).ok_or_else(|| cell("kind").unreadable())?,
                name: self.subject,
                upstream: self.upstream,
            },
        })
    }
}

fn read(rows: Vec<Row>) -> Result<Vec<StateChangeRow>, StoreError> {
    rows.into_iter().map(Row::read).collect()
}

async fn insert(
    connection: &mut AnyConnection,
    id: i64,
    (subject, passage): &(Subject, Passage),
) -> Result<(), StoreError> {
    let (by_kind, by_id) = passage.why.by.parts();
    let spent = (!passage.spent.is_empty()).then_some(&passage.spent);
    let evidence = (!passage.why.evidence.is_null()).then_some(&passage.why.evidence);
    sqlx::query(
        "insert into state_changes (id, kind, subject, upstream, at, until_at, from_state, to_state, times, spent, \
         by_kind, by_id, reason, evidence) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(id)
    .bind(subject.kind.as_str())
    .bind(subject.name.clone())
    .bind(subject.upstream.clone())
    .bind(passage.at)
    .bind(passage.until)
    .bind(passage.from.map(State::as_str))
    .bind(passage.to.as_str())
    .bind(i64::from(passage.times))
    .bind(spent.map(|spent| cell(id, "spent").json_text(spent)).transpose()?)
    .bind(by_kind)
    .bind(by_id)
    .bind(passage.why.reason.clone())
    .bind(
        evidence
            .map(|evidence| cell(id, "evidence").json_text(evidence))
            .transpose()?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Keeps changes, in their order. What is kept is taken out of the list, so that after an error the rest can be
    /// tried again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_state_changes(&self, changes: &mut Vec<(Subject, Passage)>) -> Result<(), StoreError> {
        while !changes.is_empty() {
            let batch = changes.get(..BATCH).unwrap_or(changes);
            let count = batch.len();
            let mut tx = self.pool.begin().await?;
            let first = meta::reserve_note_ids(&mut tx, i64::try_from(count).unwrap_or(i64::MAX)).await?;
            for (id, change) in (first..).zip(batch) {
                insert(&mut tx, id, change).await?;
            }
            tx.commit().await?;
            changes.drain(..count);
        }
        Ok(())
    }

    /// The last change of each thing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_state_changes(&self) -> Result<Vec<StateChangeRow>, StoreError> {
        let rows = sqlx::query_as(select!(
            "id in (select max(id) from state_changes group by kind, subject, upstream)"
        ));
        read(rows.fetch_all(&self.pool).await?)
    }

    /// Changes of a thing that bear on a range, in their order, at most `limit`; before them the last one before the
    /// range, upstream by upstream.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_changes_in(
        &self,
        whose: &Whose<'_>,
        (from, to): (i64, i64),
        limit: u32,
    ) -> Result<Vec<StateChangeRow>, StoreError> {
        let before: Vec<Row> = sqlx::query_as(select!(
            "id in (select max(id) from state_changes where kind = $1 and subject = $2 \
             and ($3 = '' or upstream = $3) and until_at <= $4 group by upstream) order by id"
        ))
        .bind(whose.kind.as_str())
        .bind(whose.name.to_owned())
        .bind(whose.upstream.unwrap_or_default().to_owned())
        .bind(from)
        .fetch_all(&self.pool)
        .await?;
        let rows: Vec<Row> = sqlx::query_as(select!(
            "kind = $1 and subject = $2 and ($3 = '' or upstream = $3) and until_at > $4 and at < $5 \
             order by id limit $6"
        ))
        .bind(whose.kind.as_str())
        .bind(whose.name.to_owned())
        .bind(whose.upstream.unwrap_or_default().to_owned())
        .bind(from)
        .bind(to)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let mut all = read(before)?;
        all.extend(read(rows)?);
        Ok(all)
    }

    /// Changes of a thing with an id below `before`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_changes(
        &self,
        whose: &Whose<'_>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StateChangeRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(select!(
            "kind = $1 and subject = $2 and ($3 = '' or upstream = $3) and id < $4 order by id desc limit $5"
        ))
        .bind(whose.kind.as_str())
        .bind(whose.name.to_owned())
        .bind(whose.upstream.unwrap_or_default().to_owned())
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        read(rows)
    }

    /// Deletes some of the changes that are older than that and not the last of a thing that is there. `true`: there
    /// may be more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_state_changes(&self, before: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "delete from state_changes where id in (select c.id from state_changes c where c.at < $1 \
             and (c.to_state in ('withdrawn', 'removed') or exists (select 1 from state_changes n \
             where n.kind = c.kind and n.subject = c.subject and n.upstream = c.upstream and n.id > c.id)) \
             order by c.at limit $2)",
        )
        .bind(before)
        .bind(BATCH as i64)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() >= BATCH as u64)
    }

    /// The time before which changes are to be forgotten so that at most about `most` are left; `None` where there are
    /// no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_changes_beyond(&self, most: i64) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select at from state_changes order by at desc limit 1 offset $1")
                .bind(most)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(at,)| at))
    }
}
