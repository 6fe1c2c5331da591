//! Registering, and invitations.
//!
//! Invariant: an invitation and the account that used it are one change: where the name is taken, nothing was used.

use std::net::IpAddr;

use potluck_filters::model::KeyHash;
use potluck_store::client_key_text::hint;
use potluck_store::secret_text::Kind;
use potluck_store::table::invitations::NewInvitation;
use potluck_store::table::users::{NewUser, UserRole};

use super::{Control, Turn, fields};
use crate::api::{
    CreateInvitation, CreatedInvitation, Invitation, Page, PageQuery, Register, Registered, Registration,
    SecretText,
};
use crate::audit::{Act, Note, Object, ObjectKind};
use crate::auth::Try;
use crate::caller::{By, Caller};
use crate::error::ControlError;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The most people that one invitation lets in.
const MOST_USES: u32 = 1000;

impl Control {
    /// Who may register.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn registration(&self) -> Result<Registration, ControlError> {
        Ok(self.settings().await?.registration)
    }

    /// Makes an account for whoever asks, where they may have one.
    ///
    /// # Errors
    /// When they may not, the name is taken or cannot be one, or the password is weak.
    pub(crate) async fn register(
        &self,
        new: Register,
        from: Option<IpAddr>,
    ) -> Result<Registered, ControlError> {
        self.try_to(Try::Register, from)?;
        let mode = self.registration().await?;
        if mode == Registration::Closed {
            return Err(ControlError::RegistrationClosed);
        }
        let invitation = match (mode, new.invitation) {
            (Registration::Open | Registration::Closed, _) => None,
            (Registration::Invitation, Some(text)) => Some(KeyHash::of(text.0.expose().trim())),
            (Registration::Invitation, None) => return Err(ControlError::NoInvitation),
        };
        let mut faults = fields::Faults::default();
        let name = faults.take(fields::user_name(&new.name));
        faults.take(self.auth.passwords.judge(&new.password.0, &new.name));
        faults.end()?;
        let hash = self.auth.passwords.hash(new.password.0, &name).await?;
        let by = By {
            caller: Caller::Job("register"),
            address: from,
            request: None,
        };
        let mut turn = self.turn(&by).await?;
        if let Some(invitation) = invitation {
            turn.used(invitation).await?;
        }
        let new = NewUser {
            name,
            role: UserRole::User,
            limit: None,
            password_hash: Some(hash),
        };
        let now_ms = turn.now_ms;
        let row = turn.change.create_user(&new, now_ms).await?;
        turn.end(Note::new(
            Act::UserRegistered,
            Object::user(row.user.id, &row.name),
        ))
        .await?;
        Ok(Registered {
            id: row.user.id,
            name: row.name,
        })
    }

    /// A page of invitations.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn invitations(&self, page: PageQuery) -> Result<Page<Invitation>, ControlError> {
        let rows = self.store.invitations(page.after, page.limit()).await?;
        Ok(Page::of(rows, page.limit(), |one: &Invitation| one.id))
    }

    /// Makes an invitation. Its text is in this answer and nowhere else.
    ///
    /// # Errors
    /// When a field cannot be what it is.
    pub(crate) async fn create_invitation(
        &self,
        by: &By,
        new: CreateInvitation,
    ) -> Result<CreatedInvitation, ControlError> {
        let text = Kind::Invitation.fresh()?;
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        let new = NewInvitation {
            hash: KeyHash::of(text.expose()),
            hint: hint(&text),
            note: fields::label("note", &new.note)?,
            created_by: by.user(),
            uses: uses(new.uses)?,
            expires_at: invitation_expiry(new.expires_at, now_ms)?,
        };
        let row = turn.change.create_invitation(&new, now_ms).await?;
        turn.end(Note::new(Act::InvitationCreated, invitation(row.id)))
            .await?;
        Ok(CreatedInvitation {
            text: SecretText(text),
            invitation: row.into(),
        })
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// When there is none with this id.
    pub(crate) async fn revoke_invitation(&self, by: &By, id: i64) -> Result<Invitation, ControlError> {
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        let row = turn.change.revoke_invitation(id, now_ms).await?;
        let row = row.ok_or(ControlError::NotFound("invitation"))?;
        turn.end(Note::new(Act::InvitationRevoked, invitation(row.id)))
            .await?;
        Ok(row.into())
    }
}

fn invitation(id: i64) -> Object {
    Object::new(ObjectKind::Invitation, id, "")
}

impl Turn<'_> {
    async fn used(&mut self, invitation: KeyHash) -> Result<i64, ControlError> {
        let used = self.change.use_invitation(invitation, self.now_ms).await?;
        used.ok_or(ControlError::NoInvitation)
    }
}

fn uses(asked: Option<u32>) -> Result<u32, ControlError> {
    let uses = asked.unwrap_or(1);
    if (1..=MOST_USES).contains(&uses) {
        return Ok(uses);
    }
    Err(ControlError::invalid("uses", format!("must be 1 to {MOST_USES}")))
}

fn invitation_expiry(asked: Option<i64>, now_ms: i64) -> Result<i64, ControlError> {
    let at = fields::expiry(asked, now_ms)?.unwrap_or(now_ms + 7 * DAY_MS);
    if at > now_ms + 366 * DAY_MS {
        return Err(ControlError::invalid("expires_at", "must be within a year"));
    }
    Ok(at)
}
