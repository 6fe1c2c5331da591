//! Recognises a second copy of the same credential, or a second key of the same account, without keeping anything it could be found from.
//!
//! Invariant: the root is drawn once per database and is not derived from a sealing key, so that fingerprints
//! stay comparable when sealing keys are changed.

use hmac::{Hmac, KeyInit, Mac};
use potluck_filters::secret::Secret;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of the root, and of a fingerprint.
pub const LEN: usize = 32;

const LABEL: &[u8] = b"potluck pool key fingerprint v1";

/// Makes fingerprints of one database's pool keys.
#[derive(Clone)]
pub struct Fingerprints(Hmac<Sha256>);

impl std::fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprints(…)")
    }
}

impl Fingerprints {
    /// Derives the key of this use from the root.
    #[must_use]
    pub fn of(root: &[u8; LEN]) -> Self {
        let derived = keyed(root).chain_update(LABEL).finalize().into_bytes();
        let derived: Zeroizing<[u8; LEN]> = Zeroizing::new(derived.into());
        Self(keyed(&derived))
    }

    /// The fingerprint of a token at an upstream.
    #[must_use]
    pub fn fingerprint(&self, upstream: &str, token: &Secret) -> [u8; LEN] {
        self.print(upstream, b"", token.expose())
    }

    /// The fingerprint of a login at an upstream: of its username, however that is spelled.
    #[must_use]
    pub fn login(&self, upstream: &str, username: &str) -> [u8; LEN] {
        let username = Zeroizing::new(username.trim().to_lowercase());
        self.print(upstream, b"login\0", &username)
    }

    /// The fingerprint of an account at an upstream, by the id that the upstream gives it.
    #[must_use]
    pub fn account(&self, upstream: &str, id: &str) -> [u8; LEN] {
        self.print(upstream, b"account\0", id)
    }

    /// What belongs to a session and to no other. No upstream has an empty name.
    #[must_use]
    pub fn session(&self, id: i64) -> [u8; LEN] {
        self.print("", b"session\0", &id.to_string())
    }

    /// What belongs to a request's hash and to no other: a hash alone could be found from a guessed password in it.
    #[must_use]
    pub fn request(&self, hash: &[u8; LEN]) -> [u8; LEN] {
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.print("", b"request\0", &hex)
    }

    /// No token holds a zero byte, so what stands before one cannot be mistaken for a token.
    fn print(&self, upstream: &str, kind: &[u8], text: &str) -> [u8; LEN] {
        let mac = self.0.clone().chain_update((upstream.len() as u64).to_be_bytes());
        let mac = mac
            .chain_update(upstream.as_bytes())
            .chain_update(kind)
            .chain_update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of every length (RFC 2104, section 2)"
)]
fn keyed(key: &[u8; LEN]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_credential_at_the_same_upstream_is_recognised_and_nothing_else() {
        let prints = Fingerprints::of(&[1; LEN]);
        let one = prints.fingerprint("novelai", &Secret::new("pst-a"));
        assert_eq!(
            one,
            Fingerprints::of(&[1; LEN]).fingerprint("novelai", &Secret::new("pst-a"))
        );
        assert_ne!(one, prints.fingerprint("novelai", &Secret::new("pst-b")));
        assert_ne!(one, prints.fingerprint("vercel", &Secret::new("pst-a")));
        assert_ne!(one, prints.fingerprint("novelaip", &Secret::new("st-a")));
        assert_ne!(
            one,
            Fingerprints::of(&[2; LEN]).fingerprint("novelai", &Secret::new("pst-a"))
        );
    }

    #[test]
    fn a_login_is_recognised_by_its_username_and_is_no_token_and_no_account() {
        let prints = Fingerprints::of(&[1; LEN]);
        let one = prints.login("novelai", "Me@Example.org");
        assert_eq!(one, prints.login("novelai", " me@example.org "));
        assert_ne!(one, prints.login("novelai", "you@example.org"));
        assert_ne!(one, prints.fingerprint("novelai", &Secret::new("me@example.org")));
        assert_ne!(one, prints.account("novelai", "me@example.org"));
    }
}
