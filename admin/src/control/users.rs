//! Users.

use potluck_filters::id::UserId;
use potluck_filters::limit::{Limit, LimitRule};
use potluck_store::table::users::{NewUser, UserRole};

use super::{Control, Turn, fields};
use crate::api::{CreateUser, User};
use crate::audit::{Act, Note, Object};
use crate::caller::By;
use crate::error::ControlError;

impl Control {
    /// Makes a user.
    ///
    /// # Errors
    /// When the name is taken or cannot be one, or the password is weak.
    pub async fn create_user(&self, by: &By, new: CreateUser) -> Result<User, ControlError> {
        let mut faults = fields::Faults::default();
        let name = faults.take(fields::user_name(&new.name));
        if let Some(text) = &new.password {
            faults.take(self.auth.passwords.judge(&text.0, &new.name));
        }
        faults.end()?;
        let password_hash = match new.password {
            Some(text) => Some(self.auth.passwords.hash(text.0, &name).await?),
            None => None,
        };
        let new = NewUser {
            name,
            role: new.role,
            limit: new.rate_limit.map(|most| LimitRule::Manual(Limit::AtMost(most))),
            password_hash,
        };
        let mut turn = self.turn(by).await?;
        let row = turn.change.create_user(&new, turn.now_ms).await?;
        let user = User::from(row);
        let object = Object::user(user.id, &user.name);
        turn.end(Note::new(Act::UserCreated, object).is(&user)).await?;
        Ok(user)
    }
}

impl Turn<'_> {
    /// Refuses a contributor who is no operator, where an upstream takes operators' pool keys alone.
    pub(super) async fn may_bring(
        &mut self,
        contributor: UserId,
        upstream: &str,
    ) -> Result<(), ControlError> {
        let upstreams = self.control.upstreams();
        let alone = upstreams
            .iter()
            .any(|facts| facts.name == upstream && facts.operators_only);
        if !alone {
            return Ok(());
        }
        match self.change.user(contributor).await?.map(|row| row.role) {
            Some(UserRole::Admin) => Ok(()),
            Some(UserRole::User) | None => Err(ControlError::invalid(
                "contributor",
                "must be an admin: this upstream has `reach: all`, where members see each other's objects; \
                 bring the key as an admin's, or set `reach: stateless` in the configuration",
            )),
        }
    }

    /// The owner of what is made: who was named, or the first admin.
    pub(super) async fn owner(
        &mut self,
        named: Option<UserId>,
        field: &'static str,
    ) -> Result<UserId, ControlError> {
        match named {
            None => self.change.first_admin().await?.ok_or(ControlError::NoAdmin),
            Some(id) => {
                let found = self.change.user(id).await?;
                found
                    .map(|row| row.user.id)
                    .ok_or_else(|| ControlError::invalid(field, "is no user's id"))
            }
        }
    }
}
