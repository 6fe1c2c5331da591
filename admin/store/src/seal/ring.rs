//! The keys that seal pool keys: one that seals now, and older ones that can still open.
//!
//! Invariant: a key that anybody could guess is refused here, before anything is sealed with it; no message
//! carries a key.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use potluck_filters::secret::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes of an AES-256 key.
const KEY_LEN: usize = 32;

/// Keeps an id of a sealing key apart from every other hash of the same bytes.
const ID_LABEL: &[u8] = b"potluck sealing key id v1\0";

/// Random keys have about 30 different bytes in 32, and fewer than 20 about never.
const LEAST_DIFFERENT_BYTES: usize = 20;

/// Names a sealing key without telling anything of it. Part of every envelope.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Why a text cannot be a sealing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Nothing there.
    #[error("is empty; make one with `potluck secrets generate`")]
    Empty,
    /// Not base64, or of another length.
    #[error("is not 32 bytes in base64; make one with `potluck secrets generate`")]
    Form,
    /// Bytes that no random source gives.
    #[error("is guessable (repeated, counted or typed bytes); make one with `potluck secrets generate`")]
    Weak,
}

/// One sealing key, ready for use.
#[derive(Clone)]
pub struct SealingKey {
    pub(crate) id: KeyId,
    pub(crate) cipher: Aes256Gcm,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

impl SealingKey {
    fn parse(text: &str) -> Result<Self, RingError> {
        let bytes = decode(text)?;
        if is_weak(&bytes) {
            Err(RingError::Weak)
        } else {
            Ok(Self::of(&bytes))
        }
    }

    fn of(bytes: &[u8; KEY_LEN]) -> Self {
        let hash = Sha256::new()
            .chain_update(ID_LABEL)
            .chain_update(bytes)
            .finalize();
        let mut id = [0; 8];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Self {
            id: KeyId(id),
            cipher: Aes256Gcm::new(bytes.into()),
        }
    }
}

/// The key that seals, and those that only open.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: SealingKey,
    old: Vec<SealingKey>,
}

impl KeyRing {
    /// Reads the current key and, parted by commas or blanks, older ones. Each is 32 bytes in base64 of either
    /// alphabet, padded or not.
    ///
    /// # Errors
    /// When one of them is no key or a guessable one.
    pub fn parse(current: &Secret, old: Option<&Secret>) -> Result<Self, RingError> {
        let current = SealingKey::parse(current.expose())?;
        let old = old.map_or("", Secret::expose).split([',', ' ', '\t', '\n', '\r']);
        let old = old
            .filter(|text| !text.is_empty())
            .map(SealingKey::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { current, old })
    }

    /// Writes 32 random bytes as [`KeyRing::parse`] reads them.
    #[must_use]
    pub fn key_text(random: &[u8; KEY_LEN]) -> Secret {
        Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
    }

    /// The key that seals.
    #[must_use]
    pub fn current(&self) -> &SealingKey {
        &self.current
    }

    /// The key of that id.
    #[must_use]
    pub fn key(&self, id: KeyId) -> Option<&SealingKey> {
        self.keys().find(|key| key.id == id)
    }

    /// The ids of all keys, the current one first, for messages.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys().map(|key| key.id).collect()
    }

    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.current).chain(&self.old)
    }
}

fn decode(text: &str) -> Result<Zeroizing<[u8; KEY_LEN]>, RingError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RingError::Empty);
    }
    let alphabet = if text.contains(['-', '_']) {
        &alphabet::URL_SAFE
    } else {
        &alphabet::STANDARD
    };
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(alphabet, padding)
        .decode(text)
        .map_err(|_| RingError::Form)?;
    let bytes = Zeroizing::new(bytes);
    Ok(Zeroizing::new(
        bytes.as_slice().try_into().map_err(|_| RingError::Form)?,
    ))
}

/// Bytes that are too few, that count, or that were typed on a keyboard. A random key is any of these with a
/// chance below one in ten thousand million.
fn is_weak(bytes: &[u8; KEY_LEN]) -> bool {
    let mut sorted = Zeroizing::new(*bytes);
    sorted.sort_unstable();
    let different = 1 + sorted
        .iter()
        .zip(sorted.iter().skip(1))
        .filter(|(a, b)| a != b)
        .count();
    let typed = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    different < LEAST_DIFFERENT_BYTES || typed || counts(bytes)
}

fn counts(bytes: &[u8; KEY_LEN]) -> bool {
    let mut steps = bytes
        .iter()
        .zip(bytes.iter().skip(1))
        .map(|(a, b)| b.wrapping_sub(*a));
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// 32 bytes that look random and differ by `seed`.
    pub(crate) fn key_text(seed: u8) -> Secret {
        KeyRing::key_text(&Sha256::digest([seed]).into())
    }

    pub(crate) fn ring(seed: u8) -> KeyRing {
        KeyRing::parse(&key_text(seed), None).unwrap()
    }

    fn refused(bytes: &[u8; 32]) -> RingError {
        KeyRing::parse(&KeyRing::key_text(bytes), None).unwrap_err()
    }

    #[test]
    fn either_alphabet_is_read_padded_or_not() {
        let bytes: [u8; 32] = Sha256::digest([4]).into();
        let id = SealingKey::of(&bytes).id;
        let standard = base64::engine::general_purpose::STANDARD.encode(bytes);
        for text in [
            standard.clone(),
            standard.trim_end_matches('=').to_owned(),
            format!(" {standard}\n"),
        ] {
            assert_eq!(KeyRing::parse(&Secret::new(text), None).unwrap().current().id, id);
        }
        assert_eq!(KeyRing::parse(&key_text(4), None).unwrap().current().id, id);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (text, error) in [
            ("", RingError::Empty),
            ("c2hvcnQ=", RingError::Form),
            ("not base64!", RingError::Form),
        ] {
            assert_eq!(
                KeyRing::parse(&Secret::new(text), None).unwrap_err(),
                error,
                "{text}"
            );
        }
    }

    #[test]
    fn guessable_keys_are_refused() {
        assert_eq!(refused(&[0; 32]), RingError::Weak);
        assert_eq!(refused(&[255; 32]), RingError::Weak);
        assert_eq!(refused(&std::array::from_fn(|i| i as u8)), RingError::Weak);
        assert_eq!(
            refused(&std::array::from_fn(|i| (i % 16) as u8 * 13)),
            RingError::Weak
        );
        assert_eq!(refused(b"correct-HORSE_battery.staple/42!"), RingError::Weak);
    }

    #[test]
    fn a_weak_old_key_is_refused_too() {
        let old = KeyRing::key_text(&[7; 32]);
        assert_eq!(
            KeyRing::parse(&key_text(1), Some(&old)).unwrap_err(),
            RingError::Weak
        );
    }

    #[test]
    fn the_ring_finds_old_keys_by_id() {
        let old = Secret::new(format!("{}, {}", key_text(2).expose(), key_text(3).expose()));
        let rotated = KeyRing::parse(&key_text(1), Some(&old)).unwrap();
        assert_eq!(rotated.ids().len(), 3);
        let third = ring(3).current().id;
        assert_eq!(rotated.key(third).unwrap().id, third);
        assert!(rotated.key(ring(4).current().id).is_none());
    }

    #[test]
    fn debug_shows_ids_and_nothing_of_a_key() {
        let text = key_text(1);
        let shown = format!("{:?}", ring(1));
        assert!(shown.contains(&ring(1).current().id.to_string()));
        assert!(!shown.contains(text.expose()));
    }
}
