//! Pool keys.

use std::collections::HashMap;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::PoolKeyState;
use potluck_store::table::pool_keys::{Added, CredentialKind, NewCredential, PoolKeyRow, Terms};
use potluck_store::table::spent_days::Spent;
use potluck_store::table::users::UserRole;

use super::credentials::{credential, credentials, told, unfit};
use super::fields::{self, Faults};
use super::holds::{Hand, switch};
use super::standing::{holds, standing};
use super::{Control, ProxyNames, Turn};
use crate::api::{
    AddPoolKey, Besides, Caps, Condition, EditPoolKey, ImportPoolKeys, Imported, Page, PoolKey, PoolKeyQuery,
    UpstreamFacts,
};
use crate::audit::{Act, Bulk, Note, Object, ObjectKind, PoolKeyFacts};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

pub(super) const NOUN: &str = "pool key";

impl Control {
    /// A page of the pool keys that fit.
    ///
    /// # Errors
    /// When there is no such upstream, what are asked for are no ids, or the database fails.
    pub(crate) async fn pool_keys(&self, query: PoolKeyQuery) -> Result<Page<PoolKey>, ControlError> {
        if let Some(ids) = &query.ids {
            let ids = fields::ids(ids)?;
            return self.pool_keys_of_these(&query.filter(), ids).await;
        }
        let (after, limit) = (PoolKeyId(query.after), query.limit());
        let rows = self.fitting_pool_keys(&query.filter(), after, limit).await?;
        self.told_all(rows, limit).await
    }

    /// Whether a pool key is so now, as far as a running relay knows it.
    pub(super) fn is_so(&self, row: &PoolKeyRow, state: Condition) -> bool {
        let live = self.live.pool_key(&row.upstream, row.id);
        standing(row, live.as_ref(), (self.clock)()).state == state
    }

    /// A page of rows that were asked for with `limit`, by their ids.
    pub(super) async fn told_all(
        &self,
        rows: Vec<PoolKeyRow>,
        limit: u32,
    ) -> Result<Page<PoolKey>, ControlError> {
        let ids = rows.iter().map(|row| row.id);
        let (first, last) = (ids.clone().min(), ids.max());
        let nobody = PoolKeyId(0);
        let spent =
            self.store
                .spent_by_pool_keys(self.today(), first.unwrap_or(nobody), last.unwrap_or(nobody));
        let mut spent = spent.await?;
        let left = self.credit_left(&rows);
        let own_lists = rows.iter().any(|row| row.egress.is_some());
        let names = self.proxy_names(own_lists).await?;
        let people = rows.iter().map(|row| row.contributor).collect();
        let people = self.store.user_names(&people).await?;
        let keys = rows.into_iter().map(|row| {
            let spent = spent.remove(&row.id).unwrap_or_default();
            let name = people.get(&row.contributor).cloned();
            estimated(self.shown(row, spent, (&names, name)), &left)
        });
        Ok(Page::of(keys.collect(), limit, |key: &PoolKey| key.id.0))
    }

    /// One pool key.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn pool_key(&self, id: PoolKeyId) -> Result<PoolKey, ControlError> {
        let row = self.store.pool_key(id).await?;
        self.told(row.ok_or(ControlError::NotFound(NOUN))?).await
    }

    pub(super) async fn told(&self, row: PoolKeyRow) -> Result<PoolKey, ControlError> {
        let id = row.id;
        let spent = self.store.spent_by_pool_keys(self.today(), id, id).await?;
        let left = self.credit_left(std::slice::from_ref(&row));
        let names = self.proxy_names(row.egress.is_some()).await?;
        let name = self.store.user_names(&[row.contributor].into()).await?;
        let name = name.into_values().next();
        let spent = spent.get(&id).copied().unwrap_or_default();
        let key = self.shown(row, spent, (&names, name));
        Ok(estimated(key, &left))
    }

    /// As it is told, with the names of outbound proxies and of its contributor.
    fn shown(
        &self,
        row: PoolKeyRow,
        spent: Spent,
        (proxies, contributor): (&ProxyNames, Option<String>),
    ) -> PoolKey {
        let now_ms = (self.clock)();
        let live = self.live.pool_key(&row.upstream, row.id);
        let besides = Besides {
            standing: standing(&row, live.as_ref(), now_ms),
            holds: holds(&row, &spent, now_ms),
            spent,
            proxies,
            contributor,
        };
        (row, besides).into()
    }

    /// What the edge thinks is left behind keys; it is not asked where nobody knows anything.
    fn credit_left(&self, rows: &[PoolKeyRow]) -> HashMap<PoolKeyId, u64> {
        if rows.iter().any(|row| row.credit.is_some()) {
            self.live.credit_left()
        } else {
            HashMap::new()
        }
    }

    /// Adds a pool key.
    ///
    /// # Errors
    /// When the credential cannot be one or is there already, or a field cannot be what it is.
    pub async fn add_pool_key(&self, by: &By, new: AddPoolKey) -> Result<PoolKey, ControlError> {
        let credential = credential(&new)?;
        let mut turn = self.turn(by).await?;
        let contributor = new.contributor;
        let terms = turn.terms(new.into(), contributor).await?;
        let id = turn.add_one(&terms, credential).await?;
        self.pool_key(id).await
    }

    /// Adds many pool keys as one change, and says what became of each line.
    ///
    /// # Errors
    /// When a field cannot be what it is; then none was added. A bad line is no error of the import.
    pub async fn import_pool_keys(&self, by: &By, import: ImportPoolKeys) -> Result<Imported, ControlError> {
        let (numbers, credentials) = credentials(&import.lines);
        let asked = Asked {
            upstream: import.upstream,
            label: import.label,
            origins: import.origins,
            concurrency: import.concurrency,
            caps: import.caps,
        };
        let mut turn = self.turn(by).await?;
        let terms = turn.terms(asked, import.contributor).await?;
        let added = turn
            .change
            .add_pool_keys(&terms, &credentials, turn.now_ms)
            .await?;
        let imported = told(&numbers, &added);
        if imported.added > 0 {
            let bulk = Bulk {
                count: imported.added as u64,
                upstream: Some(terms.upstream),
                contributor: Some(terms.contributor),
                ..Bulk::default()
            };
            let object = Object::named(ObjectKind::PoolKey, terms.label).of(terms.contributor);
            turn.end(Note::new(Act::PoolKeysImported, object).is(&bulk))
                .await?;
            self.probe_due.notify_one();
        }
        Ok(imported)
    }

    /// Edits a pool key.
    ///
    /// # Errors
    /// When there is none, it is withdrawn, or a field cannot be what it is.
    pub async fn edit_pool_key(
        &self,
        by: &By,
        id: PoolKeyId,
        expected: IfMatch,
        edit: EditPoolKey,
    ) -> Result<PoolKey, ControlError> {
        let mut turn = self.turn(by).await?;
        let mut row = turn.usable_pool_key(id).await?;
        expected.fits(row.revision)?;
        let before = row.clone();
        if let Some(list) = &edit.egress {
            turn.assign_to_pool_key(id, list.as_deref()).await?;
        }
        let hand = turn.admins_hand(by.user(), &row, edit.reason.as_deref()).await?;
        apply(&mut row, edit, &hand, &self.upstreams(), turn.now_ms)?;
        let saved = turn.change.save_pool_key(&row).await?;
        turn.end(noted(Act::PoolKeyEdited, Some(&before), &saved)).await?;
        self.probe_due.notify_one();
        self.told(saved).await
    }

    /// Withdraws a pool key for ever. One that is withdrawn already stays so.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn withdraw_pool_key(&self, by: &By, id: PoolKeyId) -> Result<PoolKey, ControlError> {
        let mut turn = self.turn(by).await?;
        let before = match turn.usable_pool_key(id).await {
            Err(ControlError::Final(_)) => return self.pool_key(id).await,
            other => other?,
        };
        let row = turn.change.withdraw_pool_key(id, turn.now_ms).await?;
        turn.end(noted(Act::PoolKeyWithdrawn, Some(&before), &row))
            .await?;
        // The edge has let go of it already; the file's own remains are the last to go.
        self.store.forget_deleted().await?;
        self.told(row).await
    }
}

/// What is noted of a pool key: what people set of it, before and now.
pub(super) fn noted(act: Act, before: Option<&PoolKeyRow>, now: &PoolKeyRow) -> Note {
    let object = Object::pool_key(now.id, &now.label, now.contributor);
    let note = Note::new(act, object).is(&PoolKeyFacts::from(now));
    match before {
        Some(before) => note.was(&PoolKeyFacts::from(before)),
        None => note,
    }
}

fn estimated(mut key: PoolKey, left: &HashMap<PoolKeyId, u64>) -> PoolKey {
    let left = left.get(&key.id).copied();
    key.credit = key
        .credit
        .zip(left)
        .map(|(credit, left)| credit.with_estimate(left))
        .or(key.credit);
    key
}

/// The terms as they were sent.
pub(super) struct Asked {
    pub(super) upstream: String,
    pub(super) label: String,
    pub(super) origins: Option<Vec<String>>,
    pub(super) concurrency: Option<u32>,
    pub(super) caps: Caps,
}

impl From<AddPoolKey> for Asked {
    fn from(new: AddPoolKey) -> Self {
        Self {
            upstream: new.upstream,
            label: new.label,
            origins: new.origins,
            concurrency: new.concurrency,
            caps: new.caps,
        }
    }
}

impl Turn<'_> {
    /// Adds one pool key, and has it looked at when the edge has it: the end of the turn.
    pub(super) async fn add_one(
        mut self,
        terms: &Terms,
        credential: NewCredential,
    ) -> Result<PoolKeyId, ControlError> {
        self.takes(terms, credential.kind())?;
        let added = self
            .change
            .add_pool_keys(terms, &[credential], self.now_ms)
            .await?;
        let id = match added.first() {
            Some(Added::Added(id)) => *id,
            Some(Added::Duplicate) => return Err(ControlError::Exists(NOUN)),
            Some(Added::Invalid(why)) => return Err(unfit(*why)),
            None => return Err(ControlError::NotFound(NOUN)),
        };
        let row = self.change.pool_key(id).await?;
        let note = noted(Act::PoolKeyAdded, None, &row.ok_or(ControlError::NotFound(NOUN))?);
        let probe_due = self.control.probe_due();
        self.end(note).await?;
        probe_due.notify_one();
        Ok(id)
    }

    /// An admin's hand on a key.
    pub(super) async fn admins_hand(
        &mut self,
        by: Option<UserId>,
        row: &PoolKeyRow,
        reason: Option<&str>,
    ) -> Result<Hand, ControlError> {
        let reason = reason.map(|text| fields::label("reason", text)).transpose()?;
        // What admins have brought belongs to the operators together.
        let contributor = self.change.user(row.contributor).await?;
        let owns = contributor.is_some_and(|row| row.role == UserRole::Admin);
        Ok(Hand::Admin {
            by,
            owns: owns || by == Some(row.contributor),
            reason: reason.filter(|text| !text.is_empty()),
        })
    }

    pub(super) async fn terms(
        &mut self,
        asked: Asked,
        contributor: Option<UserId>,
    ) -> Result<Terms, ControlError> {
        let upstreams = self.control.upstreams();
        let probed = fields::is_probed(&upstreams, &asked.upstream);
        fields::upstream(&upstreams, &asked.upstream)?;
        let in_use = self.facts_in_use(&asked.upstream).await?;
        let contributor = self.owner(contributor, "contributor").await?;
        self.may_bring(contributor, &asked.upstream).await?;
        let mut faults = Faults::default();
        let caps = faults.take(fields::caps(asked.caps));
        let origins = faults.take(fields::origins(&in_use, asked.origins));
        let label = faults.take(fields::label("label", &asked.label));
        faults.end()?;
        Ok(Terms {
            caps,
            state: if probed {
                PoolKeyState::Pending
            } else {
                PoolKeyState::Healthy
            },
            origins,
            label,
            upstream: asked.upstream,
            concurrency: asked.concurrency,
            notice: None,
            contributor,
        })
    }

    /// Only where there is somebody who logs in can a login be a pool key.
    pub(super) fn takes(&self, terms: &Terms, kind: CredentialKind) -> Result<(), ControlError> {
        match kind {
            CredentialKind::Token => Ok(()),
            CredentialKind::Login if fields::is_probed(&self.control.upstreams(), &terms.upstream) => Ok(()),
            CredentialKind::Login => Err(ControlError::invalid(
                "username",
                "this upstream takes no logins: it must be of kind novelai, with probes on; give a token",
            )),
        }
    }

    pub(super) async fn usable_pool_key(&mut self, id: PoolKeyId) -> Result<PoolKeyRow, ControlError> {
        let row = self
            .change
            .pool_key(id)
            .await?
            .ok_or(ControlError::NotFound(NOUN))?;
        match row.state {
            PoolKeyState::Pending | PoolKeyState::Healthy | PoolKeyState::Invalid | PoolKeyState::Paused => {
                Ok(row)
            }
            PoolKeyState::Withdrawn => Err(ControlError::Final(NOUN)),
        }
    }
}

pub(super) fn apply(
    row: &mut PoolKeyRow,
    edit: EditPoolKey,
    hand: &Hand,
    upstreams: &[UpstreamFacts],
    now_ms: i64,
) -> Result<(), ControlError> {
    let mut faults = Faults::default();
    if let Some(label) = edit.label {
        row.label = faults.take(fields::label("label", &label));
    }
    if let Some(state) = edit.state {
        switch(row, state, hand, upstreams, now_ms)?;
    }
    if let Some(most) = edit.concurrency {
        row.concurrency = most;
    }
    if edit.caps.is_some() && !hand.may_cap() {
        return Err(ControlError::NotYours("caps"));
    }
    if let Some(caps) = edit.caps {
        let edited = caps.map_or_else(Caps::default, |edit| edit.on(row.caps.into()));
        row.caps = faults.take(fields::caps(edited));
    }
    faults.end()
}
