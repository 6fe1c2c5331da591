//! What was spent on a day, by whom: how budgets and caps of a day are booked and read back.
//!
//! Invariant: a booking says what came to what was booked before, never a total.

use std::collections::BTreeMap;

use crate::id::{ClientKeyId, PoolKeyId};

/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// Who spent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// What a pool key served.
    PoolKey(PoolKeyId),
    /// What a client key asked for.
    ClientKey(ClientKeyId),
}

/// Something spent on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// Who spent it.
    pub whose: Whose,
    /// The day (UTC), see [`day_of`].
    pub day: i64,
    /// Requests that were served.
    pub requests: u64,
    /// Anlas that they cost, as estimated.
    pub anlas: u64,
}

/// How much of what was spent is to be booked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// What balances, budgets or caps depend on: it must not be forgotten, whatever happens next.
    Urgent,
    /// That, and mere counts of requests.
    All,
}

/// The day (UTC) of a time in milliseconds since the Unix epoch: days since that epoch.
#[must_use]
pub fn day_of(unix_ms: i64) -> i64 {
    unix_ms.div_euclid(DAY_MS)
}

/// One entry for each who spent it and day.
#[must_use]
pub fn merged(spent: &[Spending]) -> Vec<Spending> {
    let mut sums: BTreeMap<(Whose, i64), (u64, u64)> = BTreeMap::new();
    for one in spent {
        let (requests, anlas) = sums.entry((one.whose, one.day)).or_default();
        *requests = requests.saturating_add(one.requests);
        *anlas = anlas.saturating_add(one.anlas);
    }
    let one = |((whose, day), (requests, anlas))| Spending {
        whose,
        day,
        requests,
        anlas,
    };
    sums.into_iter().map(one).collect()
}

/// What `seen` has of a pool key's requests and of anybody's Anlas that is not in `booked`. Both count the same things,
/// and each may have missed some.
#[must_use]
pub fn missing(booked: &[Spending], seen: &[Spending]) -> Vec<Spending> {
    let booked: BTreeMap<_, _> = booked.iter().map(|one| ((one.whose, one.day), *one)).collect();
    let missing = |seen: &Spending| {
        let known = booked.get(&(seen.whose, seen.day));
        let (requests, anlas) = known.map_or((0, 0), |known| (known.requests, known.anlas));
        Spending {
            requests: match seen.whose {
                Whose::PoolKey(_) => seen.requests.saturating_sub(requests),
                // Only of its requests that cost something is booked how many they were.
                Whose::ClientKey(_) => 0,
            },
            anlas: seen.anlas.saturating_sub(anlas),
            ..*seen
        }
    };
    let missing = merged(seen).iter().map(missing).collect::<Vec<_>>();
    let counts = |one: &Spending| one.requests > 0 || one.anlas > 0;
    missing.into_iter().filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_what_was_seen_above_what_is_booked() {
        let of = |whose, requests, anlas| Spending {
            whose,
            day: 1,
            requests,
            anlas,
        };
        let (pool, client) = (Whose::PoolKey(PoolKeyId(1)), Whose::ClientKey(ClientKeyId(1)));
        let booked = [of(pool, 4, 9), of(client, 1, 5)];
        let seen = [of(pool, 3, 5), of(pool, 2, 5), of(client, 9, 5)];
        assert_eq!(missing(&booked, &seen), [of(pool, 1, 1)]);
        assert_eq!(missing(&booked, &[of(client, 9, 6)]), [of(client, 0, 1)]);
        let fresh = [of(client, 2, 0), of(pool, 2, 0)];
        assert_eq!(missing(&[], &fresh), [of(pool, 2, 0)]);
    }

    #[test]
    fn a_day_begins_at_midnight_utc_also_before_the_epoch() {
        assert_eq!(day_of(0), 0);
        assert_eq!(day_of(DAY_MS - 1), 0);
        assert_eq!(day_of(DAY_MS), 1);
        assert_eq!(day_of(-1), -1);
    }

    #[test]
    fn what_was_spent_is_added_up_by_who_spent_it_and_when() {
        let (key, client) = (Whose::PoolKey(PoolKeyId(1)), Whose::ClientKey(ClientKeyId(1)));
        let spent =
            [(key, 1, 5), (client, 1, 5), (key, 2, 5), (key, 1, 7)].map(|(whose, day, anlas)| Spending {
                whose,
                day,
                requests: 1,
                anlas,
            });
        let sums: Vec<_> = merged(&spent)
            .iter()
            .map(|one| (one.whose, one.day, one.requests, one.anlas))
            .collect();
        assert_eq!(sums, [(key, 1, 2, 12), (key, 2, 1, 5), (client, 1, 1, 5)]);
    }
}
