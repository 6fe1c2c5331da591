//! The second factor: set up by its owner, asked for at logins, taken away with password and code.
//!
//! Invariant: no code and no recovery code is taken twice.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use potluck_filters::secret::Secret;
use potluck_store::table::users::UserRow;
use potluck_store::{StoreError, random, secret_text};
use zeroize::Zeroizing;

use super::Control;
use crate::api::{BegunTotp, RecoveryCodes, SecretText, WithPassword, WithPasswordAndCode};
use crate::audit::{Act, Note, Object};
use crate::auth::{Totp, Try};
use crate::caller::By;
use crate::error::ControlError;

/// Recovery codes that somebody gets.
const CODES: usize = 10;

impl Control {
    /// The user in person: their password once more, and their second factor where they have one.
    pub(super) async fn in_person(
        &self,
        by: &By,
        user: UserId,
        proof: WithPasswordAndCode,
    ) -> Result<UserRow, ControlError> {
        let row = self.store.living_user(user).await?;
        let name = row.ok_or(ControlError::SessionEnded)?.name;
        self.try_to(Try::Login(&name), by.address)?;
        let found = self.store.login(&name).await?;
        let row = self.with_password(found, proof.password.0).await?;
        if let Some(code) = proof.code.filter(|_| row.has_totp) {
            self.take_code(&row, &code.0).await?;
        }
        self.auth.attempts.lock().succeeded(&name);
        Ok(row)
    }

    /// The user in person, and never without the second factor where they have one.
    pub(super) async fn with_every_factor(
        &self,
        by: &By,
        user: UserId,
        proof: WithPasswordAndCode,
    ) -> Result<UserRow, ControlError> {
        let coded = proof.code.is_some();
        let row = self.in_person(by, user, proof).await?;
        if row.has_totp && !coded {
            return Err(ControlError::TotpRequired);
        }
        Ok(row)
    }

    /// Takes a code of a user's authenticator, or a recovery code.
    pub(super) async fn take_code(&self, row: &UserRow, code: &Secret) -> Result<(), ControlError> {
        let user = row.user.id;
        let taken = match secret_text::typed_recovery_code(code.expose()) {
            Some(code) => {
                let hash = KeyHash::of(code.expose());
                self.store.take_recovery_code(user, hash).await?
            }
            None => {
                let totp = self.authenticator(row).await?;
                match totp.step(code.expose(), (self.clock)()) {
                    Some(step) => self.store.take_totp_step(user, step).await?,
                    None => false,
                }
            }
        };
        if taken {
            Ok(())
        } else {
            Err(ControlError::WrongCode)
        }
    }

    async fn authenticator(&self, row: &UserRow) -> Result<Totp, ControlError> {
        let kept = self.store.totp(row.user.id).await?;
        let kept = kept.ok_or(ControlError::NotFound("second factor"))?;
        Totp::new(&kept.secret, &row.name).ok_or(ControlError::Ended)
    }

    /// Begins to set up a second factor. It counts when a code has confirmed it.
    ///
    /// # Errors
    /// When the password is wrong, or there is one already.
    pub(crate) async fn begin_totp(
        &self,
        by: &By,
        user: UserId,
        proof: WithPassword,
    ) -> Result<BegunTotp, ControlError> {
        let proof = WithPasswordAndCode {
            password: proof.password,
            code: None,
        };
        let row = self.in_person(by, user, proof).await?;
        if row.has_totp {
            return Err(ControlError::Exists("second factor"));
        }
        let secret = Zeroizing::new(random::bytes::<20>().map_err(StoreError::from)?);
        let totp = Totp::new(secret.as_slice(), &row.name).ok_or(ControlError::Ended)?;
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        turn.change.begin_totp(user, secret.as_slice(), now_ms).await?;
        turn.end(Note::new(Act::SecondFactorBegun, Object::user(user, &row.name)))
            .await?;
        Ok(BegunTotp {
            secret: SecretText(totp.typed()),
            url: SecretText(totp.url().ok_or(ControlError::Ended)?),
        })
    }

    /// Confirms a second factor. From now on logins ask for it.
    ///
    /// # Errors
    /// When the code is wrong, or there is nothing to confirm.
    pub(crate) async fn confirm_totp(
        &self,
        by: &By,
        user: UserId,
        code: &Secret,
    ) -> Result<RecoveryCodes, ControlError> {
        let row = self.store.living_user(user).await?;
        let row = row.ok_or(ControlError::SessionEnded)?;
        if row.has_totp {
            return Err(ControlError::Exists("second factor"));
        }
        self.try_to(Try::Login(&row.name), by.address)?;
        let totp = self.authenticator(&row).await?;
        let step = totp
            .step(code.expose(), (self.clock)())
            .ok_or(ControlError::WrongCode)?;
        self.auth.attempts.lock().succeeded(&row.name);
        let (codes, hashes) = fresh_codes()?;
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        turn.change.confirm_totp(user, (step, now_ms), &hashes).await?;
        turn.touch(user).await?;
        turn.end(Note::new(
            Act::SecondFactorConfirmed,
            Object::user(user, &row.name),
        ))
        .await?;
        Ok(RecoveryCodes {
            recovery_codes: codes.into_iter().map(SecretText).collect(),
        })
    }

    /// Puts new recovery codes in the place of those that are left.
    ///
    /// # Errors
    /// When password or code are wrong, or there is no second factor.
    pub(crate) async fn renew_recovery_codes(
        &self,
        by: &By,
        user: UserId,
        proof: WithPasswordAndCode,
    ) -> Result<RecoveryCodes, ControlError> {
        let row = self.with_every_factor(by, user, proof).await?;
        if !row.has_totp {
            return Err(ControlError::NotFound("second factor"));
        }
        let (codes, hashes) = fresh_codes()?;
        let mut turn = self.turn(by).await?;
        turn.change.renew_recovery_codes(user, &hashes).await?;
        turn.touch(user).await?;
        let object = Object::user(user, &row.name);
        turn.end(Note::new(Act::RecoveryCodesRenewed, object)).await?;
        Ok(RecoveryCodes {
            recovery_codes: codes.into_iter().map(SecretText).collect(),
        })
    }

    /// Takes one's own second factor away.
    ///
    /// # Errors
    /// When password or code are wrong, or there is none.
    pub(crate) async fn disable_totp(
        &self,
        by: &By,
        user: UserId,
        proof: WithPasswordAndCode,
    ) -> Result<(), ControlError> {
        self.with_every_factor(by, user, proof).await?;
        self.reset_totp(by, user).await
    }

    /// Takes a user's second factor away, as an admin does where phone and recovery codes are lost.
    ///
    /// # Errors
    /// When there is no such user, or they have none.
    pub(crate) async fn reset_totp(&self, by: &By, user: UserId) -> Result<(), ControlError> {
        let mut turn = self.turn(by).await?;
        let row = turn.account(user).await?;
        if !turn.change.drop_totp(user).await? {
            return Err(ControlError::NotFound("second factor"));
        }
        turn.touch(user).await?;
        turn.end(Note::new(Act::SecondFactorRemoved, Object::user(user, &row.name)))
            .await
    }
}

/// Recovery codes, and what is kept of them.
fn fresh_codes() -> Result<(Vec<Secret>, Vec<KeyHash>), ControlError> {
    let codes = (0..CODES).map(|_| secret_text::recovery_code());
    let codes: Vec<Secret> = codes.collect::<Result<_, _>>()?;
    let hashes = codes.iter().map(|code| KeyHash::of(code.expose())).collect();
    Ok((codes, hashes))
}
