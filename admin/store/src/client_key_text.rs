//! The text of a new client key: `np-` and 43 characters of base64url, 256 bits of chance.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use potluck_filters::secret::Secret;
use zeroize::Zeroizing;

/// What every client key of this relay's own making begins with.
pub const PREFIX: &str = "np-";

/// Makes a key of 32 random bytes.
#[must_use]
pub fn client_key(random: &[u8; 32]) -> Secret {
    let body = Zeroizing::new(URL_SAFE_NO_PAD.encode(random));
    Secret::new(format!("{PREFIX}{}", *body))
}

/// The last four characters: enough for its owner to tell keys apart, of no use to anybody else.
#[must_use]
pub fn hint(key: &Secret) -> String {
    let text = key.expose();
    text.char_indices()
        .rev()
        .nth(3)
        .map_or(text, |(at, _)| text.get(at..).unwrap_or_default())
        .to_owned()
}

/// Whether a text has the form of a client key, so that it is not taken for an upstream's credential.
#[must_use]
pub fn looks_like_client_key(text: &str) -> bool {
    text.starts_with(PREFIX) && text.len() == PREFIX.len() + 43
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_prefix_and_all_its_random_bits() {
        let key = client_key(&[0xfb; 32]);
        assert_eq!(key.expose(), format!("np-{}", URL_SAFE_NO_PAD.encode([0xfb; 32])));
        assert_eq!(key.expose().len(), 46);
        assert!(looks_like_client_key(key.expose()));
        assert!(!looks_like_client_key("np-short"));
    }

    #[test]
    fn the_hint_is_the_last_four_characters() {
        assert_eq!(hint(&Secret::new("np-abcdefgh")), "efgh");
        assert_eq!(hint(&Secret::new("ab")), "ab");
    }
}
