//! How many calls one caller may make: a bucket each, which fills up evenly.
//!
//! Invariant: full buckets are not kept, so that memory is bounded by those who called within the last minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use potluck_filters::id::UserId;

use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::gate::Peer;

const MINUTE_MS: i64 = 60_000;
/// Buckets that are kept before the full ones are cleared out.
const MANY: usize = 10_000;

/// Who is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Operator,
    User(UserId),
    /// Somebody unknown: an address, or a whole /64 of IPv6.
    Nobody(IpAddr),
}

/// Calls that may be made now, in parts of which a call takes as many as a minute has milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket {
    parts: i64,
    at_ms: i64,
}

impl Bucket {
    /// Takes one call of `per_minute`, or says how long to wait for one.
    fn take(&mut self, per_minute: i64, now_ms: i64) -> Result<(), Duration> {
        self.fill(per_minute, now_ms);
        let missing = MINUTE_MS - self.parts;
        if missing > 0 {
            let wait = missing.div_ceil_by(per_minute);
            return Err(Duration::from_millis(u64::try_from(wait).unwrap_or_default()));
        }
        self.parts -= MINUTE_MS;
        Ok(())
    }

    /// A clock that was put back takes nothing away.
    fn fill(&mut self, per_minute: i64, now_ms: i64) {
        let passed = (now_ms - self.at_ms).clamp(0, MINUTE_MS);
        self.parts = (self.parts + passed * per_minute).min(MINUTE_MS * per_minute);
        self.at_ms = now_ms;
    }
}

trait DivCeil {
    fn div_ceil_by(self, by: i64) -> i64;
}

impl DivCeil for i64 {
    fn div_ceil_by(self, by: i64) -> i64 {
        (self + by - 1) / by
    }
}

/// All callers' buckets.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: Mutex<HashMap<Whose, Bucket>>,
}

impl Throttle {
    fn take(&self, whose: Whose, per_minute: u32, now_ms: i64) -> Result<(), Duration> {
        let per_minute = i64::from(per_minute.max(1));
        let full = MINUTE_MS * per_minute;
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MANY && !buckets.contains_key(&whose) {
            buckets.retain(|_, bucket| {
                bucket.fill(per_minute, now_ms);
                bucket.parts < full
            });
        }
        let fresh = Bucket {
            parts: full,
            at_ms: now_ms,
        };
        buckets.entry(whose).or_insert(fresh).take(per_minute, now_ms)
    }
}

/// Whose bucket a request takes from; `None` for whoever sits at the machine itself.
fn whose(request: &Request) -> Option<Whose> {
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| *address);
    match request.extensions().get::<Caller>() {
        Some(Caller::User(signed_in)) => Some(Whose::User(signed_in.user)),
        Some(Caller::Operator) => peer.map(|_| Whose::Operator),
        Some(Caller::Job(_)) => None,
        None => peer.map(|address| Whose::Nobody(neighbourhood(address))),
    }
}

/// An IPv6 address's /64, which is one household; an IPv4 address itself.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Refuses a call where its caller has made too many.
pub(crate) async fn throttle(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    let taken = whose(&request).map(|whose| {
        let per_minute = control.calls_per_minute();
        control.throttle.take(whose, per_minute, control.now_ms())
    });
    match taken {
        Some(Err(wait)) => ControlError::TooManyCalls(wait).into_response(),
        Some(Ok(())) | None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Whose = Whose::User(UserId(1));

    #[test]
    fn a_bucket_gives_as_many_as_it_holds_and_then_one_at_a_time() {
        let throttle = Throttle::default();
        for _ in 0..60 {
            assert_eq!(throttle.take(A, 60, 5_000), Ok(()));
        }
        assert_eq!(throttle.take(A, 60, 5_000), Err(Duration::from_secs(1)));
        assert_eq!(throttle.take(A, 60, 5_400), Err(Duration::from_millis(600)));
        assert_eq!(throttle.take(A, 60, 6_000), Ok(()));
        assert_eq!(throttle.take(A, 60, 6_000), Err(Duration::from_secs(1)));
        // A clock that was put back neither gives nor takes.
        assert_eq!(throttle.take(A, 60, 1_000), Err(Duration::from_secs(1)));
        assert_eq!(throttle.take(Whose::Operator, 60, 6_000), Ok(()));
        assert_eq!(throttle.take(A, 60, 600_000), Ok(()));
    }

    #[test]
    fn full_buckets_are_cleared_out() {
        let throttle = Throttle::default();
        for user in 0..i64::try_from(MANY).unwrap() {
            throttle.take(Whose::User(UserId(user)), 60, 0).unwrap();
        }
        throttle.take(Whose::Operator, 60, 60_000).unwrap();
        assert_eq!(throttle.buckets.lock().len(), 1);
    }

    #[test]
    fn a_household_is_one() {
        let of = |address: &str| neighbourhood(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
