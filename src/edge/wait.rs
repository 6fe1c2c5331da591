//! The way to a request's first lease: now, or after its turn in the queue.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use pingora::proxy::Session;
use potluck_filters::id::UserId;
use potluck_filters::pool::{Lease, NoWay, Want};
use potluck_filters::rejection::{Code, LimitSource, Rejection};
use potluck_filters::scheduler::{Asker, Refused};
use potluck_filters::time::Moment;

use super::Edge;
use super::course::Course;
use super::desk::{NoTurn, Turn, Wait};
use super::guard::refused;
use super::heart::left;
use super::plan::Relay;
use super::timekeeper;

/// How long the client is ready to wait for a pool key, in seconds.
const MAX_WAIT: HeaderName = HeaderName::from_static("x-potluck-max-wait");

/// All who send no client key wait as one user.
const ANONYMOUS: UserId = UserId(0);

/// Why there is no lease.
pub(super) enum NoLease {
    Refused(Rejection),
    ClientGone,
}

/// How a request waits: since when it may, and how much of that it spent in the queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waited {
    since: Option<Moment>,
    pub(super) in_queue: Duration,
    /// When all attempts end, on whichever upstream; set with the first lease.
    pub(super) deadline: Option<Moment>,
}

impl Waited {
    /// What is left of `most` from the moment at which the request first asked.
    pub(super) fn left(&self, most: Duration, now: impl FnOnce() -> Moment) -> Duration {
        self.since
            .map_or(most, |since| most.saturating_sub(now().since(since)))
    }

    fn begins(&mut self, now: Moment) -> Moment {
        *self.since.get_or_insert(now)
    }
}

impl Edge {
    /// Asks for a lease and waits for it. A client that goes away leaves the queue at once.
    pub(super) async fn lease(
        &self,
        session: &mut Session,
        relay: &Relay,
        want: &Want<'_>,
        course: &mut Course,
    ) -> Result<Lease, NoLease> {
        let upstream = &relay.upstream;
        let asker = Asker {
            user: relay.client.as_ref().map_or(ANONYMOUS, |client| client.user),
            share: relay.share,
            max_wait: course.waited.left(relay.max_wait, || self.clock.now()),
        };
        match upstream.desk.ask(&asker, want) {
            Ok(Turn::Now(lease)) => {
                course.waited.begins(lease.since());
                Ok(lease)
            }
            Ok(Turn::Later(wait, outlook, census)) => {
                tracing::debug!(ahead = outlook.ahead, expected = ?outlook.expected, "waits for a pool key");
                upstream.tally.joined(outlook);
                timekeeper::begin(&upstream.desk, self.clock);
                let (began, began_us) = (self.clock.now(), self.clock.micros());
                course.waited.begins(began);
                course.found_none_free(census, began);
                course.waits(wait.id());
                // Off the usual way, so its future is not part of every request's.
                let lease = Box::pin(self.waited(session, relay, wait, asker.max_wait)).await;
                let (now, now_us) = (self.clock.now(), self.clock.micros());
                let in_queue = Duration::from_micros(now_us.saturating_sub(began_us));
                upstream.tally.left(in_queue);
                course.waited.in_queue += in_queue;
                course.was_queued(outlook, in_queue, lease.is_ok(), now);
                lease
            }
            Err(NoTurn { refused, census }) => {
                course.found_none_free(census, self.clock.now());
                Err(no_lease(relay, &refused))
            }
        }
    }

    async fn waited(
        &self,
        session: &mut Session,
        relay: &Relay,
        wait: Wait,
        max_wait: Duration,
    ) -> Result<Lease, NoLease> {
        tokio::select! {
            biased;
            lease = wait => lease.map_err(|no| no_lease(relay, &no)),
            () = left(session, relay.plugins.as_deref()) => Err(NoLease::ClientGone),
            () = tokio::time::sleep(max_wait) => {
                let late = Rejection::new(Code::PoolBusy).limited_by(LimitSource::Relay);
                Err(NoLease::Refused(late.after(relay.upstream.desk.retry_after())))
            }
        }
    }
}

/// Why there is no lease, in words that fit the request.
fn no_lease(relay: &Relay, no: &Refused) -> NoLease {
    NoLease::Refused(match no {
        Refused::NoWay(NoWay::Empty) if relay.pinned.is_some() => Code::ObjectUnavailable.into(),
        Refused::NoWay(_) | Refused::TooLate { .. } | Refused::Full { .. } => refused(no),
    })
}

/// The wait that the client asks for, if it does: never longer than `most`.
///
/// # Errors
/// When the header is not a number of seconds.
pub(super) fn max_wait(headers: &HeaderMap, most: Duration) -> Result<Duration, Code> {
    let Some(asked) = headers.get(&MAX_WAIT) else {
        return Ok(most);
    };
    let seconds = asked
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse::<f64>().ok());
    let asked = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    asked.map(|asked| asked.min(most)).ok_or(Code::BadMaxWait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_wait_less_and_never_longer() {
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(MAX_WAIT, http::HeaderValue::from_static(text))]);
            max_wait(&headers, Duration::from_secs(25))
        };
        assert_eq!(wait("3"), Ok(Duration::from_secs(3)));
        assert_eq!(wait("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(wait("0"), Ok(Duration::ZERO));
        assert_eq!(wait("600"), Ok(Duration::from_secs(25)));
        for nonsense in ["", "soon", "-1", "NaN", "1e400", "5s"] {
            assert_eq!(wait(nonsense), Err(Code::BadMaxWait), "{nonsense}");
        }
        assert_eq!(
            max_wait(&HeaderMap::new(), Duration::from_secs(25)),
            Ok(Duration::from_secs(25))
        );
    }
}
