//! What the relay asks an upstream for on its own account, with a pool key: small, and read whole.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use pingora::connectors::http::Connector;
use potluck_filters::cost::Price;
use potluck_filters::egress;
use potluck_filters::judge::{Outcome, Retry};
use potluck_filters::model::Role;
use potluck_filters::pool::Want;
use potluck_filters::rejection::{Code, Rejection};

use super::judged::judge;
use super::{cut, rejection};
use crate::clock::Clock;
use crate::edge::egress::Exits;
use crate::edge::exchange::{Exchange, Pace};
use crate::edge::guard::{LeaseGuard, no_lease};
use crate::edge::live::LiveUpstream;
use crate::edge::send::{Request, exchange};

/// Longest answer, in bytes.
const MOST: usize = 8 * 1024 * 1024;

/// With what the relay asks.
pub(in crate::edge) struct Fetch<'a> {
    pub(in crate::edge) connector: &'a Connector,
    pub(in crate::edge) clock: Clock,
    pub(in crate::edge) upstream: &'a Arc<LiveUpstream>,
    /// The outbound proxies that may be left through.
    pub(in crate::edge) exits: Option<&'a Arc<Exits>>,
    /// Whether only pool keys of operators may be used.
    pub(in crate::edge) operator_owned_only: bool,
}

/// The body of a `GET`, asked for with one pool key after the other as the judge allows it. Nobody waits
/// in the queue for this.
///
/// # Errors
/// Why there is none, in the words for whoever asked.
pub(in crate::edge) async fn fetch(asked: &Fetch<'_>, path: &str) -> Result<Bytes, Rejection> {
    let mut tried_keys = Vec::new();
    let mut last = None;
    for _ in 0..asked.upstream.upstream.attempts {
        let want = Want {
            role: Role::Any,
            operator_owned_only: asked.operator_owned_only,
            price: Price::FREE,
            most: u32::MAX,
            model: None,
            only_key: None,
            tried_keys: &tried_keys,
            tried_nodes: &[],
        };
        let lease = match asked.upstream.desk.ask_now(&want) {
            Ok(lease) => LeaseGuard::new(asked.upstream, lease, None, None),
            Err(no_way) => return Err(last.unwrap_or_else(|| no_lease(no_way))),
        };
        tried_keys.extend(lease.key_id());
        match once(asked, lease, path).await {
            Ok(body) => return Ok(body),
            Err((rejection, Retry::NextKey | Retry::ElsewhereOnce)) => last = Some(rejection),
            Err((rejection, Retry::Never)) => return Err(rejection),
        }
    }
    Err(last.unwrap_or_else(|| Code::AttemptsExhausted.into()))
}

async fn once(asked: &Fetch<'_>, mut lease: LeaseGuard, path: &str) -> Result<Bytes, (Rejection, Retry)> {
    let settings = &asked.upstream.upstream;
    let began = asked.clock.now();
    let pace = Pace {
        clock: asked.clock,
        idle: settings.timeouts.idle,
        deadline: began + settings.timeouts.total,
    };
    lease.out = true;
    let request = Request::get(path, &lease);
    let mut tries = egress::Tries::default();
    let out = (asked.exits, &mut tries);
    let ended = exchange(asked.connector, &mut lease, out, request, pace).await;
    if ended.is_ok() {
        lease.first_byte = Some(asked.clock.now().since(began));
    }
    let tried = judge(&settings.judge, ended).await;
    let (verdict, retry_after) = (tried.verdict, tried.retry_after);
    let words = rejection(&verdict, retry_after, &tried.answer);
    let exhausted = || Code::AttemptsExhausted.into();
    match tried.answer {
        Ok(answer) if verdict.outcome == Outcome::Ok => whole(asked, lease, answer, &verdict).await,
        Ok(answer) => {
            lease.end(&verdict, retry_after);
            answer.finish(asked.connector).await;
            Err((words.unwrap_or_else(exhausted), verdict.retry))
        }
        Err(_) => {
            lease.end(&verdict, retry_after);
            Err((words.unwrap_or_else(exhausted), verdict.retry))
        }
    }
}

async fn whole(
    asked: &Fetch<'_>,
    mut lease: LeaseGuard,
    mut answer: Exchange,
    verdict: &potluck_filters::judge::Verdict,
) -> Result<Bytes, (Rejection, Retry)> {
    let broken = || (Code::UpstreamBroken.into(), Retry::Never);
    let mut body = BytesMut::new();
    loop {
        match answer.next().await {
            Ok(Some(piece)) if body.len() + piece.len() <= MOST => body.extend_from_slice(&piece),
            Ok(None) => break,
            Ok(Some(_)) => {
                lease.end(verdict, None);
                return Err(broken());
            }
            Err(_) => {
                lease.broke = true;
                let verdict = asked.upstream.upstream.judge.judge(&cut(answer.reused));
                lease.end(&verdict, None);
                return Err(broken());
            }
        }
    }
    lease.end(verdict, None);
    answer.finish(asked.connector).await;
    Ok(body.freeze())
}
