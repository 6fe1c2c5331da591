//! Failed log-ins, of which several in one minute are one entry: guessing must not fill the log.
//!
//! Invariant: the first one of a minute is noted at once, the others when the minute is over, with how many they were;
//! what is remembered meanwhile is bounded.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;
use potluck_filters::id::UserId;

const MINUTE_MS: i64 = 60_000;
/// Accounts and addresses that are told apart in one minute.
const MOST: usize = 256;

/// Whose account, as far as there is one, and from where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Attempted {
    pub(crate) user: Option<UserId>,
    pub(crate) address: Option<IpAddr>,
}

/// Failures that are to be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) attempted: Attempted,
    pub(crate) times: u64,
}

/// Failures of the minute that is running.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    minute: i64,
    /// How often after the first time, which is noted.
    again: HashMap<Attempted, u64>,
}

impl Failures {
    /// One more failure. Gives what is to be noted now.
    pub(crate) fn count(&self, attempted: Attempted, now_ms: i64) -> Vec<Failed> {
        let mut running = self.0.lock();
        let mut due = running.turn(now_ms);
        // Beyond the bound nobody is told apart any more.
        let full = running.again.len() >= MOST && !running.again.contains_key(&attempted);
        let attempted = if full { Attempted::default() } else { attempted };
        match running.again.get_mut(&attempted) {
            Some(times) => *times += 1,
            None => {
                running.again.insert(attempted, 0);
                due.push(Failed { attempted, times: 1 });
            }
        }
        due
    }

    /// What is to be noted of minutes that are over.
    pub(crate) fn due(&self, now_ms: i64) -> Vec<Failed> {
        self.0.lock().turn(now_ms)
    }
}

impl Running {
    fn turn(&mut self, now_ms: i64) -> Vec<Failed> {
        let minute = now_ms.div_euclid(MINUTE_MS);
        if minute == self.minute {
            return Vec::new();
        }
        self.minute = minute;
        let over = self.again.drain();
        over.filter(|(_, times)| *times > 0)
            .map(|(attempted, times)| Failed { attempted, times })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(last: u8) -> Attempted {
        Attempted {
            user: None,
            address: Some([192, 0, 2, last].into()),
        }
    }

    #[test]
    fn the_first_of_a_minute_is_noted_at_once_and_the_others_when_it_is_over() {
        let failures = Failures::default();
        let one = somebody(1);
        let failed = |times| {
            vec![Failed {
                attempted: one,
                times,
            }]
        };
        assert_eq!(failures.count(one, 60_000), failed(1));
        assert_eq!(failures.count(one, 61_000), []);
        assert_eq!(failures.count(one, 119_999), []);
        assert_eq!(failures.due(119_999), []);
        assert_eq!(failures.due(120_000), failed(2));
        assert_eq!(failures.due(240_000), []);
        assert_eq!(failures.count(one, 240_000), failed(1));
    }

    #[test]
    fn guessing_from_everywhere_is_few_entries() {
        let failures = Failures::default();
        let mut noted = 0;
        for round in 0..10_u32 {
            for address in 0..2000_u32 {
                let attempted = Attempted {
                    user: None,
                    address: Some(IpAddr::from((round * 10_000 + address).to_be_bytes())),
                };
                noted += failures.count(attempted, 0).len();
            }
        }
        assert_eq!(noted, MOST + 1);
        let rest = failures.due(60_000);
        assert_eq!(rest.iter().map(|failed| failed.times).sum::<u64>(), 20_000 - 257);
    }
}
