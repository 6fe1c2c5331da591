//! Users.

use potluck_filters::id::UserId;
use potluck_store::table::users::NewUser;

use super::{Control, Turn, fields, password};
use crate::api::{CreateUser, Page, PageQuery, User};
use crate::error::ControlError;

impl Control {
    /// A page of users.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self, page: PageQuery) -> Result<Page<User>, ControlError> {
        let rows = self.store.users(UserId(page.after), page.limit()).await?;
        Ok(Page::of(rows, page.limit(), |user: &User| user.id.0))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// When the name is taken or cannot be one, or the password is weak.
    pub async fn create_user(&self, new: CreateUser) -> Result<User, ControlError> {
        let name = fields::user_name(&new.name)?;
        let password_hash = match new.password {
            Some(text) => Some(password::hash(text.0, &name).await?),
            None => None,
        };
        let new = NewUser {
            name,
            role: new.role,
            rate_limit: fields::limit(new.rate_limit),
            password_hash,
        };
        let mut turn = self.turn().await?;
        let row = turn.change.create_user(&new, turn.now_ms).await?;
        turn.end().await?;
        Ok(row.into())
    }
}

impl Turn<'_> {
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
