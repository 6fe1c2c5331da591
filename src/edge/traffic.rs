//! Who has sent how much: sliding windows and requests in flight, per client key and per user.
//!
//! Outlives every snapshot. Sharded by id; a shard's lock is held for a few dozen nanoseconds, the
//! key's before the user's, so two requests never wait for each other in a circle.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::model::ClientKey;
use potluck_filters::rejection::Code;
use potluck_filters::spread::Spreading;
use potluck_filters::time::Moment;
use potluck_filters::usage::Admitted;
use potluck_filters::window::{Filled, Remaining, Window};

const SHARDS: usize = 64;

#[derive(Default)]
struct Usage {
    window: Window,
    in_flight: u32,
}

type Shard<K> = HashMap<K, Usage, Spreading>;
type Shards<K> = [Mutex<Shard<K>>; SHARDS];

/// All windows.
pub(super) struct Traffic {
    keys: Shards<ClientKeyId>,
    users: Shards<UserId>,
}

/// A place in the windows, and one request in flight. Given back on drop; the places in the windows
/// stay taken unless [`Ticket::refund`] says that the request was refused after all.
pub(super) struct Ticket {
    traffic: Arc<Traffic>,
    key: ClientKeyId,
    user: UserId,
    of_key: Place,
    of_user: Place,
    /// What the tighter of both windows leaves.
    pub(super) remaining: Option<Remaining>,
}

/// Why a request may not go on, and when it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: Code,
    pub(super) wait: Option<Duration>,
    pub(super) remaining: Option<Remaining>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            keys: std::array::from_fn(|_| Mutex::default()),
            users: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the remainder is below the array's length"
)]
fn shard<K>(shards: &Shards<K>, id: i64) -> MutexGuard<'_, Shard<K>> {
    shards[id.cast_unsigned() as usize % SHARDS].lock()
}

impl Traffic {
    /// Takes a place, or `None` where nothing is limited and so nothing needs to be counted.
    pub(super) fn admit(
        self: &Arc<Self>,
        key: &ClientKey,
        of_user: Limit,
        now: Moment,
    ) -> Result<Option<Ticket>, Refused> {
        let (user, user_limit) = (key.user, of_user);
        if [key.rate_limit, key.concurrency, user_limit] == [Limit::Unlimited; 3] {
            return Ok(None);
        }
        let mut keys = shard(&self.keys, key.id.0);
        let mut users = shard(&self.users, user.0);
        let of_key = keys.entry(key.id).or_default();
        let of_user = users.entry(user).or_default();
        let too_many = |window: &mut Window, limit| {
            window.check(limit, now).map_err(|wait| Refused {
                code: Code::RateLimited,
                wait: Some(wait),
                remaining: window.remaining(limit, now),
            })
        };
        too_many(&mut of_key.window, key.rate_limit)?;
        too_many(&mut of_user.window, user_limit)?;
        if !key.concurrency.allows_one_more(of_key.in_flight) {
            return Err(Refused {
                code: Code::ConcurrencyLimited,
                wait: None,
                remaining: None,
            });
        }
        of_key.in_flight += 1;
        let of_key = Place::take(&mut of_key.window, key.rate_limit, now);
        let of_user = Place::take(&mut of_user.window, user_limit, now);
        let remaining = tighter(of_key.1, of_user.1);
        let (traffic, of_key, of_user) = (Arc::clone(self), of_key.0, of_user.0);
        Ok(Some(Ticket {
            traffic,
            key: key.id,
            user,
            of_key,
            of_user,
            remaining,
        }))
    }

    /// Takes the places of requests that were admitted at that moment, before this process began; earlier ones first.
    pub(super) fn restore(&self, admitted: &Admitted, at: Moment) {
        let mut keys = shard(&self.keys, admitted.client_key.0);
        let mut users = shard(&self.users, admitted.user.0);
        let of_key = keys.entry(admitted.client_key).or_default();
        let of_user = users.entry(admitted.user).or_default();
        for _ in 0..admitted.requests {
            // Whatever the limits are now: a place that was taken under none is in nobody's way.
            of_key.window.admit(Limit::AtMost(0), at);
            of_user.window.admit(Limit::AtMost(0), at);
        }
    }

    /// What a user has sent in the last 60 seconds under that limit, and until when the next request waits.
    pub(super) fn of_user(&self, user: UserId, limit: Limit, now: Moment) -> Filled {
        let mut users = shard(&self.users, user.0);
        let mut nothing = Window::default();
        let window = users
            .get_mut(&user)
            .map_or(&mut nothing, |usage| &mut usage.window);
        let wait = window.check(limit, now).err().unwrap_or_default();
        Filled {
            used: window.taken(),
            wait,
        }
    }

    /// Forgets what has run empty.
    pub(super) fn tidy(&self, now: Moment) {
        tidy(&self.keys, now);
        tidy(&self.users, now);
    }
}

fn tidy<K: Eq + Hash>(shards: &Shards<K>, now: Moment) {
    for shard in shards {
        shard.lock().retain(|_, usage| {
            usage.window.forget_before(now);
            usage.in_flight > 0 || !usage.window.is_empty()
        });
    }
}

impl Ticket {
    /// Gives the places in the windows back too: the request was refused before any work. Says what
    /// is left then.
    pub(super) fn refund(self) -> Option<Remaining> {
        let of_key = self
            .of_key
            .give_back(shard(&self.traffic.keys, self.key.0).get_mut(&self.key));
        let of_user = self
            .of_user
            .give_back(shard(&self.traffic.users, self.user.0).get_mut(&self.user));
        tighter(of_key, of_user)
    }
}

/// One admission in a window.
#[derive(Clone, Copy)]
struct Place {
    at: Moment,
    limit: Limit,
}

impl Place {
    fn take(window: &mut Window, limit: Limit, now: Moment) -> (Self, Option<Remaining>) {
        let at = window.admit(limit, now);
        (Self { at, limit }, window.remaining(limit, now))
    }

    fn give_back(self, usage: Option<&mut Usage>) -> Option<Remaining> {
        let window = &mut usage?.window;
        window.give_back(self.at);
        window.remaining(self.limit, self.at)
    }
}

fn tighter(key: Option<Remaining>, user: Option<Remaining>) -> Option<Remaining> {
    [key, user]
        .into_iter()
        .flatten()
        .min_by_key(|left| left.remaining)
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(usage) = shard(&self.traffic.keys, self.key.0).get_mut(&self.key) {
            usage.in_flight = usage.in_flight.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use potluck_filters::model::{ClientKeyState, KeyHash};

    use super::*;

    fn key(id: i64, rate_limit: Limit, concurrency: Limit) -> ClientKey {
        ClientKey {
            id: ClientKeyId(id),
            user: UserId(1),
            hash: KeyHash::of("np-1"),
            state: ClientKeyState::Active,
            expires_at: None,
            rate_limit,
            concurrency,
            anlas_per_day: Limit::Unlimited,
            models: None,
            addresses: None,
        }
    }

    const NOW: Moment = Moment::from_millis(1_000);

    #[test]
    fn the_users_window_is_over_all_keys() {
        let traffic = Arc::new(Traffic::default());
        let user = Limit::AtMost(2);
        let keys = [1, 2, 3].map(|id| key(id, Limit::Unlimited, Limit::Unlimited));
        let _held: Vec<_> = keys[..2]
            .iter()
            .map(|k| traffic.admit(k, user, NOW).ok().unwrap())
            .collect();
        let refused = traffic.admit(&keys[2], user, NOW).err().unwrap();
        assert_eq!(
            (refused.code, refused.wait),
            (Code::RateLimited, Some(Duration::from_secs(60)))
        );
    }

    #[test]
    fn requests_in_flight_come_back_and_places_stay_taken() {
        let traffic = Arc::new(Traffic::default());
        let (key, user) = (key(1, Limit::AtMost(2), Limit::AtMost(1)), Limit::Unlimited);
        let ticket = traffic.admit(&key, user, NOW).ok().unwrap().unwrap();
        assert_eq!(ticket.remaining.map(|left| left.remaining), Some(1));
        assert_eq!(
            traffic.admit(&key, user, NOW).err().unwrap().code,
            Code::ConcurrencyLimited
        );
        drop(ticket);
        traffic.admit(&key, user, NOW).ok().unwrap().unwrap().refund();
        let again = traffic.admit(&key, user, NOW).ok().unwrap().unwrap();
        drop(again);
        assert_eq!(
            traffic.admit(&key, user, NOW).err().unwrap().code,
            Code::RateLimited
        );
    }

    #[test]
    fn a_user_is_told_what_is_used_and_when_the_next_request_may_come() {
        let traffic = Arc::new(Traffic::default());
        let limit = Limit::AtMost(2);
        let later = |seconds| NOW + Duration::from_secs(seconds);
        let filled = |used, seconds| Filled {
            used,
            wait: Duration::from_secs(seconds),
        };
        assert_eq!(traffic.of_user(UserId(1), limit, NOW), filled(0, 0));
        for at in [NOW, later(10)] {
            drop(traffic.admit(&key(1, Limit::Unlimited, Limit::Unlimited), limit, at));
        }
        assert_eq!(traffic.of_user(UserId(1), limit, later(20)), filled(2, 40));
        assert_eq!(traffic.of_user(UserId(2), Limit::AtMost(0), NOW), filled(0, 60));
    }

    #[test]
    fn places_of_before_count_until_they_have_left_the_window() {
        let traffic = Arc::new(Traffic::default());
        let before = Admitted {
            user: UserId(1),
            client_key: ClientKeyId(1),
            at: 0,
            requests: 2,
        };
        traffic.restore(&before, NOW);
        let (key, later) = (
            key(1, Limit::AtMost(2), Limit::Unlimited),
            NOW + Duration::from_secs(59),
        );
        let refused = traffic.admit(&key, Limit::Unlimited, later).err().unwrap();
        assert_eq!(refused.wait, Some(Duration::from_secs(1)));
        assert_eq!(traffic.of_user(UserId(1), Limit::AtMost(3), later).used, 2);
        let over = NOW + Duration::from_secs(60);
        assert!(traffic.admit(&key, Limit::AtMost(1), over).is_ok());
    }

    #[test]
    fn empty_windows_are_forgotten() {
        let traffic = Arc::new(Traffic::default());
        drop(traffic.admit(&key(1, Limit::AtMost(2), Limit::Unlimited), Limit::AtMost(9), NOW));
        traffic.tidy(NOW + Duration::from_secs(61));
        assert!(traffic.keys.iter().all(|shard| shard.lock().is_empty()));
        assert!(traffic.users.iter().all(|shard| shard.lock().is_empty()));
    }
}
