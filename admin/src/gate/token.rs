//! The operator's token, kept as a hash.
//!
//! Invariant: a token that could be guessed is refused before anything listens; comparing takes the same time
//! wherever what was sent differs, and however long it is.

use potluck_filters::secret::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Characters that 32 random bytes have in base64 without padding; in hexadecimal they have more.
const SHORTEST: usize = 43;
/// Different characters: 64 random hexadecimal digits have fewer about once in a thousand million tries.
const LEAST_DIFFERENT: usize = 9;
/// Nobody types that much, and a header has no room for more.
const LONGEST: usize = 1024;

/// What the operator's programs send.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// Why a text is no good token. Says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakToken {
    /// Fewer characters than 32 random bytes have.
    #[error("is too short: it must hold 32 random bytes; make one with `potluck secrets generate`")]
    Short,
    /// It cannot be sent in a header.
    #[error(
        "must be one word of letters, digits and - . _ ~ + / =, at most 1024 characters; make one with `potluck secrets generate`"
    )]
    Form,
    /// No random source gives that.
    #[error("is guessable (repeated, counted or typed); make one with `potluck secrets generate`")]
    Guessable,
}

impl AdminToken {
    /// Takes a token as it stands among the secrets.
    ///
    /// # Errors
    /// When it is too short, cannot be sent, or could be guessed.
    pub fn parse(text: &Secret) -> Result<Self, WeakToken> {
        let text = text.expose().as_bytes();
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
        if text.len() > LONGEST || !text.iter().all(fits) {
            return Err(WeakToken::Form);
        }
        if text.len() < SHORTEST {
            return Err(WeakToken::Short);
        }
        if is_guessable(text) {
            return Err(WeakToken::Guessable);
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// Whether this is the token.
    #[must_use]
    pub fn is(&self, presented: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(presented).into();
        hash.ct_eq(&self.0).into()
    }
}

fn is_guessable(text: &[u8]) -> bool {
    let mut different = text.to_vec();
    different.sort_unstable();
    different.dedup();
    // Words and what joins them: random text has a digit or a capital letter among so many characters.
    let typed = !text.iter().any(u8::is_ascii_digit) && !text.iter().any(u8::is_ascii_uppercase);
    different.len() < LEAST_DIFFERENT || typed || repeats(text) || counts(text)
}

/// Whether it is one piece again and again, the last one perhaps cut.
fn repeats(text: &[u8]) -> bool {
    (1..=text.len() / 2).any(|period| text.iter().zip(text.iter().skip(period)).all(|(a, b)| a == b))
}

/// Whether most characters follow the one before them, as in `abcdef…0123`.
fn counts(text: &[u8]) -> bool {
    let steps = text.iter().zip(text.iter().skip(1));
    let counted = steps.filter(|(a, b)| a.wrapping_add(1) == **b).count();
    counted * 2 > text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<AdminToken, WeakToken> {
        AdminToken::parse(&Secret::new(text))
    }

    #[test]
    fn random_tokens_are_taken_in_base64_and_hexadecimal() {
        for seed in 0_u8..200 {
            let bytes: [u8; 32] = Sha256::digest([seed]).into();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let base64 = potluck_store::KeyRing::key_text(&bytes);
            for text in [hex.as_str(), base64.expose(), &format!("{}=", base64.expose())] {
                assert!(parse(text).is_ok(), "{seed}");
            }
        }
    }

    #[test]
    fn what_could_be_guessed_is_refused() {
        let long = "x".repeat(1025);
        for (text, why) in [
            ("", WeakToken::Short),
            ("hunter2", WeakToken::Short),
            ("pmMTzZQ3d8yFQkq6cUzW0v9gJ7bR2sLhXa4NfE1oTi", WeakToken::Short),
            (long.as_str(), WeakToken::Form),
            ("pmMTzZQ3d8yFQkq6cUzW0v9gJ7bR2sLhXa4NfE1o Ti5", WeakToken::Form),
            (&"a".repeat(64), WeakToken::Guessable),
            (&"aB3dE6gH9jK".repeat(5), WeakToken::Guessable),
            (
                "correct-horse-battery-staple-correct-horse-batteries",
                WeakToken::Guessable,
            ),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                WeakToken::Guessable,
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let text = "pmMTzZQ3d8yFQkq6cUzW0v9gJ7bR2sLhXa4NfE1oTi5";
        let token = parse(text).unwrap();
        assert!(token.is(text.as_bytes()));
        for wrong in ["", &text[..42], &format!("{text}5"), &text.to_lowercase()] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "AdminToken(…)");
    }
}
