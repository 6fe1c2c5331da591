//! A contributed upstream credential, as an edge holds it: in memory only, ready to be injected.

use std::sync::Arc;

use http::HeaderValue;
use memchr::memmem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, Caps, Credit};
use crate::id::{OutboundProxyId, PoolKeyId, UserId};
use crate::secret::Secret;

const SCHEME: &str = "Bearer ";

/// A bearer credential with its `Authorization` value made once, when the snapshot is built.
#[derive(Clone, PartialEq, Eq)]
pub struct PoolCredential {
    authorization: HeaderValue,
}

/// Why a text cannot be sent as a bearer credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Nothing between the blanks.
    #[error("the key is empty")]
    Empty,
    /// Blanks or characters that no header may carry.
    #[error("the key has blanks or characters that cannot stand in a header")]
    Characters,
}

impl PoolCredential {
    /// Prepares the header value `Bearer <secret>`.
    ///
    /// # Errors
    /// When the secret is empty or cannot stand in a header.
    pub fn bearer(secret: &Secret) -> Result<Self, CredentialError> {
        let text = secret.expose();
        if text.is_empty() {
            return Err(CredentialError::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CredentialError::Characters);
        }
        let value = zeroize::Zeroizing::new(format!("{SCHEME}{text}"));
        let mut authorization = HeaderValue::from_str(&value).map_err(|_| CredentialError::Characters)?;
        authorization.set_sensitive(true);
        Ok(Self { authorization })
    }

    /// Whether the key's text stands in these bytes: some upstreams repeat what they were sent.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        // Most values are shorter than any key, and preparing a search costs more than this look.
        bytes.len() >= self.text().len() && memmem::find(bytes, self.text()).is_some()
    }

    /// Puts asterisks where the key's text stands; nothing else changes, lengths neither.
    pub fn blot_out(&self, bytes: &mut [u8]) {
        let places: Vec<usize> = memmem::find_iter(bytes, self.text()).collect();
        for place in places {
            let end = place + self.text().len();
            bytes.get_mut(place..end).unwrap_or_default().fill(b'*');
        }
    }

    fn text(&self) -> &[u8] {
        self.authorization
            .as_bytes()
            .get(SCHEME.len()..)
            .unwrap_or_default()
    }

    /// The `Authorization` value; its `Debug` form is masked.
    #[must_use]
    pub fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }
}

impl std::fmt::Debug for PoolCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PoolCredential(…)")
    }
}

/// What is known about a pool key for longer than minutes; how it fares from minute to minute is the
/// pool's to know. See [`crate::life`] for how one state follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolKeyState {
    /// Brought, and not yet found to work. Does not serve.
    Pending,
    /// May serve.
    Healthy,
    /// Refused, and a probe agreed. Does not serve; is probed again and again.
    Invalid,
    /// Held back by its contributor or an admin.
    Paused,
    /// Taken out for ever; its ciphertext is gone.
    Withdrawn,
}

/// A pool key as the edge needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolKey {
    /// Row id; names the key's leases and cool-downs across reloads.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: Arc<str>,
    /// Who brought it.
    pub contributor: UserId,
    /// Whether the contributor is an operator (admin) of this pool.
    pub operator_owned: bool,
    /// Requests in flight at once; `None` takes the upstream's setting.
    pub concurrency: Option<u32>,
    /// The exact `host:port` origins it may be sent to, as named when it was brought.
    pub origins: Arc<[Box<str>]>,
    /// What is injected.
    pub credential: PoolCredential,
    /// What the last probe said of a NovelAI account; `None` before the first.
    pub account: Option<Account>,
    /// What is left behind it, as its upstream told it last; `None` where not known.
    pub credit: Option<Credit>,
    /// What the contributor allows.
    pub caps: Caps,
    /// Outbound proxies that its requests leave through, in place of its upstream's; empty: none.
    pub egress: Option<Arc<[OutboundProxyId]>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_is_blotted_out_wherever_it_stands() {
        let key = PoolCredential::bearer(&Secret::new("pst-abc")).unwrap();
        let mut text = b"Bearer pst-abc, again pst-abc; not pst-ab".to_vec();
        assert!(key.is_in(&text));
        key.blot_out(&mut text);
        assert_eq!(text, b"Bearer *******, again *******; not pst-ab");
        assert!(!key.is_in(&text));
    }
}
