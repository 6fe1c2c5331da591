//! Recognises a second copy of the same credential without keeping anything it could be found from.
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

    /// The fingerprint of a credential at an upstream.
    #[must_use]
    pub fn fingerprint(&self, upstream: &str, credential: &Secret) -> [u8; LEN] {
        let mac = self.0.clone().chain_update((upstream.len() as u64).to_be_bytes());
        let mac = mac
            .chain_update(upstream.as_bytes())
            .chain_update(credential.expose().as_bytes());
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
}
