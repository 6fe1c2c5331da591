//! Everything that is kept of a user, put together for them.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::objects::Stored;

use super::Control;
use crate::api::{ClientKey, Export, ExportedObject, MAX_PAGE, PersonalToken, PoolKey, Session};
use crate::audit::{Act, Note, Object};
use crate::caller::By;
use crate::error::ControlError;

impl Control {
    /// Everything that is kept of a user.
    ///
    /// # Errors
    /// When there is no such user.
    pub(crate) async fn export(&self, by: &By, user: UserId) -> Result<Export, ControlError> {
        let now_ms = (self.clock)();
        let sessions = self.store.sessions_of(user, now_ms).await?;
        let tokens = self.store.personal_tokens(user, 0, MAX_PAGE).await?;
        let objects = self.store.objects_of(user).await?;
        let own = self.user(user).await?;
        let object = Object::user(user, &own.name);
        self.note(by, Note::new(Act::AccountExported, object)).await?;
        Ok(Export {
            exported_at: now_ms,
            user: own,
            recovery_codes_left: self.store.recovery_codes_left(user).await?,
            sessions: sessions.into_iter().map(|row| Session::of(row, None)).collect(),
            tokens: tokens.into_iter().map(PersonalToken::from).collect(),
            keys: self.all_keys_of(user).await?,
            pool_keys: self.all_pool_keys_of(user).await?,
            objects: objects.iter().map(told).collect(),
        })
    }

    async fn all_keys_of(&self, user: UserId) -> Result<Vec<ClientKey>, ControlError> {
        let (mut keys, mut after) = (Vec::new(), ClientKeyId(0));
        loop {
            let rows = self.store.client_keys_of(user, after, MAX_PAGE).await?;
            let Some(last) = rows.last() else { return Ok(keys) };
            after = last.key.id;
            for row in rows {
                keys.push(self.told_client_key(row).await?);
            }
        }
    }

    async fn all_pool_keys_of(&self, user: UserId) -> Result<Vec<PoolKey>, ControlError> {
        let (mut keys, mut after) = (Vec::new(), PoolKeyId(0));
        loop {
            let rows = self.store.pool_keys_of(user, after, MAX_PAGE).await?;
            let Some(last) = rows.last() else { return Ok(keys) };
            after = last.id;
            for row in rows {
                keys.push(self.told(row).await?);
            }
        }
    }
}

fn told(stored: &Stored) -> ExportedObject {
    ExportedObject {
        upstream: stored.upstream.to_string(),
        id: stored.id.to_string(),
        kind: stored.object.kind.as_str().to_owned(),
        created_at: stored.object.created_at,
    }
}
