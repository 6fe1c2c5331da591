//! The access key that stands for a password at `/user/login`: the password itself never travels.
//!
//! Invariant: the e-mail address is taken as typed, with no lower-casing, as most clients do.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use blake2::{Blake2b, Digest, digest::consts::U16};

const DOMAIN: &str = "novelai_data_access_key";
/// 2 000 000 bytes, in whole KiB.
const MEMORY_KIB: u32 = 1953;

/// The length of every access key, in characters.
pub const LENGTH: usize = 64;

/// Argon2id over the password, salted by BLAKE2b of its first six characters, the address and a fixed text.
pub fn derive(email: &str, password: &str) -> Result<String, argon2::Error> {
    let params = Params::new(MEMORY_KIB, 2, 1, Some(LENGTH))?;
    let mut raw = [0; LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        password.as_bytes(),
        &salt(email, password),
        &mut raw,
    )?;
    Ok(URL_SAFE.encode(raw).chars().take(LENGTH).collect())
}

fn salt(email: &str, password: &str) -> [u8; 16] {
    let prefix: String = password.chars().take(6).collect();
    Blake2b::<U16>::digest(format!("{prefix}{email}{DOMAIN}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_salt_of_the_known_account_comes_out() {
        let hex: String = salt("test@example.com", "correcthorsebatterystaple")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, "c42cabfdb533b8f1e3a615fb4585692e");
    }

    #[test]
    fn the_keys_of_the_known_accounts_come_out() {
        let table = [
            (
                "test@example.com",
                "correcthorsebatterystaple",
                "RDrHWS-nV1FSSVypIc45avKDevgPbX9oOcLFN3h-yCeUbTMtgRnhRG6H5FB0N-YS",
            ),
            (
                "User@Example.com",
                "abc",
                "5Is5jJDe8TzgWWD87gA3Xm5GMePJz-HPEj50hppUVdLKpctOXeoHbPYcyqQsReu9",
            ),
        ];
        for (email, password, key) in table {
            assert_eq!(derive(email, password).unwrap(), key);
        }
    }
}
