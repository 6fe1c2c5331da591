//! Pool keys of one's own: bringing one or many, seeing how they are and what they served, pausing and withdrawing.
//!
//! Invariants: what belongs to somebody else is not there; no answer says whose a key is that was there already.

use chrono::{Days, NaiveDate};
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::Kind;
use potluck_store::table::jobs::{JobItem, NewJob};
use potluck_store::table::pool_keys::{Added, PoolKeyRow, Terms};
use serde_json::Value;

use super::credentials::{credential, credentials};
use super::holds::Hand;
use super::my_jobs::item;
use super::notice;
use super::pool_keys::{Asked, NOUN, apply, noted};
use super::{Control, Turn};
use crate::api::{
    AddMyPoolKey, AddPoolKey, Caps, DaysQuery, EditMyPoolKey, EditPoolKey, ImportJob, ImportMyPoolKeys,
    JobKind, MyPoolKey, MyUpstream, MyUpstreams, Page, PageQuery, Served, ServedDay, Spent, UpstreamFacts,
};
use crate::audit::{Act, Bulk, Note, Object, ObjectKind};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

/// Lines of one import.
const MOST_LINES: usize = 10_000;

/// Days that are shown where nobody says from when.
const USUAL_DAYS: u64 = 30;

impl Control {
    /// The upstreams that members may bring pool keys for.
    #[must_use]
    pub fn my_upstreams(&self) -> MyUpstreams {
        let members = |facts: &&UpstreamFacts| facts.keyed && !facts.operators_only;
        let told = |facts: &UpstreamFacts| MyUpstream {
            name: facts.name.clone(),
            kind: facts.kind,
            logins: facts.kind == Kind::Novelai && facts.probed,
        };
        let mut items: Vec<MyUpstream> = self.upstreams().iter().filter(members).map(told).collect();
        items.sort_by(|one, other| one.name.cmp(&other.name));
        MyUpstreams { items }
    }

    /// A page of the pool keys that a user brought.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn my_pool_keys(&self, user: UserId, page: PageQuery) -> Result<Page<MyPoolKey>, ControlError> {
        let after = PoolKeyId(page.after);
        let rows = self.store.pool_keys_of(user, after, page.limit()).await?;
        let told = self.told_all(rows, page.limit()).await?;
        Ok(Page {
            items: told.items.into_iter().map(Into::into).collect(),
            next: told.next,
        })
    }

    /// One of the pool keys that a user brought.
    ///
    /// # Errors
    /// When they have brought none with this id.
    pub async fn my_pool_key(&self, user: UserId, id: PoolKeyId) -> Result<MyPoolKey, ControlError> {
        let row = self.own_row(user, id).await?;
        Ok(self.told(row).await?.into())
    }

    async fn own_row(&self, user: UserId, id: PoolKeyId) -> Result<PoolKeyRow, ControlError> {
        let row = self.store.pool_key(id).await?;
        let row = row.filter(|row| row.contributor == user);
        row.ok_or(ControlError::NotFound(NOUN))
    }

    /// Brings a pool key.
    ///
    /// # Errors
    /// When the risk is not accepted, the credential cannot be one or is there already, or a field cannot be what it is.
    pub async fn add_my_pool_key(
        &self,
        by: &By,
        user: UserId,
        new: AddMyPoolKey,
    ) -> Result<MyPoolKey, ControlError> {
        let notice = notice::accepted(new.accepted_risk)?;
        let (caps, upstream) = (self.caps_of_members(&new.upstream, new.caps), new.upstream);
        let asked = AddPoolKey {
            upstream,
            credential: new.credential,
            username: new.username,
            password: new.password,
            contributor: Some(user),
            label: new.label,
            origins: None,
            concurrency: None,
            caps,
        };
        let credential = credential(&asked)?;
        let mut turn = self.turn(by).await?;
        let terms = turn.members_terms(asked.into(), user, notice).await?;
        let id = turn.add_one(&terms, credential).await?;
        self.my_pool_key(user, id).await
    }

    /// Brings many pool keys as one change. Each line's result comes at once; that it works, when it was looked at.
    ///
    /// # Errors
    /// When the risk is not accepted, or a field cannot be what it is; then none was added.
    pub async fn import_my_pool_keys(
        &self,
        by: &By,
        user: UserId,
        import: ImportMyPoolKeys,
    ) -> Result<ImportJob, ControlError> {
        let notice = notice::accepted(import.accepted_risk)?;
        let (numbers, credentials) = credentials(&import.lines);
        if credentials.len() > MOST_LINES {
            let most = format!("must be at most {MOST_LINES}; send the rest after these");
            return Err(ControlError::invalid("lines", most));
        }
        let asked = Asked {
            caps: self.caps_of_members(&import.upstream, import.caps),
            upstream: import.upstream,
            label: import.label,
            origins: None,
            concurrency: None,
        };
        let mut turn = self.turn(by).await?;
        let terms = turn.members_terms(asked, user, notice).await?;
        let now_ms = turn.now_ms;
        let added = turn.change.add_pool_keys(&terms, &credentials, now_ms).await?;
        let items: Vec<JobItem> = numbers.iter().zip(&added).map(item).collect();
        let new = NewJob {
            user: Some(user),
            kind: JobKind::ImportPoolKeys.as_str(),
            asked: &Value::Null,
        };
        let job = turn.change.create_job(new, &items, now_ms).await?;
        let bulk = Bulk {
            count: added.iter().filter(|one| matches!(one, Added::Added(_))).count() as u64,
            upstream: Some(terms.upstream),
            contributor: Some(user),
            ..Bulk::default()
        };
        let object = Object::named(ObjectKind::PoolKey, terms.label).of(user);
        turn.end(Note::new(Act::PoolKeysImported, object).is(&bulk))
            .await?;
        self.probe_due.notify_one();
        self.my_job(user, job).await
    }

    /// Edits a pool key of one's own.
    ///
    /// # Errors
    /// When they have brought none with this id, it is withdrawn, an admin holds it back, a field cannot be what it is,
    /// or somebody else changed it meanwhile.
    pub async fn edit_my_pool_key(
        &self,
        by: &By,
        user: UserId,
        id: PoolKeyId,
        expected: IfMatch,
        edit: EditMyPoolKey,
    ) -> Result<MyPoolKey, ControlError> {
        let edit = EditPoolKey {
            label: edit.label,
            state: edit.state,
            caps: edit.caps.map(Some),
            ..EditPoolKey::default()
        };
        let mut turn = self.turn(by).await?;
        let mut row = turn.own_pool_key(user, id).await?;
        expected.fits(row.revision)?;
        let before = row.clone();
        apply(&mut row, edit, &Hand::Contributor, &self.upstreams(), turn.now_ms)?;
        let saved = turn.change.save_pool_key(&row).await?;
        turn.end(noted(Act::PoolKeyEdited, Some(&before), &saved)).await?;
        self.probe_due.notify_one();
        Ok(self.told(saved).await?.into())
    }

    /// Withdraws a pool key of one's own for ever. One that is withdrawn already stays so.
    ///
    /// # Errors
    /// When they have brought none with this id.
    pub async fn withdraw_my_pool_key(
        &self,
        by: &By,
        user: UserId,
        id: PoolKeyId,
    ) -> Result<MyPoolKey, ControlError> {
        self.own_row(user, id).await?;
        Ok(self.withdraw_pool_key(by, id).await?.into())
    }

    /// Has a pool key of one's own looked at anew, as soon as can be.
    ///
    /// # Errors
    /// When they have brought none with this id, or it is paused or withdrawn.
    pub async fn check_my_pool_key(
        &self,
        by: &By,
        user: UserId,
        id: PoolKeyId,
    ) -> Result<MyPoolKey, ControlError> {
        self.own_row(user, id).await?;
        Ok(self.check_pool_key(by, id).await?.into())
    }

    /// What a pool key of one's own served, day by day.
    ///
    /// # Errors
    /// When they have brought none with this id, or a day is none.
    pub async fn my_pool_key_days(
        &self,
        user: UserId,
        id: PoolKeyId,
        asked: &DaysQuery,
    ) -> Result<Served, ControlError> {
        self.own_row(user, id).await?;
        let (from, to) = self.asked_days(asked)?;
        let days = self.store.days_of_pool_key(id, from, to).await?;
        Ok(Served {
            total: Spent {
                requests: days.iter().map(|(_, spent)| spent.requests).sum(),
                anlas: days.iter().map(|(_, spent)| spent.anlas).sum(),
            },
            days: days
                .into_iter()
                .map(|(day, spent)| ServedDay {
                    day: day_date(day).to_string(),
                    requests: spent.requests,
                    anlas: spent.anlas,
                })
                .collect(),
        })
    }

    /// The first and the last day that is asked for.
    pub(super) fn asked_days(&self, asked: &DaysQuery) -> Result<(i64, i64), ControlError> {
        let to = match &asked.to {
            Some(text) => date("to", text)?,
            None => day_date(self.today()),
        };
        let from = match &asked.from {
            Some(text) => date("from", text)?,
            None => to.checked_sub_days(Days::new(USUAL_DAYS)).unwrap_or(to),
        };
        Ok((day_number(from), day_number(to)))
    }

    /// Members lend what costs them nothing, unless they say more.
    fn caps_of_members(&self, upstream: &str, caps: Option<Caps>) -> Caps {
        let novelai = |facts: &UpstreamFacts| facts.name == upstream && facts.kind == Kind::Novelai;
        caps.unwrap_or_else(|| Caps {
            free_only: self.upstreams().iter().any(novelai),
            ..Caps::default()
        })
    }
}

impl Turn<'_> {
    async fn members_terms(
        &mut self,
        asked: Asked,
        user: UserId,
        notice: u32,
    ) -> Result<Terms, ControlError> {
        let terms = self.terms(asked, Some(user)).await?;
        Ok(Terms {
            notice: Some(notice),
            ..terms
        })
    }

    async fn own_pool_key(&mut self, user: UserId, id: PoolKeyId) -> Result<PoolKeyRow, ControlError> {
        match self.change.pool_key(id).await? {
            Some(row) if row.contributor == user => self.usable_pool_key(id).await,
            Some(_) | None => Err(ControlError::NotFound(NOUN)),
        }
    }
}

/// Days since the epoch, as the books count them.
fn day_number(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

pub(super) fn day_date(day: i64) -> NaiveDate {
    NaiveDate::default()
        .checked_add_days(Days::new(day.unsigned_abs()))
        .unwrap_or_default()
}

fn date(field: &'static str, text: &str) -> Result<NaiveDate, ControlError> {
    text.parse()
        .map_err(|_| ControlError::invalid(field, "must be a day such as 2026-11-21"))
}
