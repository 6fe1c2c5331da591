//! The attempts of one request: lease, send, judge, and again elsewhere where the judge allows it.
//!
//! Invariant: the next lease is taken before an answer in hand is let go, so that a request that finds
//! no other way still gets the answer it had. Nothing was relayed before this loop is left.

mod fetch;
mod judged;
mod tries;

use std::sync::atomic::Ordering;
use std::time::Duration;

use pingora::proxy::Session;
use potluck_filters::egress;
use potluck_filters::judge::{End, Retry, Scope, Stage, Verdict, no_answer, shown};
use potluck_filters::model::Kind;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::time::Moment;

use super::Edge;
use super::course::AttemptEnd;
use super::exchange::{Exchange, Pace};
use super::guard::LeaseGuard;
use super::heart::left;
use super::metering;
use super::noted::Noted;
use super::plan::Relay;
use super::purse::Purse;
use super::send::{Failed, Outgoing, exchange};
use super::wait::NoLease;
pub(super) use fetch::{Fetch, fetch};
use judged::judge;
pub(super) use tries::Tries;
use tries::elsewhere;

/// How the attempts ended.
pub(super) enum Attempted {
    /// With an answer for the client.
    Answer(Box<Answer>),
    /// Without one. `further`: whether another upstream may be asked.
    Refused { rejection: Rejection, further: bool },
    /// The client went away first.
    ClientGone,
}

impl Attempted {
    /// What a client hears for whom there is no lease: where another attempt had failed, why.
    fn without_lease(none: NoLease, words: Option<Rejection>) -> Self {
        match none {
            NoLease::ClientGone => Self::ClientGone,
            NoLease::Refused(rejection) => Self::Refused {
                rejection: words.unwrap_or(rejection),
                further: true,
            },
        }
    }
}

/// An answer to relay: its head is read, of its body what the judge needed.
pub(super) struct Answer {
    pub(super) exchange: Exchange,
    pub(super) lease: LeaseGuard,
    pub(super) verdict: Verdict,
    pub(super) retry_after: Option<Duration>,
}

/// What one attempt came to.
struct Tried {
    verdict: Verdict,
    retry_after: Option<Duration>,
    /// `Err` when no answer came.
    answer: Result<Exchange, Failed>,
}

impl Tried {
    fn end(&self, (began, now): (Moment, Moment)) -> AttemptEnd<'_> {
        let head = self.answer.as_ref().ok().and_then(Exchange::head);
        AttemptEnd {
            began,
            now,
            status: head.map(|head| head.status.as_u16()),
            retry_after: self.retry_after,
            verdict: &self.verdict,
        }
    }
}

/// How one attempt ended.
enum Once {
    Tried(Tried),
    /// The client went away, and the upstream has ended like this.
    Left(Verdict),
    /// The client went away, and the upstream was cut off.
    Dropped,
    /// A plug-in refused the attempt before anything was sent.
    Refused(Rejection),
}

/// Whether a gateway says with this status that it no longer waits for the upstream, which works on.
fn gave_up(status: u16) -> bool {
    matches!(status, 504 | 520 | 524)
}

/// The end of an answer that broke off.
pub(super) const fn cut(reused_connection: bool) -> End<'static> {
    End::Failed {
        stage: Stage::Body,
        timed_out: false,
        reused_connection,
    }
}

impl Edge {
    /// Tries until there is an answer for the client.
    pub(super) async fn attempt(
        &self,
        session: &mut Session,
        outgoing: &Outgoing<'_>,
        purse: Option<Purse>,
        noted: &mut Noted,
    ) -> Attempted {
        let relay = outgoing.relay;
        let mut tries = Tries::default();
        let want = tries.want(relay, purse.as_ref());
        let lease = match self.lease(session, relay, &want, &mut noted.course).await {
            Ok(lease) => lease,
            Err(none) => return Attempted::without_lease(none, None),
        };
        // From here on, so that neither a slow upload nor the queue looks like a slow upstream.
        let mut began = lease.since();
        let total = relay.upstream.upstream.timeouts.total;
        let deadline = *noted.course.waited.deadline.get_or_insert(began + total);
        let mut lease = LeaseGuard::new(&relay.upstream, lease, purse, relay.model.clone());
        loop {
            noted.tries(&lease);
            let on = (&mut lease, &mut tries.egress);
            let tried = match self.once(session, on, (outgoing, noted), (began, deadline)).await {
                Once::Tried(tried) => tried,
                Once::Left(verdict) => {
                    noted.course.was_left(self.clock.now());
                    noted.ends(relay, &lease, &verdict);
                    lease.end(&verdict, None);
                    return Attempted::ClientGone;
                }
                // The lease sees for itself how to end.
                Once::Dropped => {
                    noted.course.was_left(self.clock.now());
                    return Attempted::ClientGone;
                }
                Once::Refused(rejection) => {
                    return Attempted::Refused {
                        rejection,
                        further: false,
                    };
                }
            };
            noted
                .course
                .was_tried(&lease, &tried.end((began, self.clock.now())));
            learn_model(&tried.verdict, &mut lease, session, outgoing);
            let again = tries.go_on(&tried.verdict, &lease, relay.upstream.upstream.attempts);
            if !again || self.clock.now() >= deadline {
                return self.conclude(tried, lease).await;
            }
            note_another(&tried.verdict, outgoing);
            if tries.same_will_do(&tried, &lease, relay) {
                self.let_go(tried.answer).await;
                began = self.clock.now();
                continue;
            }
            // Off the usual way, so its future is not part of every request's.
            match Box::pin(self.next_way(session, (outgoing, &mut tries), (tried, lease), noted)).await {
                Ok(next) => lease = next,
                Err(attempted) => return attempted,
            }
            began = self.clock.now();
        }
    }

    /// The lease for the next attempt: on what is free now or, where nothing is, after another wait.
    async fn next_way(
        &self,
        session: &mut Session,
        (outgoing, tries): (&Outgoing<'_>, &mut Tries),
        (tried, mut lease): (Tried, LeaseGuard),
        noted: &mut Noted,
    ) -> Result<LeaseGuard, Attempted> {
        let relay = outgoing.relay;
        let Tried {
            verdict,
            retry_after,
            answer,
        } = tried;
        match elsewhere(&lease, tries, relay) {
            Ok(next) => {
                lease.replace(next, &verdict, retry_after);
                self.let_go(answer).await;
                return Ok(lease);
            }
            Err(no_way)
                if tries.may_wait(no_way)
                    && !noted
                        .course
                        .waited
                        .left(relay.max_wait, || self.clock.now())
                        .is_zero() => {}
            Err(_) => {
                let tried = Tried {
                    verdict,
                    retry_after,
                    answer,
                };
                return Err(self.conclude(tried, lease).await);
            }
        }
        tries.wait();
        let model = relay.model.clone();
        let upstream = &relay.upstream;
        let purse = lease.end(&verdict, retry_after);
        self.let_go(answer).await;
        let want = tries.want(relay, purse.as_ref());
        match self.lease(session, relay, &want, &mut noted.course).await {
            Ok(next) => Ok(LeaseGuard::new(upstream, next, purse, model)),
            Err(none) => Err(Attempted::without_lease(none, shown(&verdict, retry_after))),
        }
    }

    /// Lets an answer go that is not for the client.
    async fn let_go(&self, answer: Result<Exchange, Failed>) {
        if let Ok(exchange) = answer {
            exchange.finish(&self.connector).await;
        }
    }

    /// One attempt, to its verdict.
    async fn once(
        &self,
        session: &mut Session,
        (lease, exits): (&mut LeaseGuard, &mut egress::Tries),
        (outgoing, noted): (&Outgoing<'_>, &mut Noted),
        (began, deadline): (Moment, Moment),
    ) -> Once {
        let settings = &outgoing.relay.upstream.upstream;
        let pace = Pace {
            clock: self.clock,
            idle: settings.timeouts.idle,
            deadline,
        };
        let request = outgoing.request(session.req_header(), lease);
        let request = request.map(|request| request.under(noted.course.span.as_deref(), settings.kind));
        if let Some(rejection) = outgoing.relay.plugins.as_ref().and_then(|p| p.take_refusal()) {
            return Once::Refused(rejection);
        }
        lease.out = true;
        let since = self.clock.micros();
        let (ended, client_left) = {
            let out = (outgoing.relay.exits.as_ref(), exits);
            let sending = exchange(&self.connector, lease, out, request, pace);
            let mut sending = std::pin::pin!(sending);
            let ended = tokio::select! {
                biased;
                ended = &mut sending => Some(ended),
                () = left(session, outgoing.relay.plugins.as_deref()) => None,
            };
            match (ended, settings.kind) {
                (Some(ended), _) => (ended, false),
                // Nothing is gained by an answer that nobody waits for: the drop closes the connection.
                (None, Kind::Openai | Kind::Http) => return Once::Dropped,
                // The account is busy until the upstream has ended, whether we listen or not.
                (None, Kind::Novelai) => (sending.await, true),
            }
        };
        match &ended {
            Ok(exchange) => {
                lease.first_byte = Some(self.clock.now().since(began));
                lease.broke = exchange.head().is_some_and(|head| gave_up(head.status.as_u16()));
            }
            Err(failed) => {
                lease.out = !matches!(failed.stage, Stage::Proxy | Stage::Connect);
                lease.broke = matches!(failed.stage, Stage::FirstByte | Stage::Body);
            }
        }
        let tried = judge(&settings.judge, ended).await;
        noted.was_away(since, &self.clock);
        if client_left {
            let to = (outgoing.relay, noted);
            return Once::Left(Box::pin(self.read_out(to, tried, lease)).await);
        }
        Once::Tried(tried)
    }

    /// Reads an answer that nobody waits for to its end, and says what it showed.
    async fn read_out(
        &self,
        (relay, noted): (&Relay, &mut Noted),
        tried: Tried,
        lease: &mut LeaseGuard,
    ) -> Verdict {
        let Ok(mut exchange) = tried.answer else {
            return tried.verdict;
        };
        if let Some(head) = exchange.head() {
            let (from, seen) = ((&relay.upstream, &*lease), (head.status, &head.headers));
            noted.metering = self.metering(noted.endpoint, from, seen, relay.body_bytes);
        }
        loop {
            match exchange.next().await {
                Ok(Some(piece)) => metering::observe(&mut noted.metering, Some(piece)),
                Ok(None) => break,
                Err(_) => {
                    lease.broke = true;
                    return relay.upstream.upstream.judge.judge(&cut(exchange.reused));
                }
            }
        }
        exchange.finish(&self.connector).await;
        tried.verdict
    }

    /// What the client gets when there is no further attempt: the answer itself where it is about the
    /// client's request, else the relay's own words. A pool key's trouble is never shown as the client's.
    async fn conclude(&self, tried: Tried, lease: LeaseGuard) -> Attempted {
        let Tried {
            verdict,
            retry_after,
            mut answer,
        } = tried;
        let further = verdict.retry != Retry::Never;
        if let (Ok(exchange), Some(key)) = (&mut answer, lease.key())
            && exchange.is_error()
            && !Box::pin(exchange.blot_out(&key.credential)).await
        {
            lease.end(&verdict, retry_after);
            let rejection = Code::UpstreamBroken.into();
            return Attempted::Refused { rejection, further };
        }
        match (rejection(&verdict, retry_after, &answer), answer) {
            (None, Ok(exchange)) => Attempted::Answer(Box::new(Answer {
                exchange,
                lease,
                verdict,
                retry_after,
            })),
            (rejection, answer) => {
                tracing::info!(rule = %verdict.rule, outcome = ?verdict.outcome, "no attempt succeeded");
                lease.end(&verdict, retry_after);
                if let Ok(exchange) = answer {
                    Box::pin(exchange.finish(&self.connector)).await;
                }
                let rejection = rejection.unwrap_or_else(|| Code::Internal.into());
                Attempted::Refused { rejection, further }
            }
        }
    }
}

fn note_another(verdict: &Verdict, outgoing: &Outgoing<'_>) {
    let request = outgoing.request_id.as_str();
    tracing::debug!(request, rule = %verdict.rule, "trying again");
}

/// Where a key may not serve a model, the model matters: for this lease and, from now on, for all
/// requests of the upstream.
fn learn_model(verdict: &Verdict, lease: &mut LeaseGuard, session: &Session, outgoing: &Outgoing<'_>) {
    let relay = outgoing.relay;
    if verdict.scope == Scope::KeyModel && relay.model.is_none() {
        relay.upstream.models_matter.store(true, Ordering::Relaxed);
        lease.model = relay.model_in(&session.req_header().headers, &outgoing.body);
    }
}

fn rejection(
    verdict: &Verdict,
    retry_after: Option<Duration>,
    answer: &Result<Exchange, Failed>,
) -> Option<Rejection> {
    match answer {
        Ok(_) => shown(verdict, retry_after),
        Err(failed) => {
            if let Some(cause) = &failed.cause {
                tracing::info!(stage = ?failed.stage, kind = cause.etype().as_str(), "the upstream gave no answer");
            }
            Some(no_answer(verdict, failed.stage, failed.timed_out))
        }
    }
}
