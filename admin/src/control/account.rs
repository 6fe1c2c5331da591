//! One's own account, and what admins do to others': passwords, roles, deletion.
//!
//! Invariant: somebody can always log in as admin; what proved who a user is stops with the change that replaces it.

use std::net::IpAddr;

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use potluck_store::secret_text::Kind;
use potluck_store::table::users::{AccountEdit, UserFilter, UserRole, UserRow};

use super::{Control, Turn, fields};
use crate::api::{
    AllowReset, ChangePassword, EditUser, Page, PageQuery, PasswordResetLeave, ResetPassword, SecretText,
    User, UserQuery, WithPasswordAndCode,
};
use crate::audit::{Act, Note, Object};
use crate::auth::Try;
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

const NOUN: &str = "user";
const DAY_S: u32 = 24 * 60 * 60;

impl Control {
    /// A page of the users that fit.
    ///
    /// # Errors
    /// When what are asked for are no ids, or the database fails.
    pub(crate) async fn find_users(&self, query: UserQuery) -> Result<Page<User>, ControlError> {
        let page = PageQuery {
            after: query.after,
            limit: query.limit,
        };
        let filter = UserFilter {
            name_has: query.q,
            role: query.role,
            enabled: query.enabled,
            up_to: None,
        };
        if let Some(ids) = &query.ids {
            return self.users_of_these(filter, fields::ids(ids)?).await;
        }
        let rows = self.store.find_users(&filter, UserId(page.after), page.limit());
        Ok(Page::of(rows.await?, page.limit(), |user: &User| user.id.0))
    }

    /// A user.
    ///
    /// # Errors
    /// When there is none with this id.
    pub(crate) async fn user(&self, id: UserId) -> Result<User, ControlError> {
        let row = self.store.living_user(id).await?;
        row.map(User::from).ok_or(ControlError::NotFound(NOUN))
    }

    /// Edits a user.
    ///
    /// # Errors
    /// When there is none, the name cannot be theirs, or nobody would be left to manage the relay.
    pub(crate) async fn edit_user(
        &self,
        by: &By,
        id: UserId,
        edit: EditUser,
        meant: IfMatch,
    ) -> Result<User, ControlError> {
        let mut turn = self.turn(by).await?;
        let row = turn.account(id).await?;
        meant.fits(row.revision)?;
        let edit = AccountEdit {
            name: edit
                .name
                .map_or(Ok(row.name.clone()), |name| fields::user_name(&name))?,
            role: edit.role.unwrap_or(row.role),
            enabled: edit.enabled.unwrap_or(row.user.enabled),
        };
        if edit.role != UserRole::Admin || !edit.enabled {
            turn.leaves_an_admin(&row).await?;
        }
        if !edit.enabled {
            turn.change.end_sessions(id, 0).await?;
        }
        let saved = User::from(turn.change.save_account(id, &edit).await?);
        let note = Note::new(Act::UserEdited, Object::user(id, &saved.name));
        turn.end(note.was(&User::from(row)).is(&saved)).await?;
        Ok(saved)
    }

    /// Gives leave to set a new password.
    ///
    /// # Errors
    /// When there is no such user.
    pub(crate) async fn allow_reset(
        &self,
        by: &By,
        id: UserId,
        asked: AllowReset,
    ) -> Result<PasswordResetLeave, ControlError> {
        let seconds = asked.expires_in.unwrap_or(DAY_S);
        if !(60..=7 * DAY_S).contains(&seconds) {
            return Err(ControlError::invalid(
                "expires_in",
                "must be 60 to 604800 seconds",
            ));
        }
        let token = Kind::Reset.fresh()?;
        let mut turn = self.turn(by).await?;
        let row = turn.account(id).await?;
        let expires_at = turn.now_ms + i64::from(seconds) * 1000;
        let hash = KeyHash::of(token.expose());
        turn.change.allow_reset(id, hash, expires_at).await?;
        turn.end(Note::new(Act::PasswordResetAllowed, Object::user(id, &row.name)))
            .await?;
        Ok(PasswordResetLeave {
            token: SecretText(token),
            expires_at,
        })
    }

    /// Sets a new password by leave of an admin. All sessions end.
    ///
    /// # Errors
    /// When the leave holds no more, or the password is weak.
    pub(crate) async fn reset_password(
        &self,
        asked: ResetPassword,
        from: Option<IpAddr>,
    ) -> Result<(), ControlError> {
        self.try_to(Try::Register, from)?;
        let token = KeyHash::of(asked.token.0.expose().trim());
        let user = self.store.reset_for(token, (self.clock)()).await?;
        let row = self.store.living_user(user.ok_or(ControlError::NoReset)?).await?;
        let row = row.ok_or(ControlError::NoReset)?;
        let hash = self.auth.passwords.hash(asked.password.0, &row.name).await?;
        let by = By {
            address: from,
            ..By::job("password-reset")
        };
        let mut turn = self.turn(&by).await?;
        let now_ms = turn.now_ms;
        let user = turn.change.take_reset(token, now_ms).await?;
        let user = user.ok_or(ControlError::NoReset)?;
        turn.change.set_password(user, &hash).await?;
        turn.change.end_sessions(user, 0).await?;
        turn.end(Note::new(Act::PasswordReset, Object::user(user, &row.name)))
            .await?;
        self.auth.attempts.lock().succeeded(&row.name);
        Ok(())
    }

    /// Changes one's own password. All other sessions end.
    ///
    /// # Errors
    /// When the one so far is wrong, or the new one weak.
    pub(crate) async fn change_password(
        &self,
        by: &By,
        (user, session): (UserId, i64),
        change: ChangePassword,
    ) -> Result<(), ControlError> {
        let proof = WithPasswordAndCode {
            password: change.current,
            code: None,
        };
        let row = self.in_person(by, user, proof).await?;
        let hash = self.auth.passwords.hash(change.password.0, &row.name).await?;
        let mut turn = self.turn(by).await?;
        turn.account(user).await?;
        turn.change.set_password(user, &hash).await?;
        turn.change.end_sessions(user, session).await?;
        turn.end(Note::new(Act::PasswordChanged, Object::user(user, &row.name)))
            .await
    }

    /// Deletes one's own account.
    ///
    /// # Errors
    /// When password or code are wrong, or nobody would be left to manage the relay.
    pub(crate) async fn delete_own_account(
        &self,
        by: &By,
        user: UserId,
        proof: WithPasswordAndCode,
    ) -> Result<(), ControlError> {
        self.with_every_factor(by, user, proof).await?;
        self.delete_user(by, user).await
    }

    /// Deletes an account for ever: client keys are revoked, pool keys withdrawn, all else of it is gone.
    ///
    /// # Errors
    /// When there is none, or nobody would be left to manage the relay.
    pub(crate) async fn delete_user(&self, by: &By, id: UserId) -> Result<(), ControlError> {
        let mut turn = self.turn(by).await?;
        let row = turn.account(id).await?;
        turn.leaves_an_admin(&row).await?;
        let now_ms = turn.now_ms;
        turn.change.delete_user(id, now_ms).await?;
        turn.end(Note::new(Act::UserDeleted, Object::user(id, &row.name)))
            .await?;
        Ok(self.store.forget_deleted().await?)
    }
}

impl Turn<'_> {
    /// A user who was not deleted.
    pub(super) async fn account(&mut self, id: UserId) -> Result<UserRow, ControlError> {
        let row = self.change.living_user(id).await?;
        row.ok_or(ControlError::NotFound(NOUN))
    }

    /// Takes note that something about a user has changed that is in another table.
    pub(super) async fn touch(&mut self, id: UserId) -> Result<(), ControlError> {
        let row = self.account(id).await?;
        let same = AccountEdit {
            name: row.name,
            role: row.role,
            enabled: row.user.enabled,
        };
        self.change.save_account(id, &same).await?;
        Ok(())
    }

    /// Refuses what would leave nobody to manage the relay over the network.
    pub(super) async fn leaves_an_admin(&mut self, row: &UserRow) -> Result<(), ControlError> {
        let counts = row.role == UserRole::Admin && row.user.enabled;
        if counts && self.change.enabled_admins().await? <= 1 {
            return Err(ControlError::LastAdmin);
        }
        Ok(())
    }
}
