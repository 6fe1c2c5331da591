//! One step of a job: the next items that are open, as one change.
//!
//! Invariant: what is done to an item and that it was done are one transaction, so that a job that was interrupted
//! goes on where it was and nothing is done twice.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::life::Event;
use potluck_filters::model::ClientKeyState;
use potluck_store::table::client_keys::ClientKeyRow;
use potluck_store::table::jobs::{Decided, JobItem as StoredItem, JobRow, JobState};
use potluck_store::table::pool_keys::PoolKeyRow;
use potluck_store::table::users::AccountEdit;

use super::decide::{self, Decision, GONE, LAST_ADMIN, REFUSED};
use super::meant::{detail, name_of};
use super::{Asked, Work, job, object};
use crate::api::{ClientKeysAct, JobKind, PoolKeysAct, PoolSwitch, User, UsersAct};
use crate::audit::{Act, Author, Note, Object, ObjectKind};
use crate::caller::By;
use crate::control::checks::step;
use crate::control::holds::switch;
use crate::control::{Control, Recheck, Turn, client_keys, pool_keys};
use crate::error::ControlError;

/// Whether there is more to do of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepped {
    /// Items are still open.
    More,
    /// It has ended.
    Ended,
}

/// What a step has touched, for those who listen and for the edge.
#[derive(Debug)]
pub(in crate::control) struct Touched {
    pub(in crate::control) kind: ObjectKind,
    pub(in crate::control) ids: Vec<i64>,
    pub(in crate::control) owners: Vec<UserId>,
    /// Pool keys whose rests end when the change is served.
    recheck: Vec<PoolKeyId>,
    /// Ciphertext was deleted.
    withdrew: bool,
}

impl Touched {
    fn new(kind: ObjectKind) -> Self {
        Self {
            kind,
            ids: Vec::new(),
            owners: Vec::new(),
            recheck: Vec::new(),
            withdrew: false,
        }
    }

    fn add(&mut self, id: i64, owner: UserId) {
        self.ids.push(id);
        if !self.owners.contains(&owner) {
            self.owners.push(owner);
        }
    }
}

/// The job that a step belongs to.
struct Begun {
    id: i64,
    user: Option<UserId>,
    asked: Asked,
}

impl Control {
    /// The oldest job that has items to be worked off.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn next_job(&self) -> Result<Option<i64>, ControlError> {
        let kinds = [JobKind::BulkPoolKeys, JobKind::BulkClientKeys, JobKind::BulkUsers];
        let row = self.store.next_job(kinds.map(JobKind::as_str)).await?;
        Ok(row.map(|row| row.id))
    }

    /// Works off the next items of a job, at most `size`.
    ///
    /// # Errors
    /// When the edge cannot serve from what this would make (then nothing has happened), or the database fails.
    pub(crate) async fn step_job(&self, id: i64, size: u32) -> Result<Stepped, ControlError> {
        let mut turn = self.turn(&By::job("bulk")).await?;
        let Some(row) = turn.running(id).await? else {
            return Ok(Stepped::Ended);
        };
        let Some(asked) = Asked::of(&row) else {
            return turn.end_job_as(row, JobState::Failed).await;
        };
        let open = turn.change.open_job_items(id, size).await?;
        if open.is_empty() {
            return turn.end_job_as(row, JobState::Done).await;
        }
        let mut touched = Touched::new(asked.work.of_what());
        let begun = Begun {
            id,
            user: row.user,
            asked,
        };
        let mut decided = Vec::with_capacity(open.len());
        for item in open {
            let decision = turn.one(&begun, item.item, &mut touched).await?;
            decided.push((item, decision));
        }
        turn.decide(id, decided, &touched).await?;
        self.after_step(&touched).await?;
        Ok(Stepped::More)
    }

    /// Says that the next item of a job failed, because the edge could not serve from what it would make.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn refuse_next_item(&self, id: i64) -> Result<Stepped, ControlError> {
        let mut turn = self.turn(&By::job("bulk")).await?;
        let Some(row) = turn.running(id).await? else {
            return Ok(Stepped::Ended);
        };
        let kind = Asked::of(&row).map_or(ObjectKind::Job, |asked| asked.work.of_what());
        let open = turn.change.open_job_items(id, 1).await?;
        let refused = open.into_iter().map(|item| (item, REFUSED)).collect();
        turn.decide(id, refused, &Touched::new(kind)).await?;
        Ok(Stepped::More)
    }

    async fn after_step(&self, touched: &Touched) -> Result<(), ControlError> {
        for id in &touched.recheck {
            self.live.recheck(Recheck::Key(*id));
        }
        if touched.kind == ObjectKind::PoolKey && !touched.ids.is_empty() {
            self.probe_due.notify_one();
        }
        if touched.withdrew {
            self.store.forget_deleted().await?;
        }
        Ok(())
    }
}

impl Turn<'_> {
    /// The job, unless it was cancelled meanwhile.
    async fn running(&mut self, id: i64) -> Result<Option<JobRow>, ControlError> {
        let row = self.change.job(id).await?;
        Ok(row.filter(|row| row.state == JobState::Running))
    }

    async fn end_job_as(mut self, row: JobRow, state: JobState) -> Result<Stepped, ControlError> {
        let now_ms = self.now_ms;
        self.change.end_job(row.id, state, now_ms).await?;
        let before = job(&row)?;
        let after = job(&JobRow {
            state,
            ended_at: Some(now_ms),
            ..row
        })?;
        let note = Note::new(Act::JobEnded, object(&after)).was(&before).is(&after);
        self.end(note).await?;
        Ok(Stepped::Ended)
    }

    /// Writes what became of items, and ends the step.
    async fn decide(
        mut self,
        id: i64,
        items: Vec<(StoredItem, Decision)>,
        touched: &Touched,
    ) -> Result<(), ControlError> {
        let mut more = Decided::default();
        let written = items.into_iter().map(|(item, decision)| {
            more.done += 1;
            match decision {
                Decision::Do => {}
                Decision::Skip(_) => more.skipped += 1,
                Decision::Fail(_) => more.failed += 1,
            }
            StoredItem {
                state: decision.state().as_str().to_owned(),
                detail: detail(&name_of(&item), decision.why()),
                item: item.item,
            }
        });
        let written: Vec<StoredItem> = written.collect();
        let row = self.change.decide_job_items(id, &written, more).await?;
        self.end_step(&job(&row)?, touched).await
    }

    async fn one(
        &mut self,
        begun: &Begun,
        item: i64,
        touched: &mut Touched,
    ) -> Result<Decision, ControlError> {
        match begun.asked.work {
            Work::PoolKeys(act) => self.touch_pool_key(begun, act, PoolKeyId(item), touched).await,
            Work::ClientKeys(act) => {
                self.touch_client_key(begun, act, ClientKeyId(item), touched)
                    .await
            }
            Work::Users(act) => self.touch_user(begun, act, UserId(item), touched).await,
        }
    }

    /// Notes what was done to one item, as the act of whoever began the job.
    async fn note_item(&mut self, begun: &Begun, note: Note) -> Result<(), ControlError> {
        let author = Author::of_job(begun.user);
        let note = note.in_job(begun.id);
        self.change.note(&note.entry(&author), self.now_ms).await?;
        Ok(())
    }

    async fn touch_pool_key(
        &mut self,
        begun: &Begun,
        act: PoolKeysAct,
        id: PoolKeyId,
        touched: &mut Touched,
    ) -> Result<Decision, ControlError> {
        let Some(row) = self.change.pool_key(id).await? else {
            return Ok(GONE);
        };
        let hand = self
            .admins_hand(begun.user, &row, begun.asked.reason.as_deref())
            .await?;
        let decision = decide::of_pool_key(act, &row, &hand);
        if decision != Decision::Do {
            return Ok(decision);
        }
        touched.add(id.0, row.contributor);
        let upstreams = self.control.upstreams();
        let (mut new, now_ms) = (row.clone(), self.now_ms);
        match act {
            PoolKeysAct::Reset => touched.recheck.push(id),
            PoolKeysAct::Recheck => {
                step(&mut new, Event::Recheck, &upstreams, now_ms);
                self.change.save_pool_key(&new).await?;
                touched.recheck.push(id);
            }
            PoolKeysAct::Pause => {
                switch(&mut new, PoolSwitch::Paused, &hand, &upstreams, now_ms)?;
                self.save_held(begun, &row, &new).await?;
            }
            PoolKeysAct::Resume => {
                switch(&mut new, PoolSwitch::Active, &hand, &upstreams, now_ms)?;
                self.save_held(begun, &row, &new).await?;
            }
            PoolKeysAct::Withdraw => {
                let gone = self.change.withdraw_pool_key(id, now_ms).await?;
                touched.withdrew = true;
                let note = pool_keys::noted(Act::PoolKeyWithdrawn, Some(&row), &gone);
                self.note_item(begun, note).await?;
            }
        }
        Ok(decision)
    }

    async fn save_held(
        &mut self,
        begun: &Begun,
        before: &PoolKeyRow,
        new: &PoolKeyRow,
    ) -> Result<(), ControlError> {
        let saved = self.change.save_pool_key(new).await?;
        let note = pool_keys::noted(Act::PoolKeyEdited, Some(before), &saved);
        self.note_item(begun, note).await
    }

    async fn touch_client_key(
        &mut self,
        begun: &Begun,
        act: ClientKeysAct,
        id: ClientKeyId,
        touched: &mut Touched,
    ) -> Result<Decision, ControlError> {
        let row = self.change.client_key(id).await?;
        let Some(before) = row.filter(|row| row.purpose.is_none()) else {
            return Ok(GONE);
        };
        let decision = decide::of_client_key(act, before.key.state);
        if decision != Decision::Do {
            return Ok(decision);
        }
        let (state, done) = match act {
            ClientKeysAct::Disable => (ClientKeyState::Disabled, Act::ClientKeyEdited),
            ClientKeysAct::Enable => (ClientKeyState::Active, Act::ClientKeyEdited),
            ClientKeysAct::Revoke => (ClientKeyState::Revoked, Act::ClientKeyRevoked),
        };
        let mut new: ClientKeyRow = before.clone();
        new.key.state = state;
        let saved = self.change.save_client_key(&new, self.now_ms).await?;
        touched.add(id.0, saved.key.user);
        let note = client_keys::noted(done, Some(before), &saved);
        self.note_item(begun, note).await?;
        Ok(decision)
    }

    async fn touch_user(
        &mut self,
        begun: &Begun,
        act: UsersAct,
        id: UserId,
        touched: &mut Touched,
    ) -> Result<Decision, ControlError> {
        let Some(row) = self.change.living_user(id).await? else {
            return Ok(GONE);
        };
        let decision = decide::of_user(act, id, row.user.enabled, begun.user);
        if decision != Decision::Do {
            return Ok(decision);
        }
        let enabled = match act {
            UsersAct::Enable => true,
            UsersAct::Disable => false,
        };
        if !enabled {
            match self.leaves_an_admin(&row).await {
                Err(ControlError::LastAdmin) => return Ok(LAST_ADMIN),
                other => other?,
            }
            self.change.end_sessions(id, 0).await?;
        }
        let edit = AccountEdit {
            name: row.name.clone(),
            role: row.role,
            enabled,
        };
        let saved = User::from(self.change.save_account(id, &edit).await?);
        touched.add(id.0, id);
        let note = Note::new(Act::UserEdited, Object::user(id, &saved.name));
        self.note_item(begun, note.was(&User::from(row)).is(&saved))
            .await?;
        Ok(decision)
    }
}
