//! What the configuration says about accounts.

/// What one hash of a password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2 {
    /// KiB.
    pub memory_kib: u32,
    /// Times that the memory is gone over.
    pub passes: u32,
    /// Parts that could be computed side by side.
    pub lanes: u32,
}

/// How people log in, and how long that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthSettings {
    /// What one hash of a password costs.
    pub argon2: Argon2,
    /// Characters of the shortest password.
    pub password_min_length: usize,
    /// How long an access token holds, in milliseconds.
    pub access_ms: i64,
    /// How long a session holds that is not used, in milliseconds.
    pub session_ms: i64,
    /// How long a signing key signs, in milliseconds.
    pub signing_ms: i64,
    /// Logins that one address may try in 60 seconds.
    pub logins_per_minute: u32,
    /// Accounts that one address may try to register in 60 seconds.
    pub registers_per_minute: u32,
    /// Failed logins of one account before it is locked; and each time again.
    pub lockout_after: u32,
    /// How long the first lock lasts, in milliseconds. Each further one lasts twice as long.
    pub lockout_ms: i64,
}

impl Default for AuthSettings {
    fn default() -> Self {
        const MINUTE: i64 = 60_000;
        const DAY: i64 = 24 * 60 * MINUTE;
        Self {
            argon2: Argon2 {
                memory_kib: 19 * 1024,
                passes: 2,
                lanes: 1,
            },
            password_min_length: 12,
            access_ms: 15 * MINUTE,
            session_ms: 30 * DAY,
            signing_ms: 30 * DAY,
            logins_per_minute: 20,
            registers_per_minute: 10,
            lockout_after: 10,
            lockout_ms: 10 * MINUTE,
        }
    }
}
