//! The chain of the audit log: each entry's mac covers the entry and the mac before it.
//!
//! Invariant: two different entries never have the same bytes under the mac (each part carries its length, and an
//! absent one differs from an empty one); the key comes from the root of the database, so that it stays when
//! sealing keys are changed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::fingerprint::LEN;

/// A mac of the chain.
pub type Link = [u8; LEN];

/// What stands before the first entry.
pub const BEGINNING: Link = [0; LEN];

const ENTRIES: &[u8] = b"potluck audit entries v1";
const HEAD: &[u8] = b"potluck audit head v1";

/// Makes the macs of one database's audit log.
#[derive(Clone)]
pub struct Chain {
    entries: Hmac<Sha256>,
    head: Hmac<Sha256>,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chain(…)")
    }
}

/// A part of an entry, as the mac covers it.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A number, or none.
    Number(Option<i64>),
    /// A text, or none.
    Text(Option<&'a str>),
}

impl Chain {
    /// Derives the keys of this use from the root.
    #[must_use]
    pub fn of(root: &[u8; LEN]) -> Self {
        Self {
            entries: derived(root, ENTRIES),
            head: derived(root, HEAD),
        }
    }

    /// The mac of an entry that follows one with the mac `before`.
    #[must_use]
    pub fn link(&self, before: &Link, parts: &[Part<'_>]) -> Link {
        let mut mac = self.entries.clone().chain_update(before);
        for part in parts {
            match part {
                Part::Number(number) => mac.update(&tagged(
                    number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice),
                )),
                Part::Text(text) => mac.update(&tagged(text.map(str::as_bytes))),
            }
        }
        mac.finalize().into_bytes().into()
    }

    /// What stands for the whole log: how many entries it has, and the last one's mac.
    #[must_use]
    pub fn head(&self, entries: i64, last: &Link) -> Link {
        let mac = self.head.clone().chain_update(entries.to_be_bytes());
        mac.chain_update(last).finalize().into_bytes().into()
    }
}

/// Whether it is there, how long it is, and what it is.
fn tagged(bytes: Option<&[u8]>) -> Vec<u8> {
    let Some(bytes) = bytes else { return vec![0] };
    let mut tagged = vec![1];
    tagged.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    tagged.extend_from_slice(bytes);
    tagged
}

fn derived(root: &[u8; LEN], label: &[u8]) -> Hmac<Sha256> {
    let key = keyed(root).chain_update(label).finalize().into_bytes();
    let key: Zeroizing<[u8; LEN]> = Zeroizing::new(key.into());
    keyed(&key)
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
    fn every_part_its_place_and_the_link_before_matter() {
        let chain = Chain::of(&[1; LEN]);
        let link = |before: &Link, parts: &[Part<'_>]| chain.link(before, parts);
        let parts = [Part::Text(Some("ab")), Part::Number(Some(1)), Part::Text(None)];
        let one = link(&BEGINNING, &parts);
        assert_eq!(one, Chain::of(&[1; LEN]).link(&BEGINNING, &parts));
        for (before, parts) in [
            ([2; LEN], parts),
            (
                BEGINNING,
                [
                    Part::Text(Some("a")),
                    Part::Number(Some(1)),
                    Part::Text(Some("b")),
                ],
            ),
            (
                BEGINNING,
                [Part::Text(Some("ab")), Part::Number(Some(2)), Part::Text(None)],
            ),
            (
                BEGINNING,
                [Part::Text(Some("ab")), Part::Number(None), Part::Text(None)],
            ),
            (
                BEGINNING,
                [
                    Part::Text(Some("ab")),
                    Part::Number(Some(1)),
                    Part::Text(Some("")),
                ],
            ),
        ] {
            assert_ne!(one, link(&before, &parts));
        }
        assert_ne!(one, Chain::of(&[2; LEN]).link(&BEGINNING, &parts));
    }

    #[test]
    fn a_head_cannot_be_told_from_an_entrys_own_mac() {
        let chain = Chain::of(&[1; LEN]);
        let last = chain.link(&BEGINNING, &[]);
        let head = chain.head(1, &last);
        assert_ne!(head, last);
        assert_ne!(head, chain.head(2, &last));
        assert_ne!(head, chain.head(1, &BEGINNING));
    }
}
