//! The attempts of one request: lease, send, judge, and again elsewhere where the judge allows it.
//!
//! Invariant: the next lease is taken before an answer in hand is let go, so that a request that finds
//! no other way still gets the answer it had. Nothing was relayed before this loop is left.

use std::time::Duration;

use http::HeaderMap;
use pingora::proxy::Session;
use potluck_filters::id::PoolKeyId;
use potluck_filters::judge::{End, JudgeTable, Outcome, Retry, Scope, Verdict, retry_after};
use potluck_filters::model::Kind;
use potluck_filters::pool::Want;
use potluck_filters::rejection::{Code, LimitSource, Rejection};
use potluck_filters::time::Moment;

use super::Edge;
use super::exchange::{Exchange, Pace};
use super::guard::{LeaseGuard, no_lease};
use super::plan::Relay;
use super::send::{Failed, Outgoing, exchange};
use crate::clock::unix_ms;

/// As much of an error's body as the judge looks at.
const JUDGED: usize = 4096;

/// How the attempts ended.
pub(super) enum Attempted {
    /// With an answer for the client.
    Answer(Box<Answer>),
    /// Without one.
    Refused(Rejection),
    /// The client went away first.
    ClientGone,
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

/// What this request has tried, and how often.
#[derive(Default)]
pub(super) struct Tries {
    count: u8,
    elsewhere: bool,
    keys: Vec<PoolKeyId>,
    nodes: Vec<usize>,
}

impl Tries {
    pub(super) fn want<'a>(&'a self, relay: &Relay) -> Want<'a> {
        Want {
            role: relay.role,
            operator_owned_only: relay.operator_owned_only,
            tried_keys: &self.keys,
            tried_nodes: &self.nodes,
        }
    }

    /// Notes what an attempt showed and says whether another may follow.
    pub(super) fn go_on(&mut self, verdict: &Verdict, lease: &LeaseGuard, attempts: u8) -> bool {
        self.count += 1;
        let again = match verdict.retry {
            Retry::Never => false,
            Retry::NextKey => true,
            Retry::ElsewhereOnce => !std::mem::replace(&mut self.elsewhere, true),
        };
        match verdict.scope {
            // Nothing was wrong with either (a connection had gone stale): the same will do.
            Scope::None => {}
            // The way out may differ from key to key, too.
            Scope::Key | Scope::KeyModel | Scope::Proxy | Scope::Upstream => self.keys.extend(lease.key_id()),
            Scope::Node => self.nodes.push(lease.node_index()),
        }
        again && self.count < attempts
    }
}

impl Edge {
    /// Tries until there is an answer for the client.
    pub(super) async fn attempt(
        &self,
        session: &mut Session,
        outgoing: &Outgoing<'_>,
        deadline: Moment,
    ) -> Attempted {
        let relay = outgoing.relay;
        let upstream = &relay.upstream;
        let mut tries = Tries::default();
        let mut lease = match LeaseGuard::acquire(upstream, &tries.want(relay), self.clock) {
            Ok(lease) => lease,
            Err(no_way) => return Attempted::Refused(no_lease(no_way)),
        };
        loop {
            let Some(tried) = self.once(session, &lease, outgoing, deadline).await else {
                return Attempted::ClientGone;
            };
            let again = tries.go_on(&tried.verdict, &lease, upstream.upstream.attempts);
            if !again || self.clock.now() >= deadline {
                return self.conclude(tried, lease).await;
            }
            tracing::debug!(
                request = outgoing.request_id,
                rule = tried.verdict.rule,
                "trying again"
            );
            if tried.answer.is_err() && tried.verdict.scope == Scope::None {
                // Neither key nor node is to blame, and no other may be free: the same will do.
                continue;
            }
            let Some(next) = self.elsewhere(&mut tries, relay) else {
                return self.conclude(tried, lease).await;
            };
            std::mem::replace(&mut lease, next).end(&tried.verdict, tried.retry_after);
            if let Ok(exchange) = tried.answer {
                // Off the usual way, so its future is not part of every request's.
                Box::pin(exchange.finish(&self.connector)).await;
            }
        }
    }

    /// The next lease. Where every node has been tried, another key on a node that was tried will do.
    fn elsewhere(&self, tries: &mut Tries, relay: &Relay) -> Option<LeaseGuard> {
        let first = LeaseGuard::acquire(&relay.upstream, &tries.want(relay), self.clock);
        if first.is_ok() || tries.keys.is_empty() {
            return first.ok();
        }
        tries.nodes.clear();
        LeaseGuard::acquire(&relay.upstream, &tries.want(relay), self.clock).ok()
    }

    /// One attempt, to its verdict. `None` when the client went away.
    async fn once(
        &self,
        session: &mut Session,
        lease: &LeaseGuard,
        outgoing: &Outgoing<'_>,
        deadline: Moment,
    ) -> Option<Tried> {
        let settings = &outgoing.relay.upstream.upstream;
        let pace = Pace {
            clock: self.clock,
            idle: settings.timeouts.idle,
            deadline,
        };
        let sending = exchange(&self.connector, lease, outgoing, settings.timeouts, pace);
        let mut sending = std::pin::pin!(sending);
        let (ended, client_left) = tokio::select! {
            biased;
            ended = &mut sending => (Some(ended), false),
            _ = session.as_downstream_mut().read_body_or_idle(true) => (None, true),
        };
        let ended = match (ended, settings.kind) {
            (Some(ended), _) => ended,
            // Nothing is gained by an answer that nobody waits for: the drop closes the connection.
            (None, Kind::Openai | Kind::Http) => return None,
            // The account is busy until the upstream has ended, whether we listen or not.
            (None, Kind::Novelai) => sending.await,
        };
        let tried = judge(&settings.judge, ended).await;
        if client_left {
            if let Ok(exchange) = tried.answer {
                Box::pin(self.read_out(exchange)).await;
            }
            return None;
        }
        Some(tried)
    }

    /// Reads an answer that nobody waits for to its end.
    async fn read_out(&self, mut exchange: Exchange) {
        while let Ok(Some(_)) = exchange.next().await {}
        exchange.finish(&self.connector).await;
    }

    /// What the client gets when there is no further attempt: the answer itself where it is about the
    /// client's request, else the relay's own words. A pool key's trouble is never shown as the client's.
    async fn conclude(&self, tried: Tried, lease: LeaseGuard) -> Attempted {
        let Tried {
            verdict,
            retry_after,
            mut answer,
        } = tried;
        if let (Ok(exchange), Some(key)) = (&mut answer, lease.key())
            && exchange.is_error()
            && !Box::pin(exchange.blot_out(&key.credential)).await
        {
            lease.end(&verdict, retry_after);
            return Attempted::Refused(Code::UpstreamBroken.into());
        }
        match (rejection(&verdict, retry_after, &answer), answer) {
            (None, Ok(exchange)) => Attempted::Answer(Box::new(Answer {
                exchange,
                lease,
                verdict,
                retry_after,
            })),
            (rejection, answer) => {
                tracing::info!(rule = verdict.rule, outcome = ?verdict.outcome, "no attempt succeeded");
                lease.end(&verdict, retry_after);
                if let Ok(exchange) = answer {
                    Box::pin(exchange.finish(&self.connector)).await;
                }
                Attempted::Refused(rejection.unwrap_or_else(|| Code::Internal.into()))
            }
        }
    }
}

async fn judge(table: &JudgeTable, ended: Result<Exchange, Failed>) -> Tried {
    let mut exchange = match ended {
        Ok(exchange) => exchange,
        Err(failed) => {
            let end = End::Failed {
                stage: failed.stage,
                timed_out: failed.timed_out,
                reused_connection: failed.reused,
            };
            return Tried {
                verdict: table.judge(&end),
                retry_after: None,
                answer: Err(failed),
            };
        }
    };
    let Some(status) = exchange.head().map(|head| head.status.as_u16()) else {
        return Tried {
            verdict: Verdict::relay("no-head"),
            retry_after: None,
            answer: Ok(exchange),
        };
    };
    if (200..300).contains(&status) {
        let verdict = table.judge(&End::Answer {
            status,
            content_type: None,
            body: &[],
        });
        return Tried {
            verdict,
            retry_after: None,
            answer: Ok(exchange),
        };
    }
    // One that breaks off is judged by what came.
    let body = if table.needs_body(status) {
        exchange.peek(JUDGED).await
    } else {
        Vec::new()
    };
    let headers = exchange
        .head()
        .map_or_else(HeaderMap::new, |head| head.headers.clone());
    let content_type = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let verdict = table.judge(&End::Answer {
        status,
        content_type,
        body: &body,
    });
    Tried {
        verdict,
        retry_after: retry_after(&headers, unix_ms()),
        answer: Ok(exchange),
    }
}

fn rejection(
    verdict: &Verdict,
    retry_after: Option<Duration>,
    answer: &Result<Exchange, Failed>,
) -> Option<Rejection> {
    let words = words(verdict, retry_after);
    match answer {
        Ok(_) => words,
        Err(failed) => match verdict.outcome {
            Outcome::Busy | Outcome::Key | Outcome::Quota | Outcome::Relay => words,
            Outcome::Ok | Outcome::Client | Outcome::Upstream | Outcome::Egress => Some(no_answer(failed)),
        },
    }
}

/// The relay's own words for an answer that is not for the client.
pub(super) fn words(verdict: &Verdict, retry_after: Option<Duration>) -> Option<Rejection> {
    match verdict.outcome {
        Outcome::Ok | Outcome::Client | Outcome::Upstream => None,
        Outcome::Busy => {
            let busy = Rejection::new(Code::PoolBusy).limited_by(LimitSource::Upstream);
            Some(busy.after(retry_after.unwrap_or(Duration::from_secs(1))))
        }
        Outcome::Key | Outcome::Quota | Outcome::Relay => Some(Code::AttemptsExhausted.into()),
        Outcome::Egress => Some(Code::UpstreamUnreachable.into()),
    }
}

fn no_answer(failed: &Failed) -> Rejection {
    use potluck_filters::judge::Stage;
    if let Some(cause) = &failed.cause {
        tracing::info!(stage = ?failed.stage, kind = cause.etype().as_str(), "the upstream gave no answer");
    }
    match (failed.stage, failed.timed_out) {
        (Stage::Connect, _) => Code::UpstreamUnreachable.into(),
        (Stage::Send | Stage::FirstByte | Stage::Body, true) => Code::UpstreamTimeout.into(),
        (Stage::Send | Stage::FirstByte | Stage::Body, false) => Code::UpstreamBroken.into(),
    }
}
