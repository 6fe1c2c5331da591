//! How often somebody may try to log in or to register: by address over a sliding minute, by account with locks that
//! grow.
//!
//! Invariant: an account that exists and one that does not are treated alike; memory is bounded, whatever is tried.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::AuthSettings;

/// The window of addresses, in milliseconds.
const WINDOW: i64 = 60_000;
/// After so long without a failure an account's failures are forgotten, in milliseconds. Also the longest lock.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Entries of one generation: with all addresses trying it takes some megabytes.
const MOST: usize = 50_000;

/// Who tries what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Try<'a> {
    /// To log in to the account of this name.
    Login(&'a str),
    /// To register, or to use leave that was given once.
    Register,
}

/// What was tried lately.
#[derive(Debug)]
pub(crate) struct Attempts {
    logins: Windows,
    registers: Windows,
    accounts: Recent<[u8; 32], Account>,
    lockout_after: u32,
    lockout_ms: i64,
}

/// The failures of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    failures: u32,
    locked_until: i64,
}

impl Attempts {
    pub(crate) fn new(settings: &AuthSettings) -> Self {
        Self {
            logins: Windows::of(settings.logins_per_minute),
            registers: Windows::of(settings.registers_per_minute),
            accounts: Recent::new(DAY),
            lockout_after: settings.lockout_after.max(1),
            lockout_ms: settings.lockout_ms,
        }
    }

    /// Takes note of a try before it is made; a login counts as failed until [`Self::succeeded`]. So many at once
    /// cannot be more than one after another.
    ///
    /// # Errors
    /// How long to wait, in milliseconds, when it may not be made.
    pub(crate) fn begin(&mut self, what: Try<'_>, from: Option<IpAddr>, now_ms: i64) -> Result<(), i64> {
        let windows = match what {
            Try::Login(_) => &mut self.logins,
            Try::Register => &mut self.registers,
        };
        if let Some(from) = from {
            windows.admit(from, now_ms)?;
        }
        match what {
            Try::Login(name) => self.count(name, now_ms),
            Try::Register => Ok(()),
        }
    }

    /// The account's owner was there.
    pub(crate) fn succeeded(&mut self, name: &str) {
        self.accounts.forget(&print(name));
    }

    fn count(&mut self, name: &str, now_ms: i64) -> Result<(), i64> {
        let account = self.accounts.entry(print(name), now_ms);
        if account.locked_until > now_ms {
            return Err(account.locked_until - now_ms);
        }
        account.failures = account.failures.saturating_add(1);
        if account.failures.is_multiple_of(self.lockout_after) {
            let times = account.failures / self.lockout_after - 1;
            let doubled = 1_i64.checked_shl(times.min(32)).unwrap_or(i64::MAX);
            account.locked_until = now_ms + self.lockout_ms.saturating_mul(doubled).min(DAY);
        }
        Ok(())
    }
}

/// A name's size is the caller's to choose; its print's is not.
fn print(name: &str) -> [u8; 32] {
    Sha256::digest(name.as_bytes()).into()
}

/// At most so many in any 60 seconds, for each address.
#[derive(Debug)]
struct Windows {
    most: usize,
    times: Recent<IpAddr, VecDeque<i64>>,
}

impl Windows {
    fn of(per_minute: u32) -> Self {
        Self {
            most: usize::try_from(per_minute.max(1)).unwrap_or(usize::MAX),
            times: Recent::new(WINDOW),
        }
    }

    fn admit(&mut self, from: IpAddr, now_ms: i64) -> Result<(), i64> {
        let times = self.times.entry(neighbourhood(from), now_ms);
        while times.front().is_some_and(|first| now_ms - first >= WINDOW) {
            times.pop_front();
        }
        match times.front() {
            Some(first) if times.len() >= self.most => Err(first + WINDOW - now_ms),
            Some(_) | None => {
                times.push_back(now_ms);
                Ok(())
            }
        }
    }
}

/// One customer has a whole /64 of IPv6.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A map that forgets what nobody asked for lately: two generations, of which the older one goes when the newer is full
/// or as old as an entry may get.
#[derive(Debug)]
struct Recent<K, V> {
    newer: HashMap<K, V>,
    older: HashMap<K, V>,
    since: i64,
    span: i64,
}

impl<K: Eq + Hash + Copy, V: Default> Recent<K, V> {
    fn new(span: i64) -> Self {
        Self {
            newer: HashMap::new(),
            older: HashMap::new(),
            since: 0,
            span,
        }
    }

    fn entry(&mut self, key: K, now_ms: i64) -> &mut V {
        if now_ms - self.since >= self.span || self.newer.len() >= MOST {
            self.older = std::mem::take(&mut self.newer);
            self.since = now_ms;
        }
        let kept = self.older.remove(&key);
        self.newer.entry(key).or_insert_with(|| kept.unwrap_or_default())
    }

    fn forget(&mut self, key: &K) {
        self.newer.remove(key);
        self.older.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_790_000_000_000;
    const MINUTE: i64 = 60_000;

    fn attempts(logins: u32, registers: u32, after: u32) -> Attempts {
        Attempts::new(&AuthSettings {
            logins_per_minute: logins,
            registers_per_minute: registers,
            lockout_after: after,
            lockout_ms: 10 * MINUTE,
            ..AuthSettings::default()
        })
    }

    fn from(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_address_may_try_so_often_in_any_minute_and_is_told_exactly_how_long_to_wait() {
        let mut attempts = attempts(2, 1, 100);
        let here = from("192.0.2.1");
        for (at, expected) in [
            (0, Ok(())),
            (10_000, Ok(())),
            (20_000, Err(40_000)),
            (59_999, Err(1)),
            (60_000, Ok(())),
            (60_001, Err(9_999)),
            (70_000, Ok(())),
        ] {
            assert_eq!(attempts.begin(Try::Login("a"), here, T + at), expected, "{at}");
        }
        assert_eq!(
            attempts.begin(Try::Login("a"), from("192.0.2.2"), T + 70_000),
            Ok(())
        );
        assert_eq!(attempts.begin(Try::Register, here, T), Ok(()));
        assert_eq!(attempts.begin(Try::Register, here, T + 1), Err(59_999));
    }

    #[test]
    fn neighbours_in_ipv6_count_together_and_mapped_addresses_are_ipv4() {
        let mut attempts = attempts(1, 1, 100);
        assert_eq!(attempts.begin(Try::Login("a"), from("2001:db8::1"), T), Ok(()));
        assert!(
            attempts
                .begin(Try::Login("a"), from("2001:db8::ffff:1"), T)
                .is_err()
        );
        assert_eq!(
            attempts.begin(Try::Login("a"), from("2001:db8:0:1::1"), T),
            Ok(())
        );
        assert_eq!(attempts.begin(Try::Login("a"), from("192.0.2.1"), T), Ok(()));
        assert!(
            attempts
                .begin(Try::Login("a"), from("::ffff:192.0.2.1"), T)
                .is_err()
        );
    }

    #[test]
    fn an_account_is_locked_after_failures_and_each_time_for_longer() {
        let mut attempts = attempts(100, 1, 3);
        let mut at = T;
        for (lock, minutes) in [(1, 10), (2, 20), (3, 40)] {
            for _ in 0..3 {
                assert_eq!(attempts.begin(Try::Login("a"), None, at), Ok(()), "{lock}");
            }
            assert_eq!(attempts.begin(Try::Login("a"), None, at), Err(minutes * MINUTE));
            assert_eq!(attempts.begin(Try::Login("b"), None, at), Ok(()));
            attempts.succeeded("b");
            at += minutes * MINUTE;
        }
        assert_eq!(attempts.begin(Try::Login("a"), None, at), Ok(()));
        attempts.succeeded("a");
        for _ in 0..3 {
            assert_eq!(attempts.begin(Try::Login("a"), None, at), Ok(()));
        }
        assert_eq!(attempts.begin(Try::Login("a"), None, at), Err(10 * MINUTE));
    }

    #[test]
    fn locks_end_within_a_day_and_memory_is_bounded() {
        let mut attempts = attempts(1, 1, 1);
        let mut at = T;
        for _ in 0..40 {
            assert_eq!(attempts.begin(Try::Login("a"), None, at), Ok(()));
            let wait = attempts.begin(Try::Login("a"), None, at).unwrap_err();
            assert!(wait <= DAY, "{wait}");
            at += wait;
        }
        for n in 0..(2 * MOST as u32 + 10) {
            let _ = attempts.begin(Try::Register, Some(IpAddr::V4(n.into())), T);
        }
        let kept = attempts.registers.times.newer.len() + attempts.registers.times.older.len();
        assert!(kept <= 2 * MOST, "{kept}");
    }
}
