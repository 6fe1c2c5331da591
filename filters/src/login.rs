//! Logins with username and password, as NovelAI's own clients do them: what is sent instead of the password,
//! and what a session says about itself.
//!
//! Invariant: password and access key are [`Secret`]s; a token that does not say when it ends is not used.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The path of the login, under an image node's base URL. It answers 201.
pub const LOGIN_PATH: &str = "/user/login";

const DOMAIN: &str = "novelai_data_access_key";
/// 2 000 000 bytes, in whole KiB.
const MEMORY_KIB: u32 = 1953;
const PASSES: u32 = 2;
/// Bytes that are derived, and characters of them that are sent.
const LENGTH: usize = 64;
/// Of the password, these many characters are part of the salt.
const SALT_CHARACTERS: usize = 6;

/// The derivation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access key cannot be derived: {0}")]
pub struct DeriveError(argon2::Error);

/// The access key that stands for the password: argon2id over it, salted with BLAKE2b of its beginning, the
/// address exactly as given, and a fixed text. Takes some milliseconds of one CPU and 2 MB.
///
/// # Errors
/// When the password is longer than argon2 takes (4 GiB).
pub fn access_key(email: &str, password: &Secret) -> Result<Secret, DeriveError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(LENGTH)).map_err(DeriveError)?;
    let mut raw = Zeroizing::new([0_u8; LENGTH]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.expose().as_bytes(), &salt(email, password), &mut *raw)
        .map_err(DeriveError)?;
    let mut text = Zeroizing::new(URL_SAFE.encode(raw.as_slice()));
    text.truncate(LENGTH);
    Ok(Secret::new(text.as_str()))
}

fn salt(email: &str, password: &Secret) -> [u8; 16] {
    let mut hash = Blake2b::<U16>::new();
    for character in password.expose().chars().take(SALT_CHARACTERS) {
        hash.update(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    hash.update(email);
    hash.update(DOMAIN);
    hash.finalize().into()
}

/// The spellings of a user name to log in with, in turn: clients do not agree whether the address is made
/// lower-case before the key is derived.
#[must_use]
pub fn spellings(username: &str) -> Vec<String> {
    let typed = username.trim().to_owned();
    let lower = typed.to_lowercase();
    if typed == lower {
        vec![typed]
    } else {
        vec![typed, lower]
    }
}

/// A session, as its token describes it. Nobody but NovelAI can check the token's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The account's id, where the token names it.
    pub account_id: Option<String>,
    /// When the session began, in milliseconds since the Unix epoch.
    pub issued_at: Option<i64>,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    access_token: String,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    id: Option<serde_json::Value>,
}

/// The token in the body of a login's 201 answer, with its session.
#[must_use]
pub fn read_answer(body: &[u8]) -> Option<(Secret, Session)> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let session = read_session(&answer.access_token)?;
    Some((Secret::new(answer.access_token), session))
}

/// The session of a token: its middle part is JSON in base64url.
#[must_use]
pub fn read_session(token: &str) -> Option<Session> {
    let mut parts = token.split('.');
    let (_head, claims) = (parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Some(Session {
        account_id: claims.id.and_then(|id| match id {
            serde_json::Value::String(text) if !text.is_empty() => Some(text),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        }),
        issued_at: claims.iat.and_then(|seconds| seconds.checked_mul(1000)),
        expires_at: claims.exp.checked_mul(1000)?,
    })
}

impl Session {
    /// When to log in again: at about four fifths of the session. `share`, from 0 to 1, moves it by up to a
    /// twentieth of the session to both sides, so that many keys do not log in at once.
    #[must_use]
    pub fn renewal_at(&self, share: f64) -> i64 {
        /// What a session lasts that does not say when it began.
        const USUAL: i64 = 30 * 24 * 3_600_000;
        let issued = self.issued_at.unwrap_or(self.expires_at.saturating_sub(USUAL));
        let lifetime = self.expires_at.saturating_sub(issued).max(0);
        let hundredths = 75 + (share.clamp(0.0, 1.0) * 10.0).round() as i64;
        issued.saturating_add(lifetime / 100 * hundredths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_accounts_access_keys_come_out() {
        for (email, password, key) in [
            (
                "test@example.com",
                "correcthorsebatterystaple",
                "RDrHWS-nV1FSSVypIc45avKDevgPbX9oOcLFN3h-yCeUbTMtgRnhRG6H5FB0N-YS",
            ),
            (
                "User@Example.com",
                "abc",
                "5Is5jJDe8TzgWWD87gA3Xm5GMePJz-HPEj50hppUVdLKpctOXeoHbPYcyqQsReu9",
            ),
        ] {
            assert_eq!(access_key(email, &Secret::new(password)).unwrap().expose(), key);
        }
    }

    #[test]
    fn the_known_salt_comes_out() {
        let salt = salt("test@example.com", &Secret::new("correcthorsebatterystaple"));
        let hex: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "c42cabfdb533b8f1e3a615fb4585692e");
    }

    #[test]
    fn a_name_is_tried_as_typed_and_then_in_lower_case() {
        assert_eq!(
            spellings(" User@Example.com\n"),
            ["User@Example.com", "user@example.com"]
        );
        assert_eq!(spellings("user@example.com"), ["user@example.com"]);
    }

    fn token(claims: &str) -> String {
        format!("eyJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_session_is_read_from_its_token() {
        let read = read_session(&token(r#"{"id":"abc","iat":1000,"exp":3000,"nc":"x"}"#)).unwrap();
        assert_eq!(
            (read.account_id.as_deref(), read.expires_at),
            (Some("abc"), 3_000_000)
        );
        assert_eq!(
            (read.renewal_at(0.5), read.renewal_at(0.0)),
            (2_600_000, 2_500_000)
        );
        let bare = read_session(&token(r#"{"exp":2592000}"#)).unwrap();
        assert_eq!((bare.account_id.clone(), bare.issued_at), (None, None));
        assert_eq!(bare.renewal_at(0.5), 2_592_000_000 / 100 * 80);
    }

    #[test]
    fn a_token_that_does_not_say_when_it_ends_is_none() {
        for text in [
            "",
            "pst-abc",
            "a.b.c",
            "eyJ9.!!!.x",
            &token("{}"),
            &token(r#"{"exp":"soon"}"#),
        ] {
            assert_eq!(read_session(text), None, "{text}");
        }
        for body in ["", "{}", r#"{"accessToken":"nonsense"}"#, r#"{"accessToken":7}"#] {
            assert!(read_answer(body.as_bytes()).is_none(), "{body}");
        }
        let body = format!(r#"{{"accessToken":"{}"}}"#, token(r#"{"exp":3000}"#));
        assert_eq!(read_answer(body.as_bytes()).unwrap().1.expires_at, 3_000_000);
    }
}
