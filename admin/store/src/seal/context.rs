//! What an envelope is bound to, as the bytes that AES-GCM authenticates beside the ciphertext.
//!
//! Invariant: two different contexts never have the same bytes (each part carries its length), and the order
//! in which origins are named does not matter.

/// The place of a sealed value. Moved to any other place, it cannot be opened.
#[derive(Clone, Copy, Debug)]
pub enum Context<'a> {
    /// A pool key's credential.
    PoolKey {
        /// Row id.
        id: i64,
        /// The upstream's name.
        upstream: &'a str,
        /// The `host:port` origins it may be sent to.
        origins: &'a [Box<str>],
    },
    /// The token that a pool key's login got.
    PoolKeyToken {
        /// Row id.
        id: i64,
        /// The upstream's name.
        upstream: &'a str,
        /// The `host:port` origins it may be sent to.
        origins: &'a [Box<str>],
    },
    /// What an outbound proxy is logged in with.
    OutboundProxy {
        /// Row id.
        id: i64,
        /// The proxy's `host:port`.
        origin: &'a str,
    },
    /// What access tokens are signed with.
    SigningKey {
        /// Row id.
        id: i64,
    },
    /// The secret of a user's second factor.
    Totp {
        /// The user's id.
        user: i64,
    },
    /// Where a webhook is, and what it is told is signed with.
    AlertTarget {
        /// Row id.
        id: i64,
    },
    /// The root of all fingerprints of the database with this epoch.
    FingerprintRoot {
        /// The database's epoch.
        epoch: &'a str,
    },
}

impl Context<'_> {
    /// The canonical encoding.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut to = Vec::with_capacity(128);
        match self {
            Self::PoolKey {
                id,
                upstream,
                origins,
            } => bound(&mut to, b"potluck pool key v1", *id, upstream, origins),
            Self::PoolKeyToken {
                id,
                upstream,
                origins,
            } => bound(&mut to, b"potluck pool key token v1", *id, upstream, origins),
            Self::OutboundProxy { id, origin } => {
                part(&mut to, b"potluck outbound proxy v1");
                part(&mut to, &id.to_be_bytes());
                part(&mut to, origin.as_bytes());
            }
            Self::SigningKey { id } => {
                part(&mut to, b"potluck signing key v1");
                part(&mut to, &id.to_be_bytes());
            }
            Self::Totp { user } => {
                part(&mut to, b"potluck second factor v1");
                part(&mut to, &user.to_be_bytes());
            }
            Self::AlertTarget { id } => {
                part(&mut to, b"potluck alert target v1");
                part(&mut to, &id.to_be_bytes());
            }
            Self::FingerprintRoot { epoch } => {
                part(&mut to, b"potluck fingerprint root v1");
                part(&mut to, epoch.as_bytes());
            }
        }
        to
    }
}

fn bound(to: &mut Vec<u8>, label: &[u8], id: i64, upstream: &str, origins: &[Box<str>]) {
    part(to, label);
    part(to, &id.to_be_bytes());
    part(to, upstream.as_bytes());
    sorted(origins)
        .iter()
        .for_each(|origin| part(to, origin.as_bytes()));
}

fn sorted(origins: &[Box<str>]) -> Vec<&str> {
    let mut sorted: Vec<&str> = origins.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

fn part(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    to.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(id: i64, upstream: &str, origins: &[&str]) -> Vec<u8> {
        let origins: Vec<Box<str>> = origins.iter().map(|&o| o.into()).collect();
        Context::PoolKey {
            id,
            upstream,
            origins: &origins,
        }
        .bytes()
    }

    #[test]
    fn the_order_of_origins_does_not_matter() {
        assert_eq!(
            bytes(1, "u", &["a:1", "b:2"]),
            bytes(1, "u", &["b:2", "a:1", "a:1"])
        );
    }

    #[test]
    fn every_part_matters_and_parts_do_not_run_together() {
        let one = bytes(1, "u", &["a:1"]);
        for other in [
            bytes(2, "u", &["a:1"]),
            bytes(1, "v", &["a:1"]),
            bytes(1, "u", &["a:2"]),
            bytes(1, "u", &["a:1", "b:2"]),
            bytes(1, "ua", &[":1"]),
            Context::FingerprintRoot { epoch: "u" }.bytes(),
            Context::SigningKey { id: 1 }.bytes(),
            Context::Totp { user: 1 }.bytes(),
            Context::OutboundProxy { id: 1, origin: "a:1" }.bytes(),
            Context::PoolKeyToken {
                id: 1,
                upstream: "u",
                origins: &["a:1".into()],
            }
            .bytes(),
        ] {
            assert_ne!(one, other);
        }
    }
}
