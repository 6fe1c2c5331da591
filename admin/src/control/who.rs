//! Who a credential belongs to, looked up with each call: what has ended ends at once.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use potluck_store::secret_text::Kind;

use super::Control;
use crate::access::Scopes;
use crate::auth::BadToken;
use crate::caller::{Proof, SignedIn, Unknown};
use crate::error::ControlError;

/// A caller, or why they are not known.
pub(crate) type Seen = Result<SignedIn, Unknown>;

impl Control {
    /// Whose token this is, of whichever kind.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn whose(&self, token: &str) -> Result<Seen, ControlError> {
        if Kind::Personal.fits(token) {
            self.whose_personal_token(token).await
        } else {
            self.whose_session(token).await
        }
    }

    async fn whose_session(&self, token: &str) -> Result<Seen, ControlError> {
        let now_ms = (self.clock)();
        let mut read = self.keys().await?.read(token, now_ms);
        if read == Err(BadToken::UnknownKey) {
            read = self.read_keys().await?.read(token, now_ms);
        }
        let access = match read {
            Ok(access) => access,
            Err(BadToken::Expired) => return Ok(Err(Unknown::Expired)),
            Err(BadToken::Bad | BadToken::UnknownKey) => return Ok(Err(Unknown::Bad)),
        };
        let session = self.store.session(access.session).await?;
        let lives = session.is_some_and(|row| row.user() == access.user && row.expires_at > now_ms);
        if !lives {
            return Ok(Err(Unknown::Ended));
        }
        self.enabled(access.user, Proof::Session(access.session)).await
    }

    async fn whose_personal_token(&self, token: &str) -> Result<Seen, ControlError> {
        let now_ms = (self.clock)();
        let Some(row) = self.store.personal_token(KeyHash::of(token)).await? else {
            return Ok(Err(Unknown::Bad));
        };
        if row.expires_at.is_some_and(|at| at <= now_ms) {
            return Ok(Err(Unknown::Expired));
        }
        // A scope that this program does not know gives nothing.
        let known = row.scopes.iter().map(String::as_str);
        let scopes = Scopes::parse(known).unwrap_or_default();
        self.store.note_use(&row, now_ms).await?;
        self.enabled(row.user, Proof::Token { id: row.id, scopes }).await
    }

    async fn enabled(&self, user: UserId, proof: Proof) -> Result<Seen, ControlError> {
        let row = self.store.living_user(user).await?;
        let row = row.filter(|row| row.user.enabled);
        Ok(row.map_or(Err(Unknown::Ended), |row| {
            Ok(SignedIn {
                user,
                role: row.role,
                proof,
            })
        }))
    }
}
