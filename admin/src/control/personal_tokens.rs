//! Personal access tokens.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use potluck_store::client_key_text::hint;
use potluck_store::secret_text::Kind;
use potluck_store::table::personal_tokens::NewPersonalToken;
use potluck_store::table::users::UserRole;

use super::{Control, fields};
use crate::access::Scopes;
use crate::api::{CreatePersonalToken, CreatedPersonalToken, Page, PageQuery, PersonalToken, SecretText};
use crate::audit::{Act, Note, Object};
use crate::caller::By;
use crate::error::ControlError;

/// The most of one user.
const MOST: u64 = 50;

impl Control {
    /// A page of a user's tokens.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn personal_tokens(
        &self,
        user: UserId,
        page: PageQuery,
    ) -> Result<Page<PersonalToken>, ControlError> {
        let rows = self.store.personal_tokens(user, page.after, page.limit()).await?;
        Ok(Page::of(rows, page.limit(), |token: &PersonalToken| token.id))
    }

    /// Makes a token. Its text is in this answer and nowhere else.
    ///
    /// # Errors
    /// When a field cannot be what it is, or there are too many.
    pub(crate) async fn create_personal_token(
        &self,
        by: &By,
        user: UserId,
        new: CreatePersonalToken,
    ) -> Result<CreatedPersonalToken, ControlError> {
        let text = Kind::Personal.fresh()?;
        let mut turn = self.turn(by).await?;
        let owner = turn.account(user).await?;
        let have = turn.change.count_personal_tokens(user).await?;
        if u64::try_from(have).is_ok_and(|have| have >= MOST) {
            return Err(ControlError::TooMany("tokens", MOST));
        }
        let now_ms = turn.now_ms;
        let new = NewPersonalToken {
            user,
            name: fields::name("name", &new.name)?,
            hash: KeyHash::of(text.expose()),
            hint: hint(&text),
            scopes: scopes(&new.scopes, owner.role)?,
            expires_at: fields::expiry(new.expires_at, now_ms)?,
        };
        let row = turn.change.create_personal_token(&new, now_ms).await?;
        turn.end(Note::new(Act::TokenCreated, Object::user(user, &owner.name)))
            .await?;
        Ok(CreatedPersonalToken {
            text: SecretText(text),
            token: row.into(),
        })
    }

    /// Deletes one of a user's tokens.
    ///
    /// # Errors
    /// When they have none with this id.
    pub(crate) async fn delete_personal_token(
        &self,
        by: &By,
        user: UserId,
        id: i64,
    ) -> Result<(), ControlError> {
        let mut turn = self.turn(by).await?;
        let owner = turn.account(user).await?;
        let gone = turn.change.delete_personal_token(user, id).await?;
        gone.ok_or(ControlError::NotFound("token"))?;
        turn.end(Note::new(Act::TokenDeleted, Object::user(user, &owner.name)))
            .await
    }
}

/// Known words, each once; only an admin's token can speak for an admin.
fn scopes(words: &[String], role: UserRole) -> Result<Vec<String>, ControlError> {
    let known = || format!("must be of these, at least one: {}", Scopes::known().join(", "));
    let set = Scopes::parse(words.iter().map(String::as_str));
    let set = set.filter(|_| !words.is_empty());
    let set = set.ok_or_else(|| ControlError::invalid("scopes", known()))?;
    match role {
        UserRole::User if set.has_admin() => Err(ControlError::invalid("scopes", "`admin` is for admins")),
        UserRole::User | UserRole::Admin => Ok(set.words()),
    }
}
