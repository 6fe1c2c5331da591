//! Who a bearer token stands for: persistent tokens and login sessions.
//!
//! Invariant: an account has at most one persistent token; a new one ends the old. Secrets are never shown by Debug.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use blake2::{Blake2b, Digest, digest::consts::U32};
use rand::{RngExt, distr::Alphanumeric};
use serde_json::json;

use super::Holder;

/// What kind of token it is, for some paths take only sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Persistent,
    /// Until so many seconds after 1970.
    Session {
        expires: u64,
    },
}

#[derive(Default)]
pub(crate) struct Tokens {
    grants: HashMap<String, (Holder, Kind)>,
}

/// The account has a persistent token already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exists;

impl Tokens {
    /// The account behind a token that is known and has not expired.
    pub(crate) fn find(&self, token: &str) -> Option<(Holder, Kind)> {
        let (holder, kind) = self.grants.get(token)?;
        match kind {
            Kind::Persistent => {}
            Kind::Session { expires } if *expires > unix_now() => {}
            Kind::Session { .. } => return None,
        }
        Some((holder.clone(), *kind))
    }

    /// Puts in a token that somebody already has.
    pub(crate) fn insert_persistent(&mut self, token: String, holder: Holder) {
        self.grants.insert(token, (holder, Kind::Persistent));
    }

    /// Makes a new persistent token; with `overwrite` it takes the place of the old one.
    pub(crate) fn create_persistent(&mut self, holder: &Holder, overwrite: bool) -> Result<String, Exists> {
        let has_one = self
            .grants
            .values()
            .any(|(of, kind)| of.is(holder) && *kind == Kind::Persistent);
        if has_one && !overwrite {
            return Err(Exists);
        }
        self.revoke(holder, |kind| kind == Kind::Persistent);
        let token = format!("pst-{}", letters(64));
        self.insert_persistent(token.clone(), holder.clone());
        Ok(token)
    }

    /// Opens a session: a token in the shape of a JWT.
    pub(crate) fn open_session(&mut self, holder: &Holder, lifetime: Duration) -> String {
        let issued = unix_now();
        let expires = issued.saturating_add(lifetime.as_secs());
        let token = jwt(&json!({ "id": holder.id(), "nc": letters(12), "iat": issued, "exp": expires }));
        self.grants
            .insert(token.clone(), (holder.clone(), Kind::Session { expires }));
        token
    }

    /// Takes away those of an account's tokens that `which` names.
    pub(crate) fn revoke(&mut self, holder: &Holder, which: impl Fn(Kind) -> bool) {
        self.grants
            .retain(|_, (of, kind)| !(of.is(holder) && which(*kind)));
    }
}

/// Nobody outside can check the signature, so a keyless hash stands for it; `nc` keeps tokens from being guessed.
fn jwt(claims: &serde_json::Value) -> String {
    let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signature = URL_SAFE_NO_PAD.encode(Blake2b::<U32>::digest(format!("{head}.{claims}")));
    format!("{head}.{claims}.{signature}")
}

fn letters(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}

pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("count", &self.grants.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::novelai::Account;

    fn holder() -> Holder {
        Holder::new("id".to_owned(), Account::opus("a@example.com", "pst-a"))
    }

    #[test]
    fn a_session_looks_like_a_jwt_and_ends() {
        let (mut tokens, holder) = (Tokens::default(), holder());
        let token = tokens.open_session(&holder, Duration::from_secs(3600));
        assert!(token.starts_with("eyJ"));
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
            3600
        );
        assert!(tokens.find(&token).is_some());
        let ended = tokens.open_session(&holder, Duration::ZERO);
        assert!(tokens.find(&ended).is_none());
    }

    #[test]
    fn a_new_persistent_token_ends_the_old_one() {
        let (mut tokens, holder) = (Tokens::default(), holder());
        let first = tokens.create_persistent(&holder, false).unwrap();
        assert_eq!(first.len(), 4 + 64);
        assert_eq!(tokens.create_persistent(&holder, false), Err(Exists));
        let second = tokens.create_persistent(&holder, true).unwrap();
        assert!(tokens.find(&first).is_none());
        assert!(tokens.find(&second).is_some());
    }
}
