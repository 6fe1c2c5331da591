//! A request's way from its plan to its answer: plug-ins, body, attempts, relay.

use std::sync::Arc;

use pingora::http::RequestHeader;
use pingora::proxy::Session;
use potluck_filters::model::Kind;
use potluck_filters::rejection::{Code, Rejection};

use super::attempt::Attempted;
use super::body::{self, Body};
use super::converse::is_upgrade;
use super::plan::{Asked, No, Plan, Relay};
use super::proxy::Context;
use super::relay::{Relayed, client_gone};
use super::send::Outgoing;
use super::{Edge, hooks};

impl Edge {
    /// From the plan to the answer. `false` hands the request to Pingora's own path.
    pub(super) async fn serve(&self, session: &mut Session, ctx: &mut Context) -> pingora::Result<bool> {
        self.begin_span(&session.req_header().headers, ctx);
        let plan = self.planned(session, ctx);
        let Some(mut relay) = self.answered(session, ctx, plan).await? else {
            return Ok(true);
        };
        ctx.dialect = Some(relay.upstream.upstream.kind);
        ctx.noted.tally = Some(Arc::clone(&relay.upstream.tally));
        if ctx.plugins.is_some() {
            relay.plugins.clone_from(&ctx.plugins);
            let hooked = self.hooked_head(session, &mut relay);
            let went_on = Box::pin(self.went_on(session, ctx, &mut relay, hooked)).await?;
            if went_on.is_none() {
                return Ok(true);
            }
        }
        let upstream = &relay.upstream.upstream;
        if relay.act.is_none() && is_upgrade(session, upstream.kind) {
            if let Some(rejection) = hooks::no_socket(&relay) {
                let no = No::refunded(*relay, rejection);
                return self.refuse(session, ctx, no).await.map(|()| true);
            }
            let mut relay = relay;
            relay.upgrade = true;
            return self
                .send(session, ctx, relay, bytes::Bytes::new())
                .await
                .map(|()| true);
        }
        let user = relay.client.as_ref().map(|client| client.user);
        let total = upstream.timeouts.total;
        let since = self.clock.micros();
        let body = body::read(session, upstream.bodies, relay.body, &self.memory, user, total).await;
        ctx.noted.was_away(since, &self.clock);
        match body {
            Ok(Body::Whole(body, held)) => {
                let served = self.send(session, ctx, relay, body).await;
                drop(held);
                served.map(|()| true)
            }
            Ok(Body::Past(start, held)) => {
                Box::pin(self.go_native(session, ctx, *relay, (start, held))).await
            }
            Err(code) => {
                session.as_downstream_mut().set_keepalive(None);
                self.refuse(session, ctx, No::refunded(*relay, code.into()))
                    .await
                    .map(|()| true)
            }
        }
    }

    /// Answers what goes to no upstream; what does comes back.
    async fn answered(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        plan: Result<Plan, No>,
    ) -> pingora::Result<Option<Box<Relay>>> {
        match plan {
            Ok(Plan::Relay(relay)) => return Ok(Some(relay)),
            Ok(Plan::Answer(which, dialect)) => {
                ctx.dialect = Some(dialect);
                if self.passes_plugins(session, ctx, dialect).await? {
                    self.account(session, ctx, which).await?;
                }
            }
            Ok(Plan::Own(body)) => {
                ctx.dialect = Some(Kind::Openai);
                if self.passes_plugins(session, ctx, Kind::Openai).await? {
                    self.own(session, ctx, body, None).await?;
                }
            }
            Ok(Plan::Models(relay, id)) => {
                let kind = relay.upstream.upstream.kind;
                ctx.dialect = Some(kind);
                if self.passes_plugins(session, ctx, kind).await? {
                    Box::pin(self.models(session, ctx, relay, id)).await?;
                }
            }
            Ok(Plan::Given(answer)) => self.given(session, ctx, answer, true).await?,
            Ok(Plan::Preflight) => self.preflight(session, ctx).await?,
            Err(no) => self.refuse(session, ctx, no).await?,
        }
        Ok(None)
    }

    fn planned(&self, session: &Session, ctx: &mut Context) -> Result<Plan, No> {
        let request = session.req_header();
        let target = std::str::from_utf8(request.raw_path());
        let asked = Asked {
            method: &request.method,
            target: target.map_err(|_| No::new(Kind::Http, Code::BadPath))?,
            host: host_of(request),
            headers: &request.headers,
            peer: session
                .client_addr()
                .and_then(|peer| peer.as_inet())
                .map(std::net::SocketAddr::ip),
            now: ctx.started(),
        };
        let begun = hooks::Begun {
            id: &ctx.request_id,
            plugins: &mut ctx.plugins,
        };
        self.plan(&self.live.load(), &asked, begun, &mut ctx.noted)
    }

    /// The body is there: admit its model, attempt, relay.
    async fn send(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        mut relay: Box<Relay>,
        mut body: bytes::Bytes,
    ) -> pingora::Result<()> {
        if relay.plugins.is_some() {
            let hooked = self.hooked_body(session, ctx, &mut relay, body);
            match Box::pin(self.went_on(session, ctx, &mut relay, hooked)).await? {
                Some(changed) => body = changed,
                None => return Ok(()),
            }
        }
        let headers = &session.req_header().headers;
        let read = self.read(&mut relay, headers, &body);
        self.note_model(&mut ctx.noted, &relay, headers, &body);
        if let Err(rejection) = read {
            return self.refuse(session, ctx, No::refunded(*relay, rejection)).await;
        }
        self.enter(ctx, &relay);
        let purse = match self.purse(&relay) {
            Ok(purse) => purse,
            Err(rejection) => return self.refuse(session, ctx, No::refunded(*relay, rejection)).await,
        };
        let body = if relay.body == potluck_filters::reach::BodyUse::None {
            bytes::Bytes::new()
        } else {
            body
        };
        let body = self.ask_usage(
            &mut relay,
            ctx.noted.endpoint,
            &session.req_header().headers,
            body,
        );
        let attempted = if relay.has_stand_ins() {
            // Off the usual way, so its future is not part of every request's.
            Box::pin(self.attempt_on_each(session, ctx, &mut relay, body)).await
        } else {
            let (relay, request_id) = (&*relay, &ctx.request_id);
            let outgoing = Outgoing {
                relay,
                request_id,
                body,
            };
            self.attempt(session, &outgoing, purse, &mut ctx.noted).await
        };
        match attempted {
            Attempted::Answer(answer) => self.relay(session, ctx, &relay, answer).await,
            Attempted::Refused { rejection, .. } => {
                self.refuse(session, ctx, unserved(relay, rejection)).await
            }
            Attempted::ClientGone => {
                ctx.relayed = Some(Relayed::ClientGone);
                Err(client_gone())
            }
        }
    }
}

/// No to a request that got no answer: its places in the windows are given back where no work was done.
fn unserved(relay: Box<Relay>, rejection: Rejection) -> No {
    let no_work = matches!(
        rejection.code,
        Code::PoolBusy | Code::PoolEmpty | Code::QueueFull | Code::Unaffordable | Code::ObjectUnavailable
    );
    if no_work {
        No::refunded(*relay, rejection)
    } else {
        No::left(&relay, rejection)
    }
}

/// The host that a request means, without its port.
pub(super) fn host_of(request: &RequestHeader) -> Option<&str> {
    let host = request.headers.get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    host.or_else(|| request.uri.authority().map(http::uri::Authority::as_str))
        .map(without_port)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}
