//! What plug-ins make of answers: heads, pieces, whole bodies, and what goes out under the head of heartbeats.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, StatusCode};
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use pingora::{Error, ErrorType};
use potluck_filters::model::Kind;
use potluck_filters::rejection::{Code, Rejection};

use crate::edge::Edge;
use crate::edge::attempt::Answer as UpstreamAnswer;
use crate::edge::downstream::Downstream;
use crate::edge::exchange::BLOTTED;
use crate::edge::heart::{Heart, error_event, left};
use crate::edge::plan::{No, Relay};
use crate::edge::proxy::Context;
use crate::edge::relay::{client_gone, is_event_stream};
use crate::plugin::{Deliver, Refused, Running, Source};

/// What of a piece goes to the client, after plug-ins and for heartbeats to know.
pub(in crate::edge) fn piece(
    relay: &Relay,
    piece: Option<Bytes>,
    end: bool,
) -> Result<Option<Bytes>, Refused> {
    let Some(running) = &relay.plugins else {
        return Ok(piece);
    };
    let out = running
        .on_piece(piece, end)
        .map_err(|rejection| running.keep_refusal(rejection))?;
    if let (Some(heart), Some(bytes)) = (running.heart.get(), &out) {
        heart.wrote(bytes);
    }
    Ok(out)
}

/// Whether nothing more can go to the client.
pub(in crate::edge) fn torn(relay: &Relay) -> bool {
    heart(relay).is_some_and(Heart::torn)
}

fn heart(relay: &Relay) -> Option<&Heart> {
    relay.plugins.as_ref()?.heart.get()
}

/// What plug-ins make of the head of an answer, and what they want of its body.
pub(in crate::edge) fn answer(
    relay: &Relay,
    status: &mut StatusCode,
    headers: &mut HeaderMap,
) -> Result<Deliver, Rejection> {
    let Some(running) = &relay.plugins else {
        return Ok(Deliver::Pass);
    };
    let deliver = running.on_response(Source::Upstream, status, headers)?;
    let bodiless = matches!(status.as_u16(), 101 | 204 | 304);
    if bodiless || *running.about().method() == Method::HEAD {
        // There is nothing to deliver, and a length speaks of a body that others get.
        return Ok(Deliver::Pass);
    }
    if deliver == Deliver::Chunks {
        headers.remove(CONTENT_LENGTH);
    }
    Ok(deliver)
}

/// What goes out of an answer's head: none where heartbeats have taken its place. `None` where they have, and the
/// answer is no stream of events as theirs is.
pub(in crate::edge) fn shown(
    relay: &Relay,
    head: Box<ResponseHeader>,
    is_events: &mut bool,
) -> Option<Option<Box<ResponseHeader>>> {
    let Some(heart) = heart(relay) else {
        return Some(Some(head));
    };
    let committed = heart.committed();
    if committed {
        *is_events = is_event_stream(&head.headers);
        if !(*is_events && head.status.is_success()) {
            return None;
        }
    }
    heart.answered(*is_events);
    Some((!committed).then_some(head))
}

impl Edge {
    /// Reads an answer whole, for plug-ins that asked for all of it, and gives what they made of it.
    pub(in crate::edge) async fn relay_whole(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &Relay,
        (mut status, mut headers): (StatusCode, HeaderMap),
        (answer, most): (Box<UpstreamAnswer>, usize),
    ) -> Result<(), Box<Error>> {
        let since = self.clock.micros();
        let collected = self.collected(session, ctx, relay, (answer, most)).await;
        ctx.noted.was_away(since, &self.clock);
        let collected = match collected {
            Ok(Some(body)) => {
                if let Some(watch) = &mut ctx.watch {
                    self.objects.look(watch, &body);
                }
                match &relay.plugins {
                    Some(running) => running.on_whole(Source::Upstream, &mut status, &mut headers, body),
                    None => Ok(body),
                }
            }
            Ok(None) => return Err(client_gone()),
            Err(rejection) => Err(rejection),
        };
        let body = match collected {
            Ok(body) => body,
            Err(rejection) => return self.refuse(session, ctx, No::left(relay, rejection)).await,
        };
        ctx.body_bytes += body.len() as u64;
        ctx.noted.answers(&self.clock);
        if let Some(heart) = heart(relay).filter(|heart| heart.committed()) {
            return finish(session, heart, body).await;
        }
        let remaining = relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        headers.remove(http::header::TRANSFER_ENCODING);
        for (name, value) in self.signature(&ctx.request_id, remaining) {
            headers.insert(name, value);
        }
        let (mut parts, ()) = http::Response::new(()).into_parts();
        (parts.status, parts.headers) = (status, headers);
        self.write_reply(session, parts.into(), body).await
    }

    /// An answer's body to its end; nothing where the client left. novelai is read on whatever the client does.
    async fn collected(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &Relay,
        (mut answer, most): (Box<UpstreamAnswer>, usize),
    ) -> Result<Option<Bytes>, Rejection> {
        let stays = relay.upstream.upstream.kind == Kind::Novelai;
        let mut body = bytes::BytesMut::new();
        loop {
            let next = tokio::select! {
                biased;
                next = answer.exchange.next() => next,
                () = left(session, relay.plugins.as_deref()), if !stays => return Ok(None),
            };
            match next {
                Ok(Some(piece)) if body.len() + piece.len() <= most => {
                    body.extend_from_slice(&piece);
                    if let Some(metering) = &mut ctx.noted.metering {
                        metering.observe(&piece);
                    }
                }
                Ok(Some(_)) => {
                    tracing::error!(most, "an answer is longer than its plug-in takes");
                    self.let_end(answer, relay).await;
                    return Err(Code::PluginFailed.into());
                }
                Ok(None) => {
                    self.end(answer).await;
                    return Ok(Some(body.freeze()));
                }
                Err(_) => {
                    answer.cut(relay);
                    return Err(Code::UpstreamBroken.into());
                }
            }
        }
    }

    /// Lets an answer end that is not for the client: novelai is read to its end, the others are cancelled.
    pub(in crate::edge) async fn let_end(&self, mut answer: Box<UpstreamAnswer>, relay: &Relay) {
        match relay.upstream.upstream.kind {
            Kind::Openai | Kind::Http => drop(answer),
            Kind::Novelai => loop {
                match answer.exchange.next().await {
                    Ok(Some(_)) => {}
                    Ok(None) => return self.end(answer).await,
                    Err(_) => return answer.cut(relay),
                }
            },
        }
    }

    /// Tells the client that a plug-in stopped its answer, where it can still be told.
    pub(in crate::edge) async fn stopped(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &Relay,
        (out, can_say_so): (Downstream, bool),
    ) -> Result<(), Box<Error>> {
        let refusal = relay.plugins.as_ref().and_then(|running| running.take_refusal());
        let no = No::left(relay, refusal.unwrap_or(Code::PluginFailed.into()));
        if session.as_downstream().response_written().is_none() {
            return self.refuse(session, ctx, no).await;
        }
        ctx.code = Some(no.rejection.code);
        if !can_say_so {
            return Err(
                Error::explain(ErrorType::ConnectionClosed, "a plug-in stopped the answer").into_in(),
            );
        }
        let rendered = no.rejection.render(no.dialect, ctx.request_id.as_str());
        let tasks = vec![HttpTask::Body(Some(error_event(&rendered.body)), true)];
        out.write(session, tasks).await
    }

    /// What came in place of a stream of events, under whose head heartbeats have gone out already.
    pub(in crate::edge) async fn relay_as_event(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &Relay,
        answer: Box<UpstreamAnswer>,
    ) -> Result<(), Box<Error>> {
        let most = BLOTTED;
        let rejection = match self.collected(session, ctx, relay, (answer, most)).await {
            Ok(Some(body)) if !body.is_empty() => {
                let Some(heart) = heart(relay) else { return Ok(()) };
                let event = error_event(&body);
                ctx.body_bytes += event.len() as u64;
                return finish(session, heart, event).await;
            }
            Ok(Some(_)) => Code::UpstreamBroken.into(),
            Ok(None) => return Err(client_gone()),
            Err(rejection) => rejection,
        };
        self.refuse(session, ctx, No::left(relay, rejection)).await
    }
}

/// An answer of the relay's own, as the route's plug-ins want it.
pub(in crate::edge) fn own_answer(
    running: &Running,
    head: &ResponseHeader,
    body: Bytes,
) -> (ResponseHeader, Bytes) {
    let mut parts = head.as_owned_parts();
    let body = running.on_own_answer(&mut parts.status, &mut parts.headers, body);
    (parts.into(), body)
}

/// Ends a stream of events under whose head heartbeats went out. `false` where there is no such stream.
pub(in crate::edge) async fn refuse_in_stream(
    session: &mut Session,
    running: Option<&Running>,
    (head, body): (&ResponseHeader, &Bytes),
) -> Result<bool, Box<Error>> {
    let Some((running, heart)) = running.and_then(|running| Some((running, running.heart.get()?))) else {
        return Ok(false);
    };
    if !heart.committed() {
        return Ok(false);
    }
    let (_, body) = own_answer(running, head, body.clone());
    finish(session, heart, error_event(&body)).await.map(|()| true)
}

async fn finish(session: &mut Session, heart: &Heart, rest: Bytes) -> Result<(), Box<Error>> {
    if heart.torn() {
        return Err(Error::explain(ErrorType::WriteTimedout, "the client does not read").into_down());
    }
    let tasks = vec![HttpTask::Body(Some(rest), true)];
    heart.out().write(session, tasks).await
}
