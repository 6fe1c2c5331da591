//! Client keys.

use potluck_filters::id::ClientKeyId;
use potluck_filters::limit::Limit;
use potluck_filters::model::ClientKeyState;
use potluck_store::table::client_keys::{ClientKeyRow, NewClientKey};
use potluck_store::table::spent_days::Spent;

use super::fields::{self, Faults};
use super::my_keys::{Whose, created, fresh_text};
use super::{Control, Turn};
use crate::api::{ClientKey, ClientKeyQuery, CreateClientKey, CreatedClientKey, EditClientKey, Page, Switch};
use crate::audit::{Act, Note, Object};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

pub(super) const NOUN: &str = "client key";

impl Control {
    /// A page of the client keys that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn client_keys(&self, query: ClientKeyQuery) -> Result<Page<ClientKey>, ControlError> {
        let (after, limit) = (ClientKeyId(query.after), query.limit());
        let filter = query.filter().stored();
        let rows = self.store.find_client_keys(&filter, after, limit).await?;
        self.told_client_keys(rows, limit).await
    }

    /// A page of rows that were asked for with `limit`.
    pub(super) async fn told_client_keys(
        &self,
        rows: Vec<ClientKeyRow>,
        limit: u32,
    ) -> Result<Page<ClientKey>, ControlError> {
        let ids = rows.iter().map(|row| row.key.id);
        let (first, last) = (ids.clone().min(), ids.max());
        let nobody = ClientKeyId(0);
        let spent =
            self.store
                .spent_by_client_keys(self.today(), first.unwrap_or(nobody), last.unwrap_or(nobody));
        let mut spent = spent.await?;
        let rows = rows.into_iter().map(|row| {
            let spent = spent.remove(&row.key.id).unwrap_or_default();
            (row, spent)
        });
        let mut page = Page::of(rows.collect(), limit, |key: &ClientKey| key.id.0);
        self.tell_uses(&mut page.items).await?;
        Ok(page)
    }

    /// One client key.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn client_key(&self, id: ClientKeyId) -> Result<ClientKey, ControlError> {
        let row = self.store.client_key(id).await?;
        self.told_client_key(row.ok_or(ControlError::NotFound(NOUN))?)
            .await
    }

    pub(super) async fn told_client_key(&self, row: ClientKeyRow) -> Result<ClientKey, ControlError> {
        let (id, user, limit) = (row.key.id, row.key.user, row.key.rate_limit);
        let spent = self.store.spent_by_client_keys(self.today(), id, id).await?;
        let effective = match self.effective(user, limit).await {
            // Its owner's account was deleted: nothing counts any more.
            Err(ControlError::NotFound(_)) => None,
            other => Some(other?),
        };
        let key = ClientKey::from((row, spent.get(&id).copied().unwrap_or_default()));
        let mut key = ClientKey { effective, ..key };
        self.tell_uses(std::slice::from_mut(&mut key)).await?;
        Ok(key)
    }

    /// Makes a client key. Its text is in this answer and nowhere else.
    ///
    /// # Errors
    /// When a field cannot be what it is, or there is nobody to own it.
    pub async fn create_client_key(
        &self,
        by: &By,
        new: CreateClientKey,
    ) -> Result<CreatedClientKey, ControlError> {
        let text = fresh_text()?;
        let mut turn = self.turn(by).await?;
        let new = turn.new_client_key(new).await?;
        let row = turn.change.create_client_key(&new, &text, turn.now_ms).await?;
        turn.end(noted(Act::ClientKeyCreated, None, &row)).await?;
        Ok(created(text, row))
    }

    /// Edits a client key.
    ///
    /// # Errors
    /// When there is none, it is revoked, or a field cannot be what it is.
    pub async fn edit_client_key(
        &self,
        by: &By,
        id: ClientKeyId,
        expected: IfMatch,
        edit: EditClientKey,
    ) -> Result<ClientKey, ControlError> {
        self.edit_key_of(by, Whose::Anybodys, id, expected, edit).await
    }

    pub(super) async fn edit_key_of(
        &self,
        by: &By,
        whose: Whose,
        id: ClientKeyId,
        expected: IfMatch,
        edit: EditClientKey,
    ) -> Result<ClientKey, ControlError> {
        let mut turn = self.turn(by).await?;
        let mut row = turn.usable_key(whose, id).await?;
        expected.fits(row.revision)?;
        let before = row.clone();
        apply(&mut row, edit, turn.now_ms)?;
        let saved = turn.change.save_client_key(&row, turn.now_ms).await?;
        turn.end(noted(Act::ClientKeyEdited, Some(before), &saved))
            .await?;
        self.told_client_key(saved).await
    }

    /// Revokes a client key for ever. One that is revoked already stays so.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn revoke_client_key(&self, by: &By, id: ClientKeyId) -> Result<ClientKey, ControlError> {
        self.revoke_key_of(by, Whose::Anybodys, id).await
    }

    pub(super) async fn revoke_key_of(
        &self,
        by: &By,
        whose: Whose,
        id: ClientKeyId,
    ) -> Result<ClientKey, ControlError> {
        let mut turn = self.turn(by).await?;
        let mut row = match turn.usable_key(whose, id).await {
            Err(ControlError::Final(_)) => return self.client_key(id).await,
            other => other?,
        };
        let before = row.clone();
        row.key.state = ClientKeyState::Revoked;
        let saved = turn.change.save_client_key(&row, turn.now_ms).await?;
        turn.end(noted(Act::ClientKeyRevoked, Some(before), &saved))
            .await?;
        self.told_client_key(saved).await
    }
}

/// What is noted of a client key: what it was and is, without what it spends.
pub(super) fn noted(act: Act, before: Option<ClientKeyRow>, now: &ClientKeyRow) -> Note {
    let told = |row: ClientKeyRow| ClientKey::from((row, Spent::default()));
    let object = Object::client_key(now.key.id, &now.name, now.key.user);
    let note = Note::new(act, object).is(&told(now.clone()));
    match before {
        Some(before) => note.was(&told(before)),
        None => note,
    }
}

impl Turn<'_> {
    pub(super) async fn new_client_key(
        &mut self,
        new: CreateClientKey,
    ) -> Result<NewClientKey, ControlError> {
        let mut faults = Faults::default();
        let name = faults.take(fields::name("name", &new.name));
        let expires_at = faults.take(fields::expiry(new.expires_at, self.now_ms));
        let models = faults.take(fields::models(new.models));
        let addresses = faults.take(fields::addresses(new.addresses));
        faults.end()?;
        Ok(NewClientKey {
            name,
            rate_limit: Limit::from_rate_limit(new.rate_limit),
            concurrency: fields::limit(new.concurrency),
            anlas_per_day: fields::limit(new.anlas_per_day),
            expires_at,
            models: models.map(Into::into),
            addresses: addresses.map(Into::into),
            purpose: None,
            user: self.owner(new.user, "user").await?,
        })
    }
}

fn apply(row: &mut ClientKeyRow, edit: EditClientKey, now_ms: i64) -> Result<(), ControlError> {
    let mut faults = Faults::default();
    if let Some(name) = edit.name {
        row.name = faults.take(fields::name("name", &name));
    }
    if let Some(state) = edit.state {
        row.key.state = match state {
            Switch::Active => ClientKeyState::Active,
            Switch::Disabled => ClientKeyState::Disabled,
        };
    }
    if let Some(per_minute) = edit.rate_limit {
        row.key.rate_limit = Limit::from_rate_limit(per_minute);
    }
    if let Some(most) = edit.concurrency {
        row.key.concurrency = fields::limit(most);
    }
    if let Some(most) = edit.anlas_per_day {
        row.key.anlas_per_day = fields::limit(most);
    }
    if let Some(at) = edit.expires_at {
        row.key.expires_at = faults.take(fields::expiry(at, now_ms));
    }
    if let Some(list) = edit.models {
        row.key.models = faults.take(fields::models(list)).map(Into::into);
    }
    if let Some(list) = edit.addresses {
        row.key.addresses = faults.take(fields::addresses(list)).map(Into::into);
    }
    faults.end()
}
