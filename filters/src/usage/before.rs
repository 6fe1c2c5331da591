//! What an edge that begins anew must know of a request that ended before: the place that it took in the windows of its
//! key and its user, and what it spent.
//!
//! Invariant: the books tell the same of requests that are written there ([`Admitted`], and sums by day).

use std::collections::BTreeMap;

use super::{StatusClass, UsageEvent};
use crate::id::{ClientKeyId, UserId};
use crate::meter::Figure;
use crate::spending::{Spending, Whose, day_of};

/// Requests of a client key that were admitted within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Admitted {
    /// Whose.
    pub user: UserId,
    /// With which client key.
    pub client_key: ClientKeyId,
    /// The second, in milliseconds since the Unix epoch.
    pub at: i64,
    /// How many.
    pub requests: u64,
}

/// What an edge that begins must know of before, added up as it is read: as much as there are keys, however many
/// requests there were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    day: i64,
    since: i64,
    /// Requests and Anlas.
    spent: BTreeMap<Whose, (u64, u64)>,
    /// By second, user and client key.
    admitted: BTreeMap<(i64, UserId, ClientKeyId), u64>,
}

impl Before {
    /// Nothing yet: of a day (see [`day_of`]) what was spent, and what was admitted since a time in milliseconds since the
    /// Unix epoch.
    #[must_use]
    pub const fn new(day: i64, since: i64) -> Self {
        Self {
            day,
            since,
            spent: BTreeMap::new(),
            admitted: BTreeMap::new(),
        }
    }

    /// Adds a request that ended.
    pub fn see(&mut self, event: &UsageEvent) {
        event.spent().for_each(|spent| self.spend(&spent));
        if let Some(admitted) = event.admitted() {
            self.admit(&admitted);
        }
    }

    /// Adds what was spent. Of other days, nothing.
    pub fn spend(&mut self, spent: &Spending) {
        if spent.day == self.day {
            let (requests, anlas) = self.spent.entry(spent.whose).or_default();
            *requests = requests.saturating_add(spent.requests);
            *anlas = anlas.saturating_add(spent.anlas);
        }
    }

    /// Adds what was admitted. Of earlier seconds, nothing.
    pub fn admit(&mut self, admitted: &Admitted) {
        if admitted.at >= self.since {
            let of = (admitted.at, admitted.user, admitted.client_key);
            let requests = self.admitted.entry(of).or_default();
            *requests = requests.saturating_add(admitted.requests);
        }
    }

    /// What was spent that day, by whom.
    #[must_use]
    pub fn spent(&self) -> Vec<Spending> {
        let one = |(whose, (requests, anlas)): (&Whose, &(u64, u64))| Spending {
            whose: *whose,
            day: self.day,
            requests: *requests,
            anlas: *anlas,
        };
        self.spent.iter().map(one).collect()
    }

    /// What was admitted since then, the earliest first.
    #[must_use]
    pub fn admitted(&self) -> Vec<Admitted> {
        let one = |((at, user, client_key), requests): (&(i64, UserId, ClientKeyId), &u64)| Admitted {
            user: *user,
            client_key: *client_key,
            at: *at,
            requests: *requests,
        };
        self.admitted.iter().map(one).collect()
    }
}

impl UsageEvent {
    /// The place that it took in the windows, where it took one: what the relay refused before it tried anything was not
    /// admitted.
    #[must_use]
    pub fn admitted(&self) -> Option<Admitted> {
        if self.code.is_some() && self.attempts == 0 {
            return None;
        }
        let took = i64::try_from(self.times.total / 1000).unwrap_or(i64::MAX);
        let began = self.ended_at.saturating_sub(took);
        Some(Admitted {
            user: self.user?,
            client_key: self.client_key?,
            at: began - began.rem_euclid(1000),
            requests: 1,
        })
    }

    /// What its pool key and its client key spent on it.
    pub fn spent(&self) -> impl Iterator<Item = Spending> + use<> {
        let (day, requests) = (day_of(self.ended_at), u64::from(self.was_done()));
        let anlas = match self.used.anlas {
            Figure::None => 0,
            Figure::Estimated(anlas) | Figure::Reported(anlas) => anlas,
        };
        let whose = [
            self.pool_key.map(Whose::PoolKey),
            self.client_key.map(Whose::ClientKey),
        ];
        let spent = whose.into_iter().flatten().map(move |whose| Spending {
            whose,
            day,
            requests,
            anlas,
        });
        spent.filter(|spent| spent.requests > 0 || spent.anlas > 0)
    }

    /// Whether its work was done, as far as it was seen.
    fn was_done(&self) -> bool {
        match self.class() {
            StatusClass::Ok | StatusClass::Left => true,
            StatusClass::Limited
            | StatusClass::Refused
            | StatusClass::UpstreamRefused
            | StatusClass::UpstreamFailed
            | StatusClass::Unserved => false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::id::PoolKeyId;
    use crate::rejection::Code;
    use crate::spending::DAY_MS;
    use crate::usage::{Ended, Endpoint, KeyUse, Times, Used};

    pub(in crate::usage) fn event() -> UsageEvent {
        UsageEvent {
            request: crate::usage::RequestNumber::default(),
            ended_at: 3 * DAY_MS + 5_250,
            user: Some(UserId(1)),
            client_key: Some(ClientKeyId(2)),
            key_use: KeyUse::default(),
            pool_key: Some(PoolKeyId(3)),
            upstream: Some("novelai".into()),
            node: None,
            model: None,
            endpoint: Endpoint::GenerateImage,
            status: 200,
            ended: Ended::Whole,
            code: None,
            attempts: 1,
            times: Times {
                total: 2_000_000,
                ..Times::default()
            },
            asked_bytes: 0,
            answered_bytes: 0,
            used: Used {
                anlas: Figure::Estimated(20),
                ..Used::default()
            },
            trace: None,
        }
    }

    #[test]
    fn a_request_took_its_place_when_its_head_came() {
        let admitted = event().admitted().unwrap();
        assert_eq!((admitted.at, admitted.requests), (3 * DAY_MS + 3_000, 1));
        assert_eq!((admitted.user, admitted.client_key), (UserId(1), ClientKeyId(2)));
    }

    #[test]
    fn what_was_refused_took_a_place_only_where_it_was_tried() {
        let refused = |attempts| UsageEvent {
            code: Some(Code::RateLimited),
            ended: Ended::Refused,
            status: 429,
            attempts,
            ..event()
        };
        assert_eq!(refused(0).admitted(), None);
        assert!(refused(1).admitted().is_some());
        let nobodys = UsageEvent {
            client_key: None,
            ..event()
        };
        assert_eq!(nobodys.admitted(), None);
    }

    #[test]
    fn a_long_backlog_takes_no_more_room_than_its_keys_and_is_added_up_whole() {
        let midnight = 3 * DAY_MS;
        let mut before = Before::new(3, midnight + 3_000_000);
        for number in 0..60_000_i64 {
            before.see(&UsageEvent {
                client_key: Some(ClientKeyId(number % 2)),
                // Ten a second, for fifty minutes before that day's beginning and fifty after it.
                ended_at: midnight + (number - 30_000) * 100,
                ..event()
            });
        }
        let spent: Vec<_> = before
            .spent()
            .iter()
            .map(|one| (one.whose, one.requests, one.anlas))
            .collect();
        let client = |id| Whose::ClientKey(ClientKeyId(id));
        assert_eq!(
            spent,
            [
                (Whose::PoolKey(PoolKeyId(3)), 30_000, 600_000),
                (client(0), 15_000, 300_000),
                (client(1), 15_000, 300_000)
            ]
        );
        assert_eq!(before.admitted(), [], "they came more than a minute before");

        let mut before = Before::new(3, midnight);
        for number in 0..60_000_i64 {
            before.see(&UsageEvent {
                ended_at: midnight - 28_000 + number,
                ..event()
            });
        }
        let admitted = before.admitted();
        let places: Vec<_> = admitted.iter().map(|one| one.requests).collect();
        assert_eq!(places, [1000; 30], "they took two seconds each");
        let seconds: Vec<_> = admitted.iter().map(|one| (one.at - midnight) / 1000).collect();
        assert_eq!(seconds, (0..30).collect::<Vec<_>>());
    }

    #[test]
    fn both_keys_spent_what_was_done_and_what_may_have_been() {
        let spent: Vec<_> = event().spent().collect();
        let of = |whose, requests, anlas| Spending {
            whose,
            day: 3,
            requests,
            anlas,
        };
        let (pool, client) = (Whose::PoolKey(PoolKeyId(3)), Whose::ClientKey(ClientKeyId(2)));
        assert_eq!(spent, [of(pool, 1, 20), of(client, 1, 20)]);
        let cut = UsageEvent {
            ended: Ended::Cut,
            ..event()
        };
        assert_eq!(
            cut.spent().collect::<Vec<_>>(),
            [of(pool, 0, 20), of(client, 0, 20)]
        );
    }
}
