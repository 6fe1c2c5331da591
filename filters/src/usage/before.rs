//! What an edge that begins anew must know of a request that ended before: the place that it took in the windows of its
//! key and its user, and what it spent.
//!
//! Invariant: the books tell the same of requests that are written there ([`Admitted`], and sums by day).

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
mod tests {
    use super::*;
    use crate::id::PoolKeyId;
    use crate::rejection::Code;
    use crate::spending::DAY_MS;
    use crate::usage::{Ended, Endpoint, KeyUse, Times, Used};

    fn event() -> UsageEvent {
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
