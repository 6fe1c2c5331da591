//! Passwords: what is too weak, how one is kept, and how one is compared.
//!
//! Invariant: at most [`AT_ONCE`] are hashed at a time, so that logins cannot take all memory; a name that nobody has
//! costs as much time as one that somebody has.

use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Params, Version};
use potluck_filters::secret::Secret;
use tokio::sync::Semaphore;

use super::{Argon2, AuthSettings};
use crate::error::ControlError;

/// Hashes at a time: each takes tens of megabytes and a core.
const AT_ONCE: usize = 2;
/// How long a login waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Different characters of the simplest one.
const LEAST_DIFFERENT: usize = 6;
/// Bytes of the longest one: hashing more is work for nothing.
const LONGEST: usize = 1024;
/// Parts that make long passwords guessable all the same.
const WELL_KNOWN: [&str; 8] = [
    "password", "changeme", "12345678", "qwertyui", "letmein", "default", "potluck", "admin123",
];

/// Hashes and compares passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    params: Params,
    shortest: usize,
    places: Semaphore,
}

/// What comparing says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is the password.
    Yes,
    /// It is, and was hashed with other parameters than new ones are.
    YesButOld,
    /// It is not.
    No,
}

impl Passwords {
    /// With these parameters; where they make no sense together, with the usual ones.
    pub(crate) fn new(settings: &AuthSettings) -> Self {
        let Argon2 {
            memory_kib,
            passes,
            lanes,
        } = settings.argon2;
        Self {
            params: Params::new(memory_kib, passes, lanes, None).unwrap_or_default(),
            shortest: settings.password_min_length,
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// Refuses a password that is too weak, before anything is done for it.
    ///
    /// # Errors
    /// When it is.
    pub(crate) fn judge(&self, password: &Secret, user_name: &str) -> Result<(), ControlError> {
        strong(password.expose(), user_name, self.shortest)
    }

    /// Hashes with argon2id and a random salt, unless the password is too weak.
    ///
    /// # Errors
    /// When it is, or too many others wait.
    pub(crate) async fn hash(&self, password: Secret, user_name: &str) -> Result<String, ControlError> {
        self.judge(&password, user_name)?;
        let argon2 = self.argon2();
        let hashed = self.in_turn(move || {
            argon2
                .hash_password(password.expose().as_bytes())
                .map(|hash| hash.to_string())
        });
        hashed.await?.map_err(|_| ControlError::Password)
    }

    /// Compares with what is kept. With nothing kept it takes as long, and says no.
    ///
    /// # Errors
    /// When too many others wait.
    pub(crate) async fn compare(
        &self,
        password: Secret,
        kept: Option<Secret>,
    ) -> Result<Match, ControlError> {
        if password.expose().len() > LONGEST {
            return Ok(Match::No);
        }
        let (argon2, params) = (self.argon2(), self.params.clone());
        self.in_turn(move || match kept {
            Some(kept) => compared(&argon2, &params, &password, &kept),
            None => {
                let _ = argon2.hash_password(password.expose().as_bytes());
                Match::No
            }
        })
        .await
    }

    fn argon2(&self) -> argon2::Argon2<'static> {
        argon2::Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    /// Takes tens of milliseconds, so it has a thread of its own.
    async fn in_turn<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ControlError> {
        let place = tokio::time::timeout(LONGEST_WAIT, self.places.acquire()).await;
        let _place = place
            .map_err(|_| ControlError::Busy)?
            .map_err(|_| ControlError::Ended)?;
        tokio::task::spawn_blocking(hash)
            .await
            .map_err(|_| ControlError::Ended)
    }
}

fn compared(argon2: &argon2::Argon2<'_>, params: &Params, password: &Secret, kept: &Secret) -> Match {
    let Ok(kept) = PasswordHash::new(kept.expose()) else {
        return Match::No;
    };
    if argon2
        .verify_password(password.expose().as_bytes(), &kept)
        .is_err()
    {
        return Match::No;
    }
    let same = Params::try_from(&kept).is_ok_and(|kept| {
        (kept.m_cost(), kept.t_cost(), kept.p_cost()) == (params.m_cost(), params.t_cost(), params.p_cost())
    });
    if same { Match::Yes } else { Match::YesButOld }
}

fn strong(password: &str, user_name: &str, shortest: usize) -> Result<(), ControlError> {
    let lower = password.to_lowercase();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    // A name of one or two letters is in every password.
    let named = user_name.len() > 2 && lower.contains(user_name);
    let guessable = WELL_KNOWN.iter().any(|known| lower.contains(known)) || named;
    if password.chars().count() < shortest || password.len() > LONGEST {
        return Err(ControlError::invalid(
            "password",
            format!("must have {shortest} to {LONGEST} characters"),
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

    const GOOD: &str = "tram quilt obey lunar";

    fn cheap(passes: u32) -> Passwords {
        Passwords::new(&AuthSettings {
            argon2: Argon2 {
                memory_kib: 64,
                passes,
                lanes: 1,
            },
            ..AuthSettings::default()
        })
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_salted_and_of_the_set_cost() {
        let passwords = cheap(3);
        let one = passwords.hash(Secret::new(GOOD), "root").await.unwrap();
        let two = passwords.hash(Secret::new(GOOD), "root").await.unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=64,t=3,p=1$"), "{one}");
        assert_ne!(one, two);
        let usual = Passwords::new(&AuthSettings::default());
        assert_eq!((usual.params.m_cost(), usual.params.t_cost()), (19 * 1024, 2));
    }

    #[tokio::test]
    async fn only_the_password_matches_and_an_old_cost_is_told() {
        let (old, new) = (cheap(1), cheap(2));
        let kept = Secret::new(old.hash(Secret::new(GOOD), "root").await.unwrap());
        for (passwords, typed, expected) in [
            (&old, GOOD, Match::Yes),
            (&new, GOOD, Match::YesButOld),
            (&new, "tram quilt obey lunaR", Match::No),
            (&new, "", Match::No),
        ] {
            let told = passwords.compare(Secret::new(typed), Some(kept.clone())).await;
            assert_eq!(told.unwrap(), expected, "{typed}");
        }
        assert_eq!(new.compare(Secret::new(GOOD), None).await.unwrap(), Match::No);
        let broken = Some(Secret::new("no hash"));
        assert_eq!(new.compare(Secret::new(GOOD), broken).await.unwrap(), Match::No);
        let long = Secret::new("x".repeat(LONGEST + 1));
        assert_eq!(new.compare(long, Some(kept)).await.unwrap(), Match::No);
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
            assert!(strong(weak, "root", 12).is_err(), "{weak}");
        }
        assert!(strong(GOOD, "root", 12).is_ok());
        assert!(strong(GOOD, "a", 12).is_ok());
        assert!(strong("tr4m!q", "root", 8).is_err());
    }
}
