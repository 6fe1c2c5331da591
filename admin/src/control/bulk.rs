//! Acts on many things at once. Which ones is found out when the act is asked for, and fixed as the items of a job;
//! `step` works the job off, `decide` says what becomes of each.
//!
//! Invariant: what a preview tells of an item is decided by the same function that decides when it is done.

mod decide;
mod expected;
mod meant;
mod step;
mod work;

use std::collections::BTreeMap;

use potluck_filters::id::UserId;
use potluck_store::table::jobs::{JobItem as StoredItem, NewJob};
use serde_json::{Map, Value, json};

use super::{Control, fields};
use crate::api::{BulkClientKeys, BulkPoolKeys, BulkPreview, BulkUsers, Job, JobItem, NotDone, PoolKeysAct};
use crate::audit::{Act, Note};
use crate::caller::By;
use crate::error::ControlError;
use decide::Decision;
use expected::Expected;
use meant::Which;
pub(super) use meant::{Meant, name_of};
pub(crate) use step::Stepped;
pub(super) use step::Touched;
use work::Work;
pub(super) use work::{Asked, job, object};

/// Items of a preview's sample.
const SAMPLE: usize = 20;

/// What came of asking for an act on many.
#[derive(Clone, Debug)]
pub(crate) enum Bulk {
    /// Nothing yet: this is what would.
    Preview(BulkPreview),
    /// A job.
    Begun(Job),
}

impl Control {
    /// Does something to many pool keys, or says what that would do.
    ///
    /// # Errors
    /// When nobody can say which ones are meant, or a reason is given for what needs none.
    pub(crate) async fn bulk_pool_keys(&self, by: &By, asked: BulkPoolKeys) -> Result<Bulk, ControlError> {
        let reason = asked.reason.as_deref().map(|text| fields::label("reason", text));
        let reason = reason.transpose()?.filter(|text| !text.is_empty());
        if reason.is_some() && asked.act != PoolKeysAct::Pause {
            return Err(ControlError::invalid(
                "reason",
                "is for pool keys that are paused",
            ));
        }
        let which = Which::of(asked.ids, asked.filter)?;
        let filter = which.filter_fields();
        let meant = self.meant_pool_keys(by.user(), asked.act, which).await?;
        let job = Asked::new(Work::PoolKeys(asked.act), reason, filter);
        let expected = Expected::of(job.work, &meant);
        if asked.dry_run {
            return Ok(preview(meant, self.store.count_pool_keys().await?, expected));
        }
        expected.is(asked.expect.as_deref())?;
        self.begin_job(by, &job, meant).await.map(Bulk::Begun)
    }

    /// Does something to many client keys, or says what that would do.
    ///
    /// # Errors
    /// When nobody can say which ones are meant.
    pub(crate) async fn bulk_client_keys(
        &self,
        by: &By,
        asked: BulkClientKeys,
    ) -> Result<Bulk, ControlError> {
        let which = Which::of(asked.ids, asked.filter)?;
        let filter = which.filter_fields();
        let meant = self.meant_client_keys(asked.act, which).await?;
        let job = Asked::new(Work::ClientKeys(asked.act), None, filter);
        let expected = Expected::of(job.work, &meant);
        if asked.dry_run {
            return Ok(preview(meant, self.store.count_client_keys().await?, expected));
        }
        expected.is(asked.expect.as_deref())?;
        self.begin_job(by, &job, meant).await.map(Bulk::Begun)
    }

    /// Does something to many users, or says what that would do.
    ///
    /// # Errors
    /// When nobody can say which ones are meant.
    pub(crate) async fn bulk_users(&self, by: &By, asked: BulkUsers) -> Result<Bulk, ControlError> {
        let which = Which::of(asked.ids, asked.filter)?;
        let filter = which.filter_fields();
        let meant = self.meant_users(by.user(), asked.act, which).await?;
        let job = Asked::new(Work::Users(asked.act), None, filter);
        let expected = Expected::of(job.work, &meant);
        if asked.dry_run {
            return Ok(preview(meant, self.store.count_users().await?, expected));
        }
        expected.is(asked.expect.as_deref())?;
        self.begin_job(by, &job, meant).await.map(Bulk::Begun)
    }

    /// Writes the job down. It is worked off behind the answer.
    pub(super) async fn begin_job(
        &self,
        by: &By,
        asked: &Asked,
        meant: Vec<Meant>,
    ) -> Result<Job, ControlError> {
        let items: Vec<StoredItem> = meant.into_iter().map(Meant::open).collect();
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        let told = asked.stored();
        let new = NewJob {
            user: by.user(),
            kind: asked.work.kind().as_str(),
            asked: &told,
        };
        let id = turn.change.create_job(new, &items, now_ms).await?;
        let row = turn.change.job(id).await?;
        let job = job(&row.ok_or(ControlError::NotFound("job"))?)?;
        turn.end(Note::new(Act::JobBegun, object(&job)).is(&job)).await?;
        self.job_due().notify_one();
        Ok(job)
    }
}

/// What would become of these.
fn preview(meant: Vec<Meant>, of: u64, expected: Expected) -> Bulk {
    let matching = meant.len() as u64;
    let mut others: BTreeMap<(bool, &'static str), u64> = BTreeMap::new();
    for one in &meant {
        match one.decision {
            Decision::Do => {}
            Decision::Skip(why) => *others.entry((false, why)).or_default() += 1,
            Decision::Fail(why) => *others.entry((true, why)).or_default() += 1,
        }
    }
    let others: Vec<NotDone> = others
        .into_iter()
        .map(|((fails, why), count)| NotDone {
            why: why.to_owned(),
            fails,
            count,
        })
        .collect();
    Bulk::Preview(BulkPreview {
        matching,
        of,
        would_do: matching - others.iter().map(|other| other.count).sum::<u64>(),
        others,
        sample: meant.into_iter().take(SAMPLE).map(JobItem::from).collect(),
        expect: expected.0,
    })
}

/// The fields of a filter, as they are kept with the job.
fn as_fields(filter: &impl serde::Serialize) -> Map<String, Value> {
    match json!(filter) {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// Whom an act on users must not meet: whoever began it would lock themselves out by a filter that fits too much.
fn is_self(beginner: Option<UserId>, user: UserId) -> bool {
    beginner == Some(user)
}
