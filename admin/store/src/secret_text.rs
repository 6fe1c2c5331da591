//! Texts that are shown once and then known by their hash alone: a prefix that says what it is, and 43 characters of
//! base64url, 256 bits of chance.
//!
//! Invariant: no two kinds share a prefix, and none begins with that of a client key, so that one in the wrong place
//! is never taken for another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use potluck_filters::secret::Secret;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::random;

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Gets new access tokens for a session.
    Refresh,
    /// A user's own token for programs.
    Personal,
    /// Leave to register.
    Invitation,
    /// Leave to set a new password.
    Reset,
    /// What messages to a webhook are signed with.
    Webhook,
}

impl Kind {
    /// What its texts begin with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "nptr_",
            Self::Personal => "nptk_",
            Self::Invitation => "npin_",
            Self::Reset => "nppr_",
            Self::Webhook => "npwh_",
        }
    }

    /// A new text.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn fresh(self) -> Result<Secret, StoreError> {
        let random = Zeroizing::new(random::bytes::<32>()?);
        let body = Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice()));
        Ok(Secret::new(format!("{}{}", self.prefix(), *body)))
    }

    /// Whether a text has this form.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        text.strip_prefix(self.prefix())
            .is_some_and(|body| body.len() == 43 && body.is_ascii())
    }
}

/// Five groups of four letters and digits that nobody mistakes for one another: 100 bits, typed when a phone is lost.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn recovery_code() -> Result<Secret, StoreError> {
    /// 32 of them, so that five bits of chance are one.
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let random = Zeroizing::new(random::bytes::<20>()?);
    let mut code = Zeroizing::new(String::with_capacity(24));
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        let letter = LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'a');
        code.push(char::from(letter));
    }
    Ok(Secret::new(code.as_str()))
}

/// A recovery code as it was made, however it was typed.
#[must_use]
pub fn typed_recovery_code(typed: &str) -> Option<Secret> {
    let letters = typed.chars().filter(|c| !matches!(c, '-' | ' '));
    let letters: Zeroizing<String> = Zeroizing::new(letters.map(|c| c.to_ascii_lowercase()).collect());
    if letters.len() != 20 || !letters.is_ascii() {
        return None;
    }
    let groups: Vec<&str> = (0..20)
        .step_by(4)
        .filter_map(|at| letters.get(at..at + 4))
        .collect();
    Some(Secret::new(groups.join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_knows_its_own_texts_and_no_others() {
        let kinds = [
            Kind::Refresh,
            Kind::Personal,
            Kind::Invitation,
            Kind::Reset,
            Kind::Webhook,
        ];
        for kind in kinds {
            let text = kind.fresh().unwrap();
            assert_ne!(text, kind.fresh().unwrap());
            assert!(!text.expose().starts_with(crate::client_key_text::PREFIX));
            for other in kinds {
                assert_eq!(other.fits(text.expose()), other == kind, "{other:?}");
            }
        }
        assert!(!Kind::Refresh.fits("nptr_short"));
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let code = recovery_code().unwrap();
        assert_eq!(code.expose().len(), 24);
        let typed = code.expose().to_uppercase().replace('-', " ");
        assert_eq!(typed_recovery_code(&typed).unwrap(), code);
        assert_eq!(typed_recovery_code("123456"), None);
    }
}
