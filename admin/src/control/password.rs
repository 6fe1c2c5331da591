//! Passwords: what is too weak, and how one is kept.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use potluck_filters::secret::Secret;

use crate::error::ControlError;

/// Characters of the shortest password.
const SHORTEST: usize = 12;
/// Different characters of the simplest one.
const LEAST_DIFFERENT: usize = 6;
/// Bytes of the longest one: hashing more is work for nothing.
const LONGEST: usize = 1024;
/// Parts that make long passwords guessable all the same.
const WELL_KNOWN: [&str; 8] = [
    "password", "changeme", "12345678", "qwertyui", "letmein", "default", "potluck", "admin123",
];

/// Hashes with argon2id and a random salt. Takes tens of milliseconds, so it has a thread of its own.
pub(super) async fn hash(password: Secret, user_name: &str) -> Result<String, ControlError> {
    strong(password.expose(), user_name)?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.expose().as_bytes())
            .map(|hash| hash.to_string())
    });
    hashed
        .await
        .map_err(|_| ControlError::Ended)?
        .map_err(|_| ControlError::Password)
}

fn strong(password: &str, user_name: &str) -> Result<(), ControlError> {
    let lower = password.to_lowercase();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    let guessable = WELL_KNOWN.iter().any(|known| lower.contains(known)) || lower.contains(user_name);
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(ControlError::invalid(
            "password",
            format!("must have {SHORTEST} to {LONGEST} characters"),
        ));
    }
    if guessable || different.len() < LEAST_DIFFERENT {
        return Err(ControlError::invalid(
            "password",
            "is too easy to guess; take several unrelated words",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_argon2id_and_salted() {
        let one = hash(Secret::new("tram quilt obey lunar"), "root").await.unwrap();
        let two = hash(Secret::new("tram quilt obey lunar"), "root").await.unwrap();
        assert!(one.starts_with("$argon2id$v=19$"), "{one}");
        assert_ne!(one, two);
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in [
            "",
            "short",
            "aaaaaaaaaaaaaaaa",
            "Password-2026-x",
            "rootrootroot!!",
            "abababababab",
        ] {
            assert!(strong(weak, "root").is_err(), "{weak}");
        }
        assert!(strong("tram quilt obey lunar", "root").is_ok());
    }
}
