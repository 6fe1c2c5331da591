//! Access tokens: short-lived JWTs that name a session. What the session may do is looked up with each call.
//!
//! Invariant: the algorithm is fixed, and so are issuer and audience; a token names the key it was signed with, and a
//! key that is not known signs nothing.

use std::collections::HashMap;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation, decode, decode_header, encode,
};
use potluck_filters::id::UserId;
use potluck_filters::secret::Secret;
use potluck_store::table::signing_keys::SigningKey;
use serde::{Deserialize, Serialize};

use super::hs256;

const AUDIENCE: &str = "potluck-manage";
/// More characters than any of ours has.
const LONGEST: usize = 1024;

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// Whose it is.
    pub(crate) user: UserId,
    /// The session it belongs to.
    pub(crate) session: i64,
    /// When it ends, in Unix time in milliseconds.
    pub(crate) expires_at: i64,
}

/// Why a token says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Signed with a key that is not here; it may be newer than what is.
    UnknownKey,
    /// Good, but its time has passed.
    Expired,
    /// Not one of ours, or changed.
    Bad,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// The session.
    sid: i64,
    /// Seconds, as JWTs have it.
    iat: i64,
    exp: i64,
}

/// The keys of one database's tokens.
pub(crate) struct Keys {
    issuer: String,
    signing: Option<(i64, i64, EncodingKey)>,
    known: HashMap<i64, DecodingKey>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("known", &self.known.keys())
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Of the database with this epoch.
    pub(crate) fn new(epoch: &str, keys: &[SigningKey]) -> Self {
        hs256::install();
        let signing = keys.iter().find(|key| key.retired_at.is_none());
        let signing = signing.map(|key| {
            let secret = EncodingKey::from_secret(key.secret.as_slice());
            (key.id, key.created_at, secret)
        });
        let known = keys
            .iter()
            .map(|key| (key.id, DecodingKey::from_secret(key.secret.as_slice())));
        Self {
            issuer: format!("potluck/{epoch}"),
            signing,
            known: known.collect(),
        }
    }

    /// When the key that signs was made, in Unix time in milliseconds.
    pub(crate) fn signs_since(&self) -> Option<i64> {
        self.signing.as_ref().map(|(_, since, _)| *since)
    }

    /// Signs a token. `None` where there is no key to sign with.
    pub(crate) fn sign(&self, access: Access, now_ms: i64) -> Option<Secret> {
        let (id, _, key) = self.signing.as_ref()?;
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(id.to_string());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: access.user.to_string(),
            sid: access.session,
            iat: now_ms.div_euclid(1000),
            exp: access.expires_at.div_euclid(1000),
        };
        encode(&header, &claims, key).ok().map(Secret::new)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// Why it says nothing.
    pub(crate) fn read(&self, token: &str, now_ms: i64) -> Result<Access, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::Bad);
        }
        let header = decode_header(token).map_err(|_| Refused::Bad)?;
        let id: i64 = header
            .kid
            .as_deref()
            .and_then(|kid| kid.parse().ok())
            .ok_or(Refused::Bad)?;
        let key = self.known.get(&id).ok_or(Refused::UnknownKey)?;
        let TokenData { claims, .. } =
            decode::<Claims>(token, key, &self.rules()).map_err(|_| Refused::Bad)?;
        let user = claims.sub.parse().map_err(|_| Refused::Bad)?;
        let expires_at = claims.exp.saturating_mul(1000);
        if expires_at <= now_ms {
            return Err(Refused::Expired);
        }
        Ok(Access {
            user: UserId(user),
            session: claims.sid,
            expires_at,
        })
    }

    /// The time is compared here, with the clock that is an argument.
    fn rules(&self) -> Validation {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        rules.validate_exp = false;
        rules
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use zeroize::Zeroizing;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn key(id: i64, retired_at: Option<i64>) -> SigningKey {
        SigningKey {
            id,
            secret: Zeroizing::new([id as u8; 32]),
            created_at: id,
            retired_at,
        }
    }

    fn access() -> Access {
        Access {
            user: UserId(7),
            session: 9,
            expires_at: NOW + 60_000,
        }
    }

    #[test]
    fn a_token_says_whose_session_it_is_until_its_time_has_passed() {
        let keys = Keys::new("e", &[key(2, None), key(1, Some(5))]);
        let token = keys.sign(access(), NOW).unwrap();
        assert_eq!(keys.read(token.expose(), NOW), Ok(access()));
        assert_eq!(keys.read(token.expose(), NOW + 59_999), Ok(access()));
        assert_eq!(keys.read(token.expose(), NOW + 60_000), Err(Refused::Expired));
        assert_eq!(keys.signs_since(), Some(2));
    }

    #[test]
    fn a_retired_key_still_reads_and_a_forgotten_one_does_not() {
        let token = Keys::new("e", &[key(1, None)]).sign(access(), NOW).unwrap();
        let rotated = Keys::new("e", &[key(2, None), key(1, Some(5))]);
        assert_eq!(rotated.read(token.expose(), NOW), Ok(access()));
        let forgotten = Keys::new("e", &[key(2, None)]);
        assert_eq!(forgotten.read(token.expose(), NOW), Err(Refused::UnknownKey));
        assert!(Keys::new("e", &[key(1, Some(5))]).sign(access(), NOW).is_none());
    }

    #[test]
    fn another_databases_token_and_a_changed_one_say_nothing() {
        let keys = Keys::new("e", &[key(1, None)]);
        let token = keys.sign(access(), NOW).unwrap();
        let other = Keys::new("f", &[key(1, None)]);
        assert_eq!(other.read(token.expose(), NOW), Err(Refused::Bad));
        let parts: Vec<&str> = token.expose().split('.').collect();
        let with = |header: &str, claims: &str, signature: &str| format!("{header}.{claims}.{signature}");
        let claims = URL_SAFE_NO_PAD.encode(
            r#"{"iss":"potluck/e","aud":"potluck-manage","sub":"1","sid":9,"iat":1,"exp":9999999999}"#,
        );
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"1"}"#);
        let longer = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512","kid":"1"}"#);
        for wrong in [
            with(parts[0], &claims, parts[2]),
            with(&none, &claims, ""),
            with(&none, parts[1], parts[2]),
            with(&longer, parts[1], parts[2]),
            with(parts[0], parts[1], ""),
            with(parts[0], parts[1], "AAAA"),
            String::new(),
            "ey.ey.ey".to_owned(),
            "x".repeat(LONGEST + 1),
        ] {
            assert_eq!(keys.read(&wrong, NOW), Err(Refused::Bad), "{wrong}");
        }
    }
}
