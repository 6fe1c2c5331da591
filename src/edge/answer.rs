//! Answers that the relay gives itself: refusals, account answers, preflights, health.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE,
    EXPECT,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use pingora::Error;
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use potluck_filters::account::{PoolFacts, render};
use potluck_filters::framing::content_length;
use potluck_filters::model::Kind;
use potluck_filters::reach::Synthetic;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::window::Remaining;

use super::decimal::decimal;
use super::downstream::Downstream;
use super::memory::FREE;
use super::plan::No;
use super::proxy::Context;
use super::{Edge, hooks};
use crate::clock::RequestId;

/// How long a small body is waited for that should come with its head.
const AT_HAND: Duration = Duration::from_secs(1);
/// How long, and how many bytes, an unwanted body is read after its answer.
const LINGER: Duration = Duration::from_secs(3);
const MOST_READ_OFF: usize = 256 * 1024 * 1024;
const EDGE: HeaderName = HeaderName::from_static("x-potluck-edge");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset-requests");

impl Edge {
    /// Headers that every answer carries.
    pub(super) fn signature(
        &self,
        request_id: &RequestId,
        remaining: Option<Remaining>,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let limits = remaining.map(|left| {
            let seconds = left.reset.as_millis().div_ceil(1000);
            [
                (LIMIT, decimal(left.limit.into(), "")),
                (REMAINING, decimal(left.remaining.into(), "")),
                (RESET, decimal(u64::try_from(seconds).unwrap_or(u64::MAX), "s")),
            ]
        });
        let always = [
            (REQUEST_ID, request_id.header()),
            (EDGE, self.settings.name.clone()),
        ];
        always.into_iter().chain(limits.into_iter().flatten())
    }

    /// Puts them into a head.
    pub(super) fn sign(
        &self,
        head: &mut ResponseHeader,
        request_id: &RequestId,
        remaining: Option<Remaining>,
    ) -> Result<(), Box<Error>> {
        self.signature(request_id, remaining)
            .try_for_each(|(name, value)| head.insert_header(name, value))
    }

    /// Says no, in the client's own error format.
    pub(super) async fn refuse(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        no: No,
    ) -> Result<(), Box<Error>> {
        ctx.code = Some(no.rejection.code);
        ctx.noted
            .course
            .was_refused(&no.rejection, no.remaining, self.clock.now());
        let rendered = no.rejection.render(no.dialect, ctx.request_id.as_str());
        let mut head = ResponseHeader::build(rendered.status, Some(10))?;
        head.insert_header(CONTENT_TYPE, rendered.content_type)?;
        for (name, value) in rendered.headers {
            head.insert_header(name, value)?;
        }
        if no.dialect == Kind::Novelai {
            // Browsers show an error's text only to pages that the answer lets in.
            head.insert_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")?;
        }
        self.sign(&mut head, &ctx.request_id, no.remaining)?;
        if hooks::refuse_in_stream(session, ctx.plugins.as_deref(), (&head, &rendered.body)).await? {
            return Ok(());
        }
        self.reply(session, ctx, head, rendered.body).await
    }

    /// Answers an account path for the pool as a whole.
    pub(super) async fn account(
        &self,
        session: &mut Session,
        ctx: &Context,
        which: Synthetic,
    ) -> Result<(), Box<Error>> {
        let mut head = ResponseHeader::build(StatusCode::OK, Some(6))?;
        head.insert_header(CONTENT_TYPE, "application/json")?;
        head.insert_header(CACHE_CONTROL, "no-store")?;
        head.insert_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")?;
        self.sign(&mut head, &ctx.request_id, None)?;
        self.reply(session, ctx, head, render(which, &PoolFacts::default()))
            .await
    }

    /// Answers with JSON that is for whoever asks alone.
    pub(super) async fn own(
        &self,
        session: &mut Session,
        ctx: &Context,
        body: Bytes,
        remaining: Option<Remaining>,
    ) -> Result<(), Box<Error>> {
        let mut head = ResponseHeader::build(StatusCode::OK, Some(9))?;
        head.insert_header(CONTENT_TYPE, "application/json")?;
        head.insert_header(CACHE_CONTROL, "no-store")?;
        self.sign(&mut head, &ctx.request_id, remaining)?;
        self.reply(session, ctx, head, body).await
    }

    /// Answers a browser's preflight as NovelAI does.
    pub(super) async fn preflight(&self, session: &mut Session, ctx: &Context) -> Result<(), Box<Error>> {
        let asked = session
            .req_header()
            .headers
            .get(ACCESS_CONTROL_REQUEST_HEADERS)
            .cloned();
        let mut head = ResponseHeader::build(StatusCode::NO_CONTENT, Some(6))?;
        head.insert_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")?;
        head.insert_header(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST")?;
        let asked = asked.unwrap_or(HeaderValue::from_static("Authorization, Content-Type"));
        head.insert_header(ACCESS_CONTROL_ALLOW_HEADERS, asked)?;
        head.insert_header(ACCESS_CONTROL_MAX_AGE, "600")?;
        self.sign(&mut head, &ctx.request_id, None)?;
        self.reply(session, ctx, head, Bytes::new()).await
    }

    /// Liveness and readiness, if that is what is asked. Needs no key and counts nowhere.
    pub(super) async fn health(&self, session: &mut Session, ctx: &Context) -> Result<bool, Box<Error>> {
        let ready = !self.draining.load(std::sync::atomic::Ordering::Relaxed);
        let (status, text) = match session.req_header().uri.path() {
            "/healthz" => (StatusCode::OK, "ok"),
            "/readyz" if ready => (StatusCode::OK, "ready"),
            "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
            _ => return Ok(false),
        };
        let revision = self.live.load().snapshot.revision();
        let body = format!("{{\"status\":\"{text}\",\"revision\":{revision}}}");
        let mut head = ResponseHeader::build(status, Some(5))?;
        head.insert_header(CONTENT_TYPE, "application/json")?;
        head.insert_header(CACHE_CONTROL, "no-store")?;
        self.sign(&mut head, &ctx.request_id, None)?;
        self.reply(session, ctx, head, body.into()).await?;
        Ok(true)
    }

    /// Gives an answer of our own, as the route's plug-ins want it.
    pub(super) async fn reply(
        &self,
        session: &mut Session,
        ctx: &Context,
        head: ResponseHeader,
        body: Bytes,
    ) -> Result<(), Box<Error>> {
        let (head, body) = match ctx.plugins.as_deref() {
            Some(running) => hooks::own_answer(running, &head, body),
            None => (head, body),
        };
        self.write_reply(session, head, body).await
    }

    /// Writes an answer whose body is there. A small body that is there is read first, so that the connection
    /// lives on; the rest of a large one is read after, so that its sender gets to see the answer.
    pub(super) async fn write_reply(
        &self,
        session: &mut Session,
        mut head: ResponseHeader,
        body: Bytes,
    ) -> Result<(), Box<Error>> {
        let bodiless = session.req_header().method == Method::HEAD || head.status == StatusCode::NO_CONTENT;
        if head.status != StatusCode::NO_CONTENT {
            head.insert_header(CONTENT_LENGTH, HeaderValue::from(body.len()))?;
        }
        let out = Downstream::new(&self.settings, session, &head);
        let unread = !drained(session).await;
        let mut tasks = vec![HttpTask::Header(Box::new(head), bodiless)];
        if !bodiless {
            tasks.push(HttpTask::Body(Some(body), true));
        }
        out.write(session, tasks).await?;
        if unread && session.req_header().version < Version::HTTP_2 {
            // Closing on unread bytes makes the client's system throw the answer away.
            let _ = tokio::time::timeout(LINGER, read_off(session)).await;
        }
        Ok(())
    }

    /// The words for an error on Pingora's own path.
    pub(super) fn words_for(error: &Error) -> Rejection {
        use pingora::{ErrorSource, ErrorType};
        let connecting = matches!(
            error.etype(),
            ErrorType::ConnectTimedout
                | ErrorType::ConnectRefused
                | ErrorType::ConnectNoRoute
                | ErrorType::ConnectError
                | ErrorType::TLSHandshakeFailure
                | ErrorType::TLSHandshakeTimedout
                | ErrorType::InvalidCert
                | ErrorType::HandshakeError
                | ErrorType::SocketError
        );
        let timed_out = matches!(error.etype(), ErrorType::ReadTimedout | ErrorType::WriteTimedout);
        let code = match error.esource() {
            ErrorSource::Upstream if connecting => Code::UpstreamUnreachable,
            ErrorSource::Upstream if timed_out => Code::UpstreamTimeout,
            ErrorSource::Upstream => Code::UpstreamBroken,
            ErrorSource::Downstream => Code::BodyTruncated,
            ErrorSource::Internal | ErrorSource::Unset => Code::Internal,
        };
        code.into()
    }
}

/// Whether the request's body has been read. A small one is; not one whose sender waits to be asked.
async fn drained(session: &mut Session) -> bool {
    if session.as_downstream_mut().is_body_done() {
        return true;
    }
    let headers = &session.req_header().headers;
    let waits = headers.contains_key(EXPECT) && session.as_downstream().response_written().is_none();
    let small = content_length(headers).is_some_and(|length| length <= FREE);
    let down = session.as_downstream_mut();
    let read = small
        && !waits
        && matches!(
            tokio::time::timeout(AT_HAND, down.drain_request_body()).await,
            Ok(Ok(()))
        );
    if !read {
        down.set_keepalive(None);
    }
    read
}

async fn read_off(session: &mut Session) {
    let mut length = 0;
    while let Ok(Some(piece)) = session.as_downstream_mut().read_request_body().await {
        length += piece.len();
        if length > MOST_READ_OFF {
            return;
        }
    }
}
