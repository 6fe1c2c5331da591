//! An account as a test describes it, before the fake takes it in.
//!
//! Invariant: a description only; what happens to an account lives in its [`Holder`](super::Holder).

use super::Battery;

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    Paper,
    Tablet,
    Scroll,
    Opus,
}

impl Tier {
    /// The number that stands for it on the wire.
    pub fn number(self) -> u8 {
        match self {
            Tier::Paper => 0,
            Tier::Tablet => 1,
            Tier::Scroll => 2,
            Tier::Opus => 3,
        }
    }
}

/// Why an account is shut out. The status values that the real service knows are not documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    pub status: String,
    pub message: String,
}

/// One account of the fake.
#[derive(Clone)]
pub struct Account {
    pub email: String,
    /// `None` for an account that signs in elsewhere and cannot log in here.
    pub password: Option<String>,
    /// Its persistent token, `pst-…`, if it has made one.
    pub token: Option<String>,
    pub tier: Tier,
    pub active: bool,
    /// Of the monthly grant, Anlas; spent first.
    pub fixed_anlas: u32,
    /// Bought, Anlas.
    pub purchased_anlas: u32,
    pub battery: Battery,
    pub ban: Option<Ban>,
}

impl Account {
    /// An active Opus account with 10 000 Anlas and a full battery.
    pub fn opus(email: &str, token: &str) -> Account {
        Account {
            email: email.to_owned(),
            password: Some(format!("password of {email}")),
            token: Some(token.to_owned()),
            tier: Tier::Opus,
            active: true,
            fixed_anlas: 10_000,
            purchased_anlas: 0,
            battery: Battery::at(100.0),
            ban: None,
        }
    }

    /// An account that pays nothing and has nothing.
    pub fn paper(email: &str, token: &str) -> Account {
        Account {
            tier: Tier::Paper,
            active: false,
            fixed_anlas: 0,
            ..Account::opus(email, token)
        }
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("email", &self.email)
            .field("tier", &self.tier)
            .finish_non_exhaustive()
    }
}
