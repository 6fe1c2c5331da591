//! The phases of a request, in Pingora's order. Each calls one named step.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::Digest;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource};
use potluck_filters::asking::Hiding;
use potluck_filters::framing::{self, Head};
use potluck_filters::model::Kind;
use potluck_filters::rejection::Code;
use potluck_filters::time::Moment;

use super::Edge;
use super::native::Native;
use super::noted::Noted;
use super::objects::Watch;
use super::plan::No;
use super::relay::Relayed;
use crate::clock::RequestId;
use crate::plugin::Running;

/// What is remembered of a request from phase to phase.
#[derive(Default)]
pub struct Context {
    pub(super) request_id: RequestId,
    pub(super) dialect: Option<Kind>,
    pub(super) status: Option<StatusCode>,
    pub(super) code: Option<Code>,
    pub(super) relayed: Option<Relayed>,
    pub(super) body_bytes: u64,
    /// The route's plug-ins, where it has any.
    pub(super) plugins: Option<Arc<Running>>,
    /// What goes into the books.
    pub(super) noted: Noted,
    /// Set while the answer may show an object that is to be remembered.
    pub(super) watch: Option<Box<Watch>>,
    /// Set while the answer has something that its client did not ask for.
    pub(super) hiding: Option<Box<Hiding>>,
    /// Set when the request goes on along Pingora's own path.
    pub(super) native: Option<Box<Native>>,
    /// It was for the control plane.
    pub(super) managed: bool,
    /// One request in flight. The last field, so that a lease is back before the request counts as ended.
    counted: Option<Arc<()>>,
}

impl Context {
    /// When its head had come.
    pub(super) fn started(&self) -> Moment {
        self.noted.course.began()
    }

    /// From now on nobody who stops waits for this request.
    pub(super) fn uncount(&mut self) {
        self.counted = None;
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.request_id.as_str())
            .finish_non_exhaustive()
    }
}

/// The edge as Pingora sees it.
#[derive(Clone, Debug)]
pub struct Proxy(pub Arc<Edge>);

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context {
            request_id: self.0.ids.next(),
            noted: Noted::begun(self.0.clock.micros()),
            ..Context::default()
        }
    }

    fn init_downstream_modules(&self, _modules: &mut pingora::modules::http::HttpModules) {
        // None: answers pass as they came, never compressed anew.
    }

    async fn early_request_filter(&self, session: &mut Session, ctx: &mut Context) -> pingora::Result<()> {
        ctx.counted = Some(Arc::clone(&self.0.in_flight));
        self.0.bound(session);
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, ctx: &mut Context) -> pingora::Result<bool> {
        if let Err(code) = self.0.framed(session) {
            // Where the next request begins is in doubt, too.
            session.as_downstream_mut().set_keepalive(None);
            ctx.noted.booked = true;
            return self
                .0
                .refuse(session, ctx, No::new(Kind::Http, code))
                .await
                .map(|()| true);
        }
        if self.0.health(session, ctx).await? || self.0.managed(session, ctx).await? {
            return Ok(true);
        }
        ctx.noted.booked = true;
        self.0.serve(session, ctx).await
    }

    async fn upstream_peer(
        &self,
        _session: &mut Session,
        ctx: &mut Context,
    ) -> pingora::Result<Box<HttpPeer>> {
        self.0.native_peer(ctx).await
    }

    fn fail_to_connect(
        &self,
        _session: &mut Session,
        _peer: &HttpPeer,
        ctx: &mut Context,
        error: Box<Error>,
    ) -> Box<Error> {
        self.0.native_connect_failed(ctx, error)
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        upstream_request: &mut RequestHeader,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        self.0.native_request(session, upstream_request, ctx)
    }

    async fn request_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<bytes::Bytes>,
        _end_of_stream: bool,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        self.0.native_body(body, ctx)
    }

    fn upstream_response_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<bytes::Bytes>,
        end_of_stream: bool,
        ctx: &mut Context,
    ) -> pingora::Result<Option<Duration>> {
        ctx.body_bytes += body.as_ref().map_or(0, bytes::Bytes::len) as u64;
        self.0.native_piece(body, end_of_stream, ctx).map(|()| None)
    }

    fn error_while_proxy(
        &self,
        _peer: &HttpPeer,
        _session: &mut Session,
        mut error: Box<Error>,
        _ctx: &mut Context,
        _client_reused: bool,
    ) -> Box<Error> {
        // What was sent of the body cannot be sent again.
        error.set_retry(false);
        error
    }

    async fn response_filter(
        &self,
        _session: &mut Session,
        upstream_response: &mut ResponseHeader,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        self.0.native_answer(upstream_response, ctx)
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, ctx: &mut Context) -> FailToProxy {
        let open = session
            .as_downstream()
            .response_written()
            .is_none_or(|head| head.status.is_informational());
        if open && *error.esource() != ErrorSource::Downstream {
            let no = self.0.native_words(ctx, error);
            // The client may be gone; then there is nobody to tell.
            let _ = self.0.refuse(session, ctx, no).await;
        }
        FailToProxy {
            error_code: ctx.status.map_or(0, |status| status.as_u16()),
            can_reuse_downstream: false,
        }
    }

    async fn logging(&self, session: &mut Session, error: Option<&Error>, ctx: &mut Context) {
        self.0.native_end(ctx, error);
        ctx.status = session.as_downstream().response_written().map(|head| head.status);
        let request = session.req_header();
        self.0.counted(ctx);
        self.0.access_line(ctx, &request.method, request.uri.path());
        self.0.end_span(ctx, session.req_header());
        self.0.book(session, ctx);
        self.0.hooked_end(ctx);
        ctx.counted = None;
    }

    fn suppress_error_log(&self, _session: &Session, _ctx: &Context, _error: &Error) -> bool {
        // Pingora's line has the target with its query; the access line says how a request ended.
        true
    }

    fn request_summary(&self, _session: &Session, ctx: &Context) -> String {
        ctx.request_id.as_str().to_owned()
    }

    async fn connected_to_upstream(
        &self,
        _session: &mut Session,
        reused: bool,
        _peer: &HttpPeer,
        #[cfg(unix)] _fd: std::os::unix::io::RawFd,
        _digest: Option<&Digest>,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        if let Some(native) = &mut ctx.native {
            native.connected(reused, self.0.clock.now());
        }
        Ok(())
    }
}

impl Edge {
    /// Time-outs of this connection: Pingora has none by default.
    fn bound(&self, session: &mut Session) {
        let settings = &self.settings;
        let down = session.as_downstream_mut();
        down.set_keepalive(Some(settings.keep_alive.as_secs().max(1)));
        down.set_read_timeout(Some(settings.client_read));
        down.set_write_timeout(Some(settings.client_write));
        down.set_total_drain_timeout(Some(settings.client_read));
        down.set_pipelining_enabled(true);
    }

    fn framed(&self, session: &Session) -> Result<(), Code> {
        let request = session.req_header();
        let head = Head {
            method: &request.method,
            uri: &request.uri,
            target: request.raw_path(),
            version: request.version,
            headers: &request.headers,
        };
        framing::check(&head, self.settings.head)?;
        if head.version < Version::HTTP_2 {
            framing::check_as_sent(&head, &session.as_downstream().to_h1_raw())
        } else {
            Ok(())
        }
    }
}
