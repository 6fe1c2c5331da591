//! Codes of an authenticator (RFC 6238): six digits, a new one each 30 seconds, one step to either side.

use potluck_filters::secret::Secret;
use totp_rs::Builder;

/// How the relay is called in the authenticator.
const ISSUER: &str = "Potluck";

/// A user's second factor.
#[derive(Debug)]
pub(crate) struct Totp(totp_rs::Totp);

impl Totp {
    /// With 20 secret bytes. `None` where they are too few.
    pub(crate) fn new(secret: &[u8], user_name: &str) -> Option<Self> {
        let builder = Builder::new()
            .with_secret(secret)
            .with_issuer(Some(ISSUER))
            .with_account_name(user_name);
        builder.build().ok().map(Self)
    }

    /// The time step of which this is the code, if it is one of those around now.
    pub(crate) fn step(&self, typed: &str, now_ms: i64) -> Option<i64> {
        let digits: String = typed.chars().filter(|c| *c != ' ').collect();
        let now = u64::try_from(now_ms.div_euclid(1000)).ok()?;
        let step = self.0.check(&digits, now)?;
        i64::try_from(step).ok()
    }

    /// The secret as it is typed, where no code can be scanned.
    pub(crate) fn typed(&self) -> Secret {
        Secret::new(self.0.secret().to_base32())
    }

    /// What an authenticator scans.
    pub(crate) fn url(&self) -> Option<Secret> {
        self.0.to_url().ok().map(Secret::new)
    }

    /// As an authenticator has it into which the secret was typed.
    #[cfg(test)]
    pub(crate) fn typed_in(secret: &str) -> Self {
        Self::new(totp_rs::Secret::try_from_base32(secret).unwrap().as_ref(), "x").unwrap()
    }

    #[cfg(test)]
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.0.secret().as_bytes().to_vec()
    }

    #[cfg(test)]
    pub(crate) fn code(&self, now_ms: i64) -> String {
        self.0.generate(now_ms.div_euclid(1000) as u64).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six digits of the SHA-1 column.
        let totp = Totp::new(b"12345678901234567890", "linh").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.step(code, seconds * 1000), Some(seconds / 30), "{seconds}");
        }
        assert_eq!(totp.step("287 082", 89_000), Some(1));
        assert_eq!(totp.step("287082", 90_000), None);
        assert_eq!(totp.step("", 59_000), None);
        assert_eq!(totp.step("2870821", 59_000), None);
    }

    #[test]
    fn an_authenticator_is_told_who_asks_and_for_whom() {
        let totp = Totp::new(b"12345678901234567890", "li+nh@x").unwrap();
        let url = totp.url().unwrap();
        assert!(
            url.expose().starts_with("otpauth://totp/Potluck:li%2Bnh%40x?"),
            "{}",
            url.expose()
        );
        let secret = totp.typed();
        assert_eq!(secret.expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(url.expose().contains(secret.expose()));
        assert!(Totp::new(b"short", "linh").is_none());
    }
}
