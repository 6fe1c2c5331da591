//! Client keys of one's own: as many as a member may have, with limits that are no higher than theirs; new texts for
//! old keys; and keys for a few minutes.
//!
//! Invariant: what belongs to somebody else is not there.

use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::model::ClientKeyState;
use potluck_filters::secret::Secret;
use potluck_store::StoreError;
use potluck_store::table::client_keys::{ClientKeyRow, NewClientKey, Purpose};
use potluck_store::table::spent_days::Spent;
use potluck_store::{client_key_text, random};
use zeroize::Zeroizing;

use super::client_keys::{NOUN, noted};
use super::{Control, Turn};
use crate::api::{
    ClientKey, CreateClientKey, CreateMyKey, CreatedClientKey, EditClientKey, EditMyKey, Page, PageQuery,
    RotateKey, SecretText,
};
use crate::audit::{Act, Author};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

/// How long a key for the playground lives.
const PLAYGROUND_MS: i64 = 15 * 60_000;

/// Keys for the playground that one user may have at once.
const PLAYGROUNDS: u64 = 5;

/// A week, in seconds: the longest that an old text lives beside the new one.
const LONGEST_OVERLAP: u32 = 7 * 86_400;

/// Whose keys a call may touch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    /// Everybody's: an admin asks.
    Anybodys,
    /// Of this user alone.
    Of(UserId),
}

impl Whose {
    pub(super) fn has(self, owner: UserId) -> bool {
        match self {
            Self::Anybodys => true,
            Self::Of(user) => user == owner,
        }
    }
}

/// A new text, of randomness alone.
pub(super) fn fresh_text() -> Result<Secret, ControlError> {
    let random = Zeroizing::new(random::bytes::<32>().map_err(StoreError::from)?);
    Ok(client_key_text::client_key(&random))
}

impl Control {
    /// A page of a user's own client keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn my_keys(&self, user: UserId, page: PageQuery) -> Result<Page<ClientKey>, ControlError> {
        let after = ClientKeyId(page.after);
        let rows = self.store.client_keys_of(user, after, page.limit()).await?;
        self.told_client_keys(rows, page.limit()).await
    }

    /// One of a user's own client keys.
    ///
    /// # Errors
    /// When they have none with this id.
    pub async fn my_key(&self, user: UserId, id: ClientKeyId) -> Result<ClientKey, ControlError> {
        let row = self.store.client_key(id).await?;
        let row = row.filter(|row| row.key.user == user && row.purpose.is_none());
        self.told_client_key(row.ok_or(ControlError::NotFound(NOUN))?)
            .await
    }

    /// Makes a client key of one's own.
    ///
    /// # Errors
    /// When a field cannot be what it is, or there are as many as there may be.
    pub async fn create_my_key(
        &self,
        by: &By,
        user: UserId,
        new: CreateMyKey,
    ) -> Result<CreatedClientKey, ControlError> {
        self.within_own(user, new.rate_limit).await?;
        let text = fresh_text()?;
        let mut turn = self.turn(by).await?;
        turn.has_room_for_a_key(user).await?;
        let new = CreateClientKey {
            user: Some(user),
            ..new.into()
        };
        let new = turn.new_client_key(new).await?;
        let row = turn.change.create_client_key(&new, &text, turn.now_ms).await?;
        turn.end(noted(Act::ClientKeyCreated, None, &row)).await?;
        Ok(created(text, row))
    }

    /// Edits a client key of one's own.
    ///
    /// # Errors
    /// When they have none with this id, it is revoked, a field cannot be what it is, or somebody else changed it.
    pub async fn edit_my_key(
        &self,
        by: &By,
        user: UserId,
        id: ClientKeyId,
        expected: IfMatch,
        edit: EditMyKey,
    ) -> Result<ClientKey, ControlError> {
        self.within_own(user, edit.rate_limit.unwrap_or(0)).await?;
        self.edit_key_of(by, Whose::Of(user), id, expected, EditClientKey::from(edit))
            .await
    }

    /// Revokes a client key of one's own for ever. One that is revoked already stays so.
    ///
    /// # Errors
    /// When they have none with this id.
    pub async fn revoke_my_key(
        &self,
        by: &By,
        user: UserId,
        id: ClientKeyId,
    ) -> Result<ClientKey, ControlError> {
        self.revoke_key_of(by, Whose::Of(user), id).await
    }

    /// Gives a client key of one's own another text.
    ///
    /// # Errors
    /// When they have none with this id, it is revoked, or the old text is to live too long.
    pub async fn rotate_my_key(
        &self,
        by: &By,
        user: UserId,
        id: ClientKeyId,
        rotate: RotateKey,
    ) -> Result<CreatedClientKey, ControlError> {
        self.rotate_key_of(by, Whose::Of(user), id, rotate).await
    }

    /// Gives a client key another text.
    ///
    /// # Errors
    /// When there is none with this id, it is revoked, or the old text is to live too long.
    pub async fn rotate_client_key(
        &self,
        by: &By,
        id: ClientKeyId,
        rotate: RotateKey,
    ) -> Result<CreatedClientKey, ControlError> {
        self.rotate_key_of(by, Whose::Anybodys, id, rotate).await
    }

    async fn rotate_key_of(
        &self,
        by: &By,
        whose: Whose,
        id: ClientKeyId,
        rotate: RotateKey,
    ) -> Result<CreatedClientKey, ControlError> {
        if rotate.old_lives > LONGEST_OVERLAP {
            return Err(ControlError::invalid(
                "old_lives",
                format!("must be at most {LONGEST_OVERLAP} seconds, a week"),
            ));
        }
        let text = fresh_text()?;
        let mut turn = self.turn(by).await?;
        let before = turn.usable_key(whose, id).await?;
        let old_until = turn.now_ms + i64::from(rotate.old_lives) * 1000;
        let now_ms = turn.now_ms;
        let row = turn
            .change
            .rotate_client_key(id, &text, old_until, now_ms)
            .await?;
        turn.end(noted(Act::ClientKeyRotated, Some(before), &row)).await?;
        let key = self.told_client_key(row).await?;
        Ok(CreatedClientKey {
            text: SecretText(text),
            key,
        })
    }

    /// Makes a client key for a few minutes, which is in no list. Where there are as many as may be, the oldest ends: a
    /// page that was loaded anew has no use for it any more, and another one gets its next key by itself.
    ///
    /// # Errors
    /// When the database fails, or the edge cannot serve from the change.
    pub async fn playground_key(&self, by: &By, user: UserId) -> Result<CreatedClientKey, ControlError> {
        let text = fresh_text()?;
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        let purpose = Some(Purpose::Playground);
        turn.change.forget_playground_keys(now_ms).await?;
        if turn.change.count_client_keys(user, purpose, now_ms).await? >= PLAYGROUNDS {
            turn.end_oldest_playground_key(user).await?;
        }
        let new = NewClientKey {
            user,
            name: "playground".to_owned(),
            rate_limit: Limit::Unlimited,
            concurrency: Limit::Unlimited,
            anlas_per_day: Limit::Unlimited,
            expires_at: Some(now_ms + PLAYGROUND_MS),
            models: None,
            addresses: None,
            purpose,
        };
        let row = turn.change.create_client_key(&new, &text, now_ms).await?;
        turn.end(noted(Act::ClientKeyCreated, None, &row)).await?;
        Ok(created(text, row))
    }

    /// Refuses a key's limit above its owner's own.
    async fn within_own(&self, user: UserId, rate_limit: u32) -> Result<(), ControlError> {
        match self.limit_of(user).await? {
            Ok(Limit::AtMost(own)) if rate_limit > own => Err(ControlError::invalid(
                "rate_limit",
                format!("is more than your own limit, which is {own}; 0 is as much as that"),
            )),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

pub(super) fn created(text: Secret, row: ClientKeyRow) -> CreatedClientKey {
    CreatedClientKey {
        text: SecretText(text),
        key: (row, Spent::default()).into(),
    }
}

impl Turn<'_> {
    async fn has_room_for_a_key(&mut self, user: UserId) -> Result<(), ControlError> {
        let most = u64::from(self.change.limit_policy().await?.0.keys_per_user);
        let now_ms = self.now_ms;
        if self.change.count_client_keys(user, None, now_ms).await? < most {
            Ok(())
        } else {
            Err(ControlError::TooMany("client keys", most))
        }
    }

    async fn end_oldest_playground_key(&mut self, user: UserId) -> Result<(), ControlError> {
        let now_ms = self.now_ms;
        let Some(before) = self.change.oldest_playground_key(user, now_ms).await? else {
            return Ok(());
        };
        let mut row = before.clone();
        row.key.state = ClientKeyState::Revoked;
        let ended = self.change.save_client_key(&row, now_ms).await?;
        let note = noted(Act::ClientKeyRevoked, Some(before), &ended);
        self.change
            .note(&note.entry(&Author::from(&self.by)), now_ms)
            .await?;
        Ok(())
    }

    /// A client key that can still be changed.
    pub(super) async fn usable_key(
        &mut self,
        whose: Whose,
        id: ClientKeyId,
    ) -> Result<ClientKeyRow, ControlError> {
        let row = self.change.client_key(id).await?;
        let row = row.filter(|row| whose.has(row.key.user) && row.purpose.is_none());
        let row = row.ok_or(ControlError::NotFound(NOUN))?;
        match row.key.state {
            ClientKeyState::Active | ClientKeyState::Disabled => Ok(row),
            ClientKeyState::Revoked => Err(ControlError::Final(NOUN)),
        }
    }
}
