//! Logging in, staying logged in and logging out.
//!
//! Invariant: a name that nobody has and a wrong password are told alike and take as long; each try is counted before
//! it is made.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use potluck_filters::secret::Secret;
use potluck_store::secret_text::Kind;
use potluck_store::table::sessions::{NewSession, Refreshed, Rotation, SessionRow};
use potluck_store::table::users::{LoginRow, UserRow};

use super::Control;
use crate::api::{EndedSessions, LogIn, SecretText, Session, SessionTokens, Sessions, WhoAmI};
use crate::audit::{Act, Author, Note, Object};
use crate::auth::{Access, Match, Try};
use crate::caller::{By, Caller, Proof};
use crate::error::ControlError;

/// For how long a rotated refresh token may come again: two tabs of one browser refresh at once.
const GRACE_MS: i64 = 30_000;
/// Characters of a program's own name that are kept.
const LONGEST_AGENT: usize = 200;

/// Where a login comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct From<'a> {
    /// The caller's address.
    pub(crate) address: Option<IpAddr>,
    /// The program, in its own words.
    pub(crate) agent: Option<&'a str>,
}

impl Control {
    /// Logs a user in.
    ///
    /// # Errors
    /// When the name, the password or the code is wrong, or it was tried too often.
    pub(crate) async fn log_in(&self, login: LogIn, from: From<'_>) -> Result<SessionTokens, ControlError> {
        self.try_to(Try::Login(&login.name), from.address)?;
        let found = self.store.login(&login.name).await?;
        let user = found.as_ref().map(|found| found.row.user.id);
        let row = match self.proven(found, login.password.0, login.code).await {
            Err(wrong @ (ControlError::WrongPassword | ControlError::WrongCode)) => {
                self.note_failed_login(user, from.address).await?;
                return Err(wrong);
            }
            proven => proven?,
        };
        self.auth.attempts.lock().succeeded(&login.name);
        let refresh = Kind::Refresh.fresh()?;
        let now_ms = (self.clock)();
        let agent: Option<String> = from
            .agent
            .map(|agent| agent.chars().take(LONGEST_AGENT).collect());
        let address = from.address.map(|address| address.to_string());
        let new = NewSession {
            user: row.user.id,
            cookies: login.cookies,
            agent: agent.as_deref(),
            address: address.as_deref(),
            refresh: KeyHash::of(refresh.expose()),
            expires_at: now_ms + self.auth.settings.session_ms,
        };
        let session = self.store.begin_session(&new, now_ms).await?;
        tracing::info!(user = row.user.id.0, session = session.id, "logged in");
        let note = Note::new(Act::SessionBegan, Object::user(row.user.id, &row.name));
        self.note(Author::user(row.user.id, from.address), note).await?;
        self.tokens(row, &session, Some(refresh)).await
    }

    /// The user, if password and, where there is a second factor, code are theirs.
    async fn proven(
        &self,
        found: Option<LoginRow>,
        password: Secret,
        code: Option<SecretText>,
    ) -> Result<UserRow, ControlError> {
        let row = self.with_password(found, password).await?;
        if row.has_totp {
            let code = code.ok_or(ControlError::TotpRequired)?;
            self.take_code(&row, &code.0).await?;
        }
        Ok(row)
    }

    /// Counts a try.
    pub(super) fn try_to(&self, what: Try<'_>, from: Option<IpAddr>) -> Result<(), ControlError> {
        let begun = self.auth.attempts.lock().begin(what, from, (self.clock)());
        begun.map_err(|wait_ms| {
            ControlError::TriedTooOften(Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0)))
        })
    }

    /// The user, if this is their password. One that was hashed with other parameters is hashed anew.
    pub(super) async fn with_password(
        &self,
        found: Option<LoginRow>,
        password: Secret,
    ) -> Result<UserRow, ControlError> {
        let (row, kept) = match found {
            Some(found) => (Some(found.row), found.password_hash),
            None => (None, None),
        };
        let matched = self.auth.passwords.compare(password.clone(), kept).await?;
        let row = row.filter(|row| row.user.enabled && matched != Match::No);
        let row = row.ok_or(ControlError::WrongPassword)?;
        if matched == Match::YesButOld {
            self.hash_anew(&row, password).await?;
        }
        Ok(row)
    }

    /// A password that would be too weak today stays as it is until its owner changes it.
    async fn hash_anew(&self, row: &UserRow, password: Secret) -> Result<(), ControlError> {
        let Ok(hash) = self.auth.passwords.hash(password, &row.name).await else {
            return Ok(());
        };
        let mut turn = self.turn(&By::job("rehash-password")).await?;
        turn.change.set_password(row.user.id, &hash).await?;
        turn.end_job().await
    }

    /// Goes on with a session.
    ///
    /// # Errors
    /// When the token is none that holds.
    pub(crate) async fn refresh(
        &self,
        token: &Secret,
        from: Option<IpAddr>,
    ) -> Result<SessionTokens, ControlError> {
        if !Kind::Refresh.fits(token.expose()) {
            return Err(ControlError::SessionEnded);
        }
        let next = Kind::Refresh.fresh()?;
        let now_ms = (self.clock)();
        let rotation = Rotation {
            old: KeyHash::of(token.expose()),
            new: KeyHash::of(next.expose()),
            now_ms,
            expires_at: now_ms + self.auth.settings.session_ms,
            grace_ms: GRACE_MS,
        };
        let (session, refresh) = match self.store.refresh_session(&rotation).await? {
            Refreshed::Rotated(session) => (session, Some(next)),
            Refreshed::JustRotated(session) => (session, None),
            Refreshed::Unknown => return Err(ControlError::SessionEnded),
            Refreshed::Reused { session, user } => {
                tracing::warn!(
                    session,
                    user = user.0,
                    "a refresh token was used twice: the session was ended"
                );
                let note = Note::new(Act::SessionReused, Object::user(user, ""));
                self.note(Author::nobody(from), note).await?;
                return Err(ControlError::SessionEnded);
            }
        };
        let row = self.store.living_user(session.user()).await?;
        let row = row.filter(|row| row.user.enabled);
        self.tokens(row.ok_or(ControlError::SessionEnded)?, &session, refresh)
            .await
    }

    async fn tokens(
        &self,
        row: UserRow,
        session: &SessionRow,
        refresh: Option<Secret>,
    ) -> Result<SessionTokens, ControlError> {
        let now_ms = (self.clock)();
        let access = Access {
            user: row.user.id,
            session: session.id,
            expires_at: now_ms + self.auth.settings.access_ms,
        };
        let signed = self.signing_keys().await?.sign(access, now_ms);
        let by_cookies = session.cookies != 0;
        Ok(SessionTokens {
            user: row.user.id,
            name: row.name,
            role: row.role,
            session: session.id,
            access_token: Some(SecretText(signed.ok_or(ControlError::Ended)?)),
            expires_at: access.expires_at,
            refresh_token: refresh.map(SecretText),
            session_expires_at: session.expires_at,
            csrf_token: by_cookies.then(|| self.csrf_token(session.id)),
        })
    }

    /// How long until then, in seconds, for a cookie.
    pub(crate) fn seconds_until(&self, unix_ms: i64) -> i64 {
        (unix_ms - (self.clock)()).max(0) / 1000
    }

    /// What a page sends back with each change of this session.
    pub(crate) fn csrf_token(&self, session: i64) -> SecretText {
        let print = self.store.page_token(session);
        SecretText(Secret::new(URL_SAFE_NO_PAD.encode(print)))
    }

    /// As whom somebody calls.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn who_am_i(&self, by: &By, user: UserId) -> Result<WhoAmI, ControlError> {
        let row = self.store.living_user(user).await?;
        let row = row.ok_or(ControlError::SessionEnded)?;
        let (session, scopes) = match by.caller {
            Caller::User(signed_in) => match signed_in.proof {
                Proof::Session(id) => (self.store.session(id).await?, None),
                Proof::Token { scopes, .. } => (None, Some(scopes.words())),
            },
            Caller::Operator | Caller::Job(_) => (None, None),
        };
        let by_cookies = session.as_ref().filter(|session| session.cookies != 0);
        Ok(WhoAmI {
            user,
            name: row.name,
            role: row.role,
            csrf_token: by_cookies.map(|session| self.csrf_token(session.id)),
            session: session.map(|session| session.id),
            scopes,
            has_totp: row.has_totp,
        })
    }

    /// Ends the session that somebody calls with, or that their refresh token belongs to.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn log_out(&self, by: Option<By>, refresh: Option<&Secret>) -> Result<(), ControlError> {
        let Some(by) = by else {
            return match refresh {
                Some(token) => Ok(self.store.end_session_of(KeyHash::of(token.expose())).await?),
                None => Ok(()),
            };
        };
        let Caller::User(signed_in) = by.caller else {
            return Ok(());
        };
        match signed_in.proof {
            Proof::Token { id, .. } => match self.delete_personal_token(&by, signed_in.user, id).await {
                Err(ControlError::NotFound(_)) => Ok(()),
                deleted => deleted,
            },
            Proof::Session(id) => match self.end_session(&by, signed_in.user, id).await {
                // Somebody else has ended it at the same moment.
                Err(ControlError::NotFound(_)) => Ok(()),
                ended => ended,
            },
        }
    }

    /// A user's sessions.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn sessions(
        &self,
        user: UserId,
        current: Option<i64>,
    ) -> Result<Sessions, ControlError> {
        let rows = self.store.sessions_of(user, (self.clock)()).await?;
        let items = rows.into_iter().map(|row| Session::of(row, current));
        Ok(Sessions {
            items: items.collect(),
        })
    }

    /// Ends one of a user's sessions.
    ///
    /// # Errors
    /// When they have none with this id.
    pub(crate) async fn end_session(&self, by: &By, user: UserId, id: i64) -> Result<(), ControlError> {
        match self.store.end_session(user, id).await? {
            true => {
                let note = Note::new(Act::SessionEnded, Object::user(user, ""));
                self.note(by, note).await
            }
            false => Err(ControlError::NotFound("session")),
        }
    }

    /// Ends all of a user's sessions.
    ///
    /// # Errors
    /// When there is no such user.
    pub(crate) async fn end_sessions(&self, by: &By, user: UserId) -> Result<EndedSessions, ControlError> {
        let mut turn = self.turn(by).await?;
        let row = turn.account(user).await?;
        let ended = turn.change.end_sessions(user, 0).await?;
        turn.end(Note::new(Act::SessionsEnded, Object::user(user, &row.name)))
            .await?;
        Ok(EndedSessions { ended })
    }
}
