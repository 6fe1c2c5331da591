//! Whose client key is this? Decided by one hash and one look-up in the snapshot.
//!
//! The key may come in `Authorization: Bearer`, in `x-api-key`, or in a WebSocket's subprotocol as
//! `openai-insecure-api-key.<key>` (browsers can set no other header there). The first found counts.

use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderName};

use crate::model::{ClientKey, ClientKeyState, KeyHash, User};
use crate::rejection::Code;
use crate::snapshot::Snapshot;

/// The subprotocol that carries a key, up to the key.
pub const WEBSOCKET_KEY_PREFIX: &str = "openai-insecure-api-key.";

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A key longer than this is nobody's: it is refused before it is hashed.
const LONGEST_KEY: usize = 512;

/// A client key that may be used, with its user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identity<'a> {
    /// The key.
    pub key: &'a ClientKey,
    /// Its owner.
    pub user: &'a User,
    /// Whether it came by a text that the key had before.
    pub former: bool,
}

/// The client key as it was sent, wherever it was sent.
#[must_use]
pub fn presented(headers: &HeaderMap) -> Option<&str> {
    bearer(headers)
        .or_else(|| text(headers, &X_API_KEY))
        .or_else(|| subprotocol(headers))
}

/// Looks a presented key up. `unix_ms` is the wall clock.
///
/// # Errors
/// The code that says why the key cannot be used; each reason has its own.
pub fn authenticate<'a>(snapshot: &'a Snapshot, presented: &str, unix_ms: i64) -> Result<Identity<'a>, Code> {
    if presented.len() > LONGEST_KEY {
        return Err(Code::UnknownKey);
    }
    let (key, former) = find(snapshot, &KeyHash::of(presented), unix_ms)?;
    match key.state {
        ClientKeyState::Active => {}
        ClientKeyState::Disabled => return Err(Code::DisabledKey),
        ClientKeyState::Revoked => return Err(Code::RevokedKey),
    }
    if key.expires_at.is_some_and(|end| end <= unix_ms) {
        return Err(Code::ExpiredKey);
    }
    let user = snapshot.user(key.user).ok_or(Code::UnknownKey)?;
    if user.enabled {
        Ok(Identity { key, user, former })
    } else {
        Err(Code::UserDisabled)
    }
}

/// By the text that a key has now, or by one that it had before and that still works; and whether it was that.
fn find<'a>(snapshot: &'a Snapshot, hash: &KeyHash, unix_ms: i64) -> Result<(&'a ClientKey, bool), Code> {
    if let Some(key) = snapshot.client_key(hash) {
        return Ok((key, false));
    }
    let former = snapshot.former_text(hash).ok_or(Code::UnknownKey)?;
    let key = snapshot.client_key(&former.now).ok_or(Code::UnknownKey)?;
    if former.until > unix_ms || key.state == ClientKeyState::Revoked {
        Ok((key, true))
    } else {
        Err(Code::ExpiredKey)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers
        .get(name)?
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = text(headers, &AUTHORIZATION)?;
    let (scheme, key) = value.split_once(' ')?;
    Some(key.trim()).filter(|key| scheme.eq_ignore_ascii_case("bearer") && !key.is_empty())
}

fn subprotocol(headers: &HeaderMap) -> Option<&str> {
    let offered = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|v| v.to_str().ok());
    let mut offered = offered.flat_map(|v| v.split(','));
    offered.find_map(|protocol| protocol.trim().strip_prefix(WEBSOCKET_KEY_PREFIX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::id::{ClientKeyId, Revision, UserId};
    use crate::limit::Limit;
    use crate::model::FormerText;
    use crate::snapshot::Draft;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_key_is_found_in_each_place() {
        for pairs in [
            &[("authorization", "Bearer np-1")][..],
            &[("authorization", "bearer   np-1 ")],
            &[("x-api-key", "np-1")],
            &[("authorization", "Basic abc"), ("x-api-key", "np-1")],
            &[(
                "sec-websocket-protocol",
                "realtime, openai-insecure-api-key.np-1, v1",
            )],
        ] {
            assert_eq!(presented(&headers(pairs)), Some("np-1"), "{pairs:?}");
        }
        for pairs in [
            &[][..],
            &[("authorization", "Bearer ")],
            &[("authorization", "np-1")],
        ] {
            assert_eq!(presented(&headers(pairs)), None, "{pairs:?}");
        }
    }

    fn snapshot(change: impl Fn(&mut ClientKey, &mut User)) -> Snapshot {
        let mut user = User::new(UserId(1));
        let mut key = ClientKey {
            id: ClientKeyId(1),
            user: UserId(1),
            hash: KeyHash::of("np-1"),
            state: ClientKeyState::Active,
            expires_at: Some(1_000),
            rate_limit: Limit::Unlimited,
            concurrency: Limit::Unlimited,
            anlas_per_day: Limit::Unlimited,
            models: None,
            addresses: None,
        };
        change(&mut key, &mut user);
        let (users, client_keys) = (vec![user], vec![key]);
        let layout = Arc::default();
        Snapshot::build(Draft {
            revision: Revision(1),
            layout,
            users,
            client_keys,
            former_texts: vec![FormerText {
                hash: KeyHash::of("np-0"),
                now: KeyHash::of("np-1"),
                until: 500,
            }],
            ..Draft::default()
        })
        .unwrap()
    }

    #[test]
    fn a_former_text_is_told_from_the_present_one() {
        let snapshot = snapshot(|_, _| {});
        let former = |sent| authenticate(&snapshot, sent, 0).map(|found| found.former);
        assert_eq!((former("np-1"), former("np-0")), (Ok(false), Ok(true)));
    }

    #[test]
    fn each_reason_has_its_own_code() {
        check(|_, _| {}, "np-1", 999, Ok(ClientKeyId(1)));
        check(|_, _| {}, "np-1", 1_000, Err(Code::ExpiredKey));
        check(|_, _| {}, "np-2", 0, Err(Code::UnknownKey));
        check(|_, _| {}, "np-0", 499, Ok(ClientKeyId(1)));
        check(|_, _| {}, "np-0", 500, Err(Code::ExpiredKey));
        check(|_, _| {}, &"n".repeat(10_000), 0, Err(Code::UnknownKey));
        check(
            |key, _| key.state = ClientKeyState::Disabled,
            "np-1",
            0,
            Err(Code::DisabledKey),
        );
        check(
            |key, _| key.state = ClientKeyState::Revoked,
            "np-1",
            0,
            Err(Code::RevokedKey),
        );
        check(|_, user| user.enabled = false, "np-1", 0, Err(Code::UserDisabled));
        fn check(
            change: impl Fn(&mut ClientKey, &mut User),
            key: &str,
            now: i64,
            expected: Result<ClientKeyId, Code>,
        ) {
            let snapshot = snapshot(change);
            assert_eq!(
                authenticate(&snapshot, key, now).map(|found| found.key.id),
                expected
            );
        }
    }
}
