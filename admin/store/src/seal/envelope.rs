//! A sealed value: version byte, id of the sealing key, nonce, ciphertext with its tag (AES-256-GCM).
//!
//! Invariant: the header is authenticated together with the context, and a nonce is drawn anew for each
//! sealing, never counted or derived.

use aes_gcm::aead::{Aead, Payload};
use zeroize::Zeroizing;

use super::context::Context;
use super::ring::{KeyId, KeyRing, SealingKey};

const VERSION: u8 = 1;
const ID_LEN: usize = 8;
/// 96 bits, drawn at random. <https://csrc.nist.gov/pubs/sp/800/38/d/final> allows 2^32 sealings with one key.
pub(crate) const NONCE_LEN: usize = 12;
const HEADER_LEN: usize = 1 + ID_LEN;

/// Why a value cannot be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed with a key that is not on the ring.
    #[error(
        "wrong key ring: sealed with key id {sealed}, have {have}; set ENCRYPTION_KEY or ENCRYPTION_KEYS_OLD to that key"
    )]
    WrongRing {
        /// The id in the envelope.
        sealed: String,
        /// The ids on the ring.
        have: String,
    },
    /// The envelope has another form, or another version of this program made it.
    #[error("a sealed value has an unknown form; use the program that sealed it")]
    Form,
    /// The key is right, and the value, its row or its hosts were changed.
    #[error("a sealed value was changed or moved to another row; restore the database from a backup")]
    Changed,
    /// Sealing failed; only values of impossible length do.
    #[error("the value is too long to seal")]
    TooLong,
}

/// Seals a value for its place.
///
/// # Errors
/// [`SealError::TooLong`] only.
pub fn seal(
    key: &SealingKey,
    nonce: &[u8; NONCE_LEN],
    context: &Context<'_>,
    value: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut envelope = header(key.id);
    let aad = aad(&envelope, context);
    let sealed = key.cipher.encrypt(
        nonce.into(),
        Payload {
            msg: value,
            aad: &aad,
        },
    );
    envelope.extend_from_slice(nonce);
    envelope.extend_from_slice(&sealed.map_err(|_| SealError::TooLong)?);
    Ok(envelope)
}

/// Opens a value in its place.
///
/// # Errors
/// When the ring lacks the key, or anything was changed since it was sealed.
pub fn open(ring: &KeyRing, context: &Context<'_>, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (header, rest) = envelope.split_at_checked(HEADER_LEN).ok_or(SealError::Form)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Form)?;
    let id = key_id(header)?;
    let key = ring.key(id).ok_or_else(|| wrong_ring(ring, &id.to_string()))?;
    let aad = aad(header, context);
    let opened = key.cipher.decrypt(
        nonce.into(),
        Payload {
            msg: sealed,
            aad: &aad,
        },
    );
    opened.map(Zeroizing::new).map_err(|_| SealError::Changed)
}

/// The error for a value whose key is not on the ring.
pub(crate) fn wrong_ring(ring: &KeyRing, sealed: &str) -> SealError {
    let have: Vec<String> = ring.ids().iter().map(ToString::to_string).collect();
    SealError::WrongRing {
        sealed: sealed.to_owned(),
        have: have.join(", "),
    }
}

fn header(id: KeyId) -> Vec<u8> {
    let mut header = Vec::with_capacity(256);
    header.push(VERSION);
    header.extend_from_slice(&id.0);
    header
}

fn key_id(header: &[u8]) -> Result<KeyId, SealError> {
    match header.split_first() {
        Some((&VERSION, id)) => id.try_into().map(KeyId).map_err(|_| SealError::Form),
        Some(_) | None => Err(SealError::Form),
    }
}

fn aad(header: &[u8], context: &Context<'_>) -> Vec<u8> {
    [header, &context.bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::{key_text, ring};
    use super::*;

    const PLACE: Context<'static> = Context::FingerprintRoot { epoch: "e" };

    fn sealed() -> Vec<u8> {
        seal(ring(1).current(), &[9; NONCE_LEN], &PLACE, b"pst-secret").unwrap()
    }

    #[test]
    fn what_was_sealed_can_be_opened_in_its_place() {
        assert_eq!(
            open(&ring(1), &PLACE, &sealed()).unwrap().as_slice(),
            b"pst-secret"
        );
        assert_eq!(sealed().len(), 1 + 8 + 12 + 10 + 16);
    }

    #[test]
    fn an_old_key_on_the_ring_still_opens() {
        let rotated = KeyRing::parse(&key_text(2), Some(&key_text(1))).unwrap();
        assert!(open(&rotated, &PLACE, &sealed()).is_ok());
    }

    #[test]
    fn a_ring_without_the_key_says_which_one_is_missing() {
        let error = open(&ring(2), &PLACE, &sealed()).unwrap_err().to_string();
        let (missing, have) = (ring(1).current().id.to_string(), ring(2).current().id.to_string());
        assert!(error.contains(&missing) && error.contains(&have), "{error}");
        assert!(!error.contains(key_text(1).expose()) && !error.contains(key_text(2).expose()));
    }

    #[test]
    fn another_place_cannot_open_it() {
        let other = Context::FingerprintRoot { epoch: "f" };
        assert_eq!(open(&ring(1), &other, &sealed()).unwrap_err(), SealError::Changed);
    }

    #[test]
    fn no_byte_can_be_changed_unnoticed() {
        for at in 0..sealed().len() {
            let mut changed = sealed();
            changed[at] ^= 1;
            assert!(open(&ring(1), &PLACE, &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_cut_envelope_is_an_error_and_no_panic() {
        for len in 0..sealed().len() {
            assert!(open(&ring(1), &PLACE, &sealed()[..len]).is_err(), "{len} bytes");
        }
    }
}
