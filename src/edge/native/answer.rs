//! What comes back on Pingora's own path: judged, stripped, signed, and the lease given back.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, StatusCode};
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorSource, ErrorType};
use potluck_filters::inject::answer_passes;
use potluck_filters::judge::{End, Stage, Verdict, retry_after, shown};
use potluck_filters::model::Kind;
use potluck_filters::rejection::Rejection;

use super::{Native, plan_of};
use crate::clock::unix_ms;
use crate::edge::Edge;
use crate::edge::exchange::BLOTTED;
use crate::edge::guard::LeaseGuard;
use crate::edge::plan::No;
use crate::edge::proxy::Context;
use crate::edge::relay::Relayed;
use crate::plugin::Source;

impl Edge {
    /// Headers of the answer, stripped and signed; or an end to the attempt, where the answer is about
    /// the pool's key and not for the client.
    pub(in crate::edge) fn native_answer(
        &self,
        answer: &mut ResponseHeader,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        if answer.status.is_informational() {
            return Ok(());
        }
        let request_id = ctx.request_id.clone();
        let Context { native, noted, .. } = ctx;
        let native = plan_of(native)?;
        native.answered = Some(answer.status);
        noted.was_away(native.since, &self.clock);
        self.admit_answer(native, answer)?;
        noted.answers(&self.clock);
        if let Some(lease) = &native.lease {
            let (from, seen) = ((&native.relay.upstream, lease), (answer.status, &answer.headers));
            noted.metering = self.metering(noted.endpoint, from, seen, native.passed);
        }
        let kind = native.relay.upstream.upstream.kind;
        let gone: Vec<HeaderName> = answer
            .headers
            .iter()
            .filter(|(name, value)| !answer_passes(kind, name) || native.repeats(value.as_bytes()))
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            answer.remove_header(&name);
        }
        if let Some(running) = native.relay.plugins.clone() {
            let mut parts = answer.as_owned_parts();
            let done = running.on_response(Source::Upstream, &mut parts.status, &mut parts.headers);
            done.map_err(|rejection| native.refused(rejection))?;
            *answer = parts.into();
        }
        let remaining = native.relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        if self.settings.server_timing
            && let Some((name, value)) = self.times_told(noted)
        {
            answer.append_header(name, value)?;
        }
        self.sign(answer, &request_id, remaining)
    }

    fn admit_answer(&self, native: &mut Native, answer: &ResponseHeader) -> pingora::Result<()> {
        let verdict = native.verdict(answer);
        let after = retry_after(&answer.headers, unix_ms());
        let Some(rejection) = shown(&verdict, after) else {
            return Ok(());
        };
        native.refusal = Some(rejection);
        // What was sent of the body cannot be sent again.
        let mut error = Error::explain(ErrorType::HTTPStatus(answer.status.as_u16()), "refused").into_up();
        error.set_retry(false);
        Err(error)
    }

    /// What to say of an error on this path.
    pub(in crate::edge) fn native_words(&self, ctx: &mut Context, error: &Error) -> No {
        let kind = ctx.dialect.unwrap_or(Kind::Http);
        let Some(native) = &mut ctx.native else {
            return No::new(kind, Self::words_for(error));
        };
        let rejection = native.refusal.clone().unwrap_or_else(|| Self::words_for(error));
        No::left(&native.relay, rejection)
    }

    /// The time of a request is bounded on this path, too, and no error's body
    /// passes before it was searched for the pool key.
    pub(in crate::edge) fn native_piece(
        &self,
        body: &mut Option<Bytes>,
        end: bool,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        let late = |native: &Native| self.clock.now() >= native.deadline;
        if ctx.native.as_deref().is_some_and(late) {
            return Err(Error::explain(ErrorType::ReadTimedout, "the request's time is up").into_up());
        }
        if let (Some(metering), Some(piece)) = (&mut ctx.noted.metering, &*body) {
            metering.observe(piece);
        }
        let erred = |native: &Native| native.answered.is_some_and(|status| status.as_u16() >= 400);
        match ctx.native.as_deref_mut().filter(|native| erred(native)) {
            Some(native) => native.search(body, end),
            None => Ok(()),
        }
    }

    /// The request has ended, one way or the other: judge it and give the lease back.
    pub(in crate::edge) fn native_end(&self, ctx: &mut Context, error: Option<&Error>) {
        let Some(mut native) = ctx.native.take() else {
            return;
        };
        ctx.relayed = native
            .answered
            .filter(|_| native.refusal.is_none())
            .map(|_| ended(error));
        let Some(lease) = native.lease.take() else { return };
        let upstream_broke = error.filter(|error| *error.esource() == ErrorSource::Upstream);
        let verdict = match (native.answered, upstream_broke) {
            (Some(_), Some(error)) if native.refusal.is_none() => native.failed(Stage::Body, error),
            (Some(status), _) => native.by_status(status, None),
            (None, Some(error)) => native.failed(Stage::FirstByte, error),
            // Nothing was learned: the guard gives the lease back.
            (None, None) => return,
        };
        let end = native.end(&verdict, self.clock.now());
        ctx.noted.course.was_tried(&lease, &end);
        lease.end(&verdict, None);
    }
}

/// How an answer ended that had begun.
fn ended(error: Option<&Error>) -> Relayed {
    match error.map(Error::esource) {
        None => Relayed::Whole,
        Some(ErrorSource::Downstream) => Relayed::ClientGone,
        Some(ErrorSource::Upstream | ErrorSource::Internal | ErrorSource::Unset) => Relayed::Cut,
    }
}

impl Native {
    /// A plug-in refused to go on.
    pub(super) fn refused(&mut self, rejection: Rejection) -> Box<Error> {
        self.refusal = Some(rejection);
        Error::explain(ErrorType::InternalError, "a plug-in refused").into_in()
    }

    fn repeats(&self, bytes: &[u8]) -> bool {
        let key = self.lease.as_ref().and_then(LeaseGuard::key);
        key.is_some_and(|key| key.credential.is_in(bytes))
    }

    /// Holds an error's body back to its end, and blots the pool key out.
    fn search(&mut self, body: &mut Option<Bytes>, end: bool) -> pingora::Result<()> {
        let Some(key) = self.lease.as_ref().and_then(LeaseGuard::key) else {
            return Ok(());
        };
        self.erred.extend_from_slice(&body.take().unwrap_or_default());
        if self.erred.len() > BLOTTED {
            return Err(Error::explain(ErrorType::ReadError, "an error's body is too long").into_up());
        }
        if end {
            key.credential.blot_out(&mut self.erred);
            *body = Some(self.erred.split().freeze());
        }
        Ok(())
    }

    fn verdict(&self, answer: &ResponseHeader) -> Verdict {
        let content_type = answer.headers.get(CONTENT_TYPE);
        self.by_status(answer.status, content_type.and_then(|value| value.to_str().ok()))
    }

    fn by_status(&self, status: StatusCode, content_type: Option<&str>) -> Verdict {
        let end = End::Answer {
            status: status.as_u16(),
            content_type,
            body: &[],
        };
        self.relay.upstream.upstream.judge.judge(&end)
    }

    fn failed(&self, stage: Stage, error: &Error) -> Verdict {
        let timed_out = matches!(error.etype(), ErrorType::ReadTimedout | ErrorType::WriteTimedout);
        let end = End::Failed {
            stage,
            timed_out,
            reused_connection: self.reused,
        };
        self.relay.upstream.upstream.judge.judge(&end)
    }
}
