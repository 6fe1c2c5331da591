//! A pool key's credential: what is sealed of it, and how it is opened again.
//!
//! Invariant: a credential is sealed to its row id, upstream and origins; a login's token is sealed apart from
//! its password, so that neither can stand in for the other. `Debug` shows neither who nor what.

use std::borrow::Cow;
use std::fmt;

use potluck_filters::model::{CredentialError, PoolCredential};
use potluck_filters::secret::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::client_key_text;
use crate::error::StoreError;
use crate::random;
use crate::seal::context::Context;
use crate::seal::envelope::{self, SealError};
use crate::seal::fingerprint::Fingerprints;
use crate::seal::ring::KeyRing;

/// Characters of the longest username or password.
const LONGEST: usize = 1024;

/// What a pool key's sealed part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A token, sent as it is.
    Token,
    /// A username and a password, which log in for a token.
    Login,
}

impl CredentialKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Login => "login",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Token, Self::Login]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A credential as it is brought.
#[derive(Clone, PartialEq, Eq)]
pub enum NewCredential {
    /// A token.
    Token(Secret),
    /// An account's username and password.
    Login {
        /// As its owner types it; blanks around it are dropped.
        username: String,
        /// As its owner types it.
        password: Secret,
    },
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Login { .. } => "Login(…)",
        })
    }
}

/// A credential as it is opened for a probe or a login.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A token.
    Token(Secret),
    /// An account's username and password.
    Login {
        /// As its owner typed it.
        username: String,
        /// As its owner typed it.
        password: Secret,
        /// What it got last, and when that expires in milliseconds since the Unix epoch.
        token: Option<(Secret, i64)>,
    },
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Login { .. } => "Login(…)",
        })
    }
}

/// Why a text cannot be a credential. Says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It cannot be sent.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// It is a client key of a relay like this one, which no upstream takes.
    #[error("this is a client key (np-…), not a key of an upstream")]
    ClientKey,
    /// A login without a username, or with one that cannot be one.
    #[error("the username must be one line of 1 to 1024 characters")]
    Username,
    /// A login without a password, or with one that cannot be one.
    #[error("the password must have 1 to 1024 characters")]
    Password,
}

/// A login as it is sealed.
#[derive(Serialize, Deserialize)]
struct Login<'a> {
    #[serde(borrow)]
    username: Cow<'a, str>,
    #[serde(borrow)]
    password: Cow<'a, str>,
}

impl NewCredential {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Token(_) => CredentialKind::Token,
            Self::Login { .. } => CredentialKind::Login,
        }
    }

    pub(super) fn check(&self) -> Result<(), Unfit> {
        match self {
            Self::Token(token) => check_token(token),
            Self::Login { username, password } => check_login(username.trim(), password.expose()),
        }
    }

    pub(super) fn fingerprint(&self, prints: &Fingerprints, upstream: &str) -> [u8; 32] {
        match self {
            Self::Token(token) => prints.fingerprint(upstream, token),
            Self::Login { username, .. } => prints.login(upstream, username),
        }
    }

    pub(super) fn seal(&self, ring: &KeyRing, place: &Context<'_>) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Token(token) => seal(ring, place, token.expose().as_bytes()),
            Self::Login { username, password } => {
                let login = Login {
                    username: username.trim().into(),
                    password: password.expose().into(),
                };
                // Room for all of it, escaped, so that no part is left behind where the text grew.
                let mut text = Zeroizing::new(Vec::with_capacity(14 * LONGEST));
                serde_json::to_writer(&mut *text, &login).map_err(|_| SealError::Form)?;
                seal(ring, place, &text)
            }
        }
    }
}

fn check_token(token: &Secret) -> Result<(), Unfit> {
    if client_key_text::looks_like_client_key(token.expose()) {
        return Err(Unfit::ClientKey);
    }
    PoolCredential::bearer(token)?;
    Ok(())
}

fn check_login(username: &str, password: &str) -> Result<(), Unfit> {
    let fits = |text: &str| !text.is_empty() && text.chars().count() <= LONGEST;
    if !fits(username) || username.contains(char::is_control) {
        Err(Unfit::Username)
    } else if !fits(password) {
        Err(Unfit::Password)
    } else {
        Ok(())
    }
}

pub(super) fn seal(ring: &KeyRing, place: &Context<'_>, value: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(envelope::seal(ring.current(), &random::bytes()?, place, value)?)
}

/// Opens a token, whether it was brought or logged in for. `None` where what is sealed is no text.
pub(super) fn open_token(
    ring: &KeyRing,
    place: &Context<'_>,
    sealed: &[u8],
) -> Result<Option<Secret>, StoreError> {
    let opened = envelope::open(ring, place, sealed)?;
    Ok(std::str::from_utf8(&opened).ok().map(Secret::new))
}

/// Opens a username and a password. `None` where what is sealed is neither.
pub(super) fn open_login(
    ring: &KeyRing,
    place: &Context<'_>,
    sealed: &[u8],
) -> Result<Option<(String, Secret)>, StoreError> {
    let opened = envelope::open(ring, place, sealed)?;
    let login: Option<Login<'_>> = serde_json::from_slice(&opened).ok();
    Ok(login.map(|login| (login.username.into_owned(), Secret::new(&*login.password))))
}
