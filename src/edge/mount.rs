//! What answers under `/manage` on the public listener: the control plane, on threads of its own.
//!
//! Invariants: only pieces of bodies pass between the two sides, over channels with a few places, so that neither runs
//! ahead of the other; when the client leaves, the channel closes, and the other side stops; who asks is told as a value
//! and never as a header.

mod head;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, response};
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use pingora::{Error, ErrorType};
use potluck_filters::framing::content_length;
use potluck_filters::model::Kind;
use potluck_filters::rejection::Code;
use potluck_filters::route;
use tokio::sync::{Semaphore, mpsc};

use super::Edge;
use super::downstream::Downstream;
use super::memory::{FREE, Held};
use super::plan::No;
use super::proxy::Context;
use super::relay::{Relayed, client_gone, framed, is_event_stream};

/// Pieces that are on their way, each way.
const PIECES: usize = 4;
/// Requests that are served at once, streams of events among them.
const PLACES: usize = 1024;
/// Bytes of the longest body: an import of a hundred thousand keys fits.
const LONGEST: u64 = 16 << 20;
/// How long a body may take.
const BODY: Duration = Duration::from_secs(120);

/// A request for the control plane.
#[derive(Debug)]
pub struct Call {
    /// Its head.
    pub head: http::request::Parts,
    /// Its body, piece by piece; ends early where the client does.
    pub body: mpsc::Receiver<Result<Bytes, Truncated>>,
    /// The address at the other end of the connection.
    pub peer: Option<IpAddr>,
    /// What the request is called in the log.
    pub request_id: Box<str>,
}

/// A body that broke off, or was too long.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body broke off")]
pub struct Truncated;

/// What is said in answer, in this order: a head, pieces; the channel's end is the answer's. A piece that failed
/// cuts the answer off.
#[derive(Debug)]
pub enum Said {
    /// Status and headers.
    Head(Box<response::Parts>),
    /// Of the body.
    Piece(Bytes),
    /// The answer cannot be ended as it was begun.
    Broken,
}

/// Whoever serves what is mounted.
pub trait Mounted: Send + Sync {
    /// Begins to serve a request, elsewhere. Stops when `answer` is closed.
    fn begin(&self, call: Call, answer: mpsc::Sender<Said>);

    /// The path to which people are led who come to the relay's root.
    fn front(&self) -> &'static str;
}

/// What is mounted, and room for its requests.
pub(super) struct Mount {
    service: Arc<dyn Mounted>,
    places: Semaphore,
}

impl Mount {
    pub(super) fn new(service: Arc<dyn Mounted>) -> Self {
        Self {
            service,
            places: Semaphore::new(PLACES),
        }
    }
}

/// Whether a path is the control plane's.
fn is_managed(path: &str) -> bool {
    path.strip_prefix("/manage")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Edge {
    /// From now on `service` answers under `/manage`. Only the first call counts.
    pub fn mount(&self, service: Arc<dyn Mounted>) {
        let _ = self.mount.set(Mount::new(service));
    }

    /// Answers what is for the control plane, if that is what is asked and it is mounted.
    pub(super) async fn managed(&self, session: &mut Session, ctx: &mut Context) -> Result<bool, Box<Error>> {
        let Some(mount) = self.mount.get() else {
            return Ok(false);
        };
        let path = session.req_header().uri.path();
        if is_managed(path) {
            return Box::pin(self.manage(session, ctx, mount)).await.map(|()| true);
        }
        if path == "/" && self.is_nobodys(session) {
            let front = mount.service.front();
            return self.lead_to(front, session, ctx).await.map(|()| true);
        }
        Ok(false)
    }

    /// Whether no route of the configuration has the root.
    fn is_nobodys(&self, session: &Session) -> bool {
        let request = session.req_header();
        let reads = request.method == Method::GET || request.method == Method::HEAD;
        let host = super::serve::host_of(request);
        reads && route::find(self.live.load().snapshot.layout(), host, "/").is_none()
    }

    async fn lead_to(
        &self,
        front: &'static str,
        session: &mut Session,
        ctx: &Context,
    ) -> Result<(), Box<Error>> {
        let mut head = ResponseHeader::build(StatusCode::FOUND, Some(5))?;
        head.insert_header(http::header::LOCATION, HeaderValue::from_static(front))?;
        head.insert_header(http::header::CACHE_CONTROL, "no-store")?;
        self.sign(&mut head, &ctx.request_id, None)?;
        self.write_reply(session, head, Bytes::new()).await
    }

    async fn manage(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        mount: &Mount,
    ) -> Result<(), Box<Error>> {
        ctx.managed = true;
        let Ok(_place) = mount.places.try_acquire() else {
            return self.say_no(session, ctx, Code::MemoryFull).await;
        };
        let _held = match self.room_for(session).await {
            Ok(held) => held,
            Err(code) => return self.say_no(session, ctx, code).await,
        };
        let (body, pieces) = mpsc::channel(PIECES);
        let (answer, said) = mpsc::channel(PIECES);
        mount.service.begin(call(session, ctx, pieces), answer);
        let mut said = said;
        let reading = tokio::time::timeout(BODY, first_word(session, body, &mut said)).await;
        match reading {
            Ok(Ok(Some(Said::Head(head)))) => self.pass_on(session, ctx, *head, said).await,
            Ok(Ok(Some(Said::Piece(_) | Said::Broken) | None)) => {
                self.say_no(session, ctx, Code::Internal).await
            }
            Ok(Err(code)) => self.say_no(session, ctx, code).await,
            Err(_) => self.say_no(session, ctx, Code::BodyTimeout).await,
        }
    }

    async fn say_no(&self, session: &mut Session, ctx: &mut Context, code: Code) -> Result<(), Box<Error>> {
        session.as_downstream_mut().set_keepalive(None);
        self.refuse(session, ctx, No::new(Kind::Http, code)).await
    }

    /// Room for the body in the memory of all bodies.
    async fn room_for(&self, session: &mut Session) -> Result<Option<Held>, Code> {
        if session.as_downstream_mut().is_body_empty() {
            return Ok(None);
        }
        let length = content_length(&session.req_header().headers).unwrap_or(LONGEST);
        if length > LONGEST {
            return Err(Code::BodyTooLarge);
        }
        if length <= FREE {
            return Ok(None);
        }
        self.memory.hold(None, length).await.map(Some)
    }

    /// Passes the answer on, each piece when it comes.
    async fn pass_on(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        head: response::Parts,
        mut said: mpsc::Receiver<Said>,
    ) -> Result<(), Box<Error>> {
        let mut headers = head.headers;
        head::leave_hop(&mut headers);
        headers.extend(self.signature(&ctx.request_id, None));
        let bodiless = is_bodiless(session, head.status);
        if is_event_stream(&headers) {
            // It has no end of its own, so nobody who stops waits for it.
            ctx.uncount();
        }
        let unread = !session.as_downstream_mut().is_body_done();
        if unread {
            session.as_downstream_mut().set_keepalive(None);
        }
        let head = framed(session, head.status, headers);
        let out = Downstream::new(&self.settings, session, &head);
        let mut tasks = vec![HttpTask::Header(head, bodiless)];
        if bodiless {
            return out.write(session, tasks).await;
        }
        loop {
            let next = match said.try_recv() {
                Ok(next) => Some(next),
                Err(mpsc::error::TryRecvError::Disconnected) => None,
                Err(mpsc::error::TryRecvError::Empty) => {
                    out.write_now(session, std::mem::take(&mut tasks)).await?;
                    tokio::select! {
                        biased;
                        next = said.recv() => next,
                        () = left(session, unread) => {
                            ctx.relayed = Some(Relayed::ClientGone);
                            return Err(client_gone());
                        }
                    }
                }
            };
            match next {
                Some(Said::Piece(piece)) => {
                    ctx.body_bytes += piece.len() as u64;
                    tasks.push(HttpTask::Body(Some(piece), false));
                }
                Some(Said::Head(_)) => {}
                Some(Said::Broken) => {
                    return Err(Error::explain(ErrorType::InternalError, "the answer broke off"));
                }
                None => {
                    tasks.push(HttpTask::Done);
                    return out.write(session, tasks).await;
                }
            }
        }
    }
}

/// Ends when the client leaves. Of one whose body was not read nobody can tell.
async fn left(session: &mut Session, unread: bool) {
    if unread {
        std::future::pending::<()>().await;
    }
    super::heart::left(session, None).await;
}

fn is_bodiless(session: &Session, status: StatusCode) -> bool {
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    bodiless || session.req_header().method == Method::HEAD
}

/// Hands the body over until the first word of the answer.
async fn first_word(
    session: &mut Session,
    body: mpsc::Sender<Result<Bytes, Truncated>>,
    said: &mut mpsc::Receiver<Said>,
) -> Result<Option<Said>, Code> {
    if !session.as_downstream_mut().is_body_empty() {
        super::body::answer_expectation(session)
            .await
            .map_err(|_| Code::BodyTruncated)?;
        let mut length = 0;
        loop {
            let piece = tokio::select! {
                biased;
                word = said.recv() => return Ok(word),
                piece = next(session, &body) => piece,
            };
            match piece? {
                Some(more) => length += more,
                None => break,
            }
            if length > LONGEST {
                let _ = body.try_send(Err(Truncated));
                return Err(Code::BodyTooLarge);
            }
        }
    }
    drop(body);
    tokio::select! {
        biased;
        word = said.recv() => Ok(word),
        () = left(session, false) => Err(Code::BodyTruncated),
    }
}

/// Hands the next piece over: how long it was; `None` at the end.
async fn next(
    session: &mut Session,
    body: &mpsc::Sender<Result<Bytes, Truncated>>,
) -> Result<Option<u64>, Code> {
    let Ok(place) = body.reserve().await else {
        // Nobody reads the rest; the answer is about to come.
        return std::future::pending().await;
    };
    match session.as_downstream_mut().read_request_body().await {
        Ok(Some(piece)) => {
            let length = piece.len() as u64;
            if length > 0 {
                place.send(Ok(piece));
            }
            Ok(Some(length))
        }
        Ok(None) => Ok(None),
        Err(error) => {
            place.send(Err(Truncated));
            Err(super::body::code_of(&error))
        }
    }
}

fn call(session: &Session, ctx: &Context, body: mpsc::Receiver<Result<Bytes, Truncated>>) -> Call {
    let request = session.req_header();
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = request.method.clone();
    head.uri = request.uri.clone();
    head.version = request.version;
    head.headers = head::headers_of(&request.headers, request.version, &request.uri);
    let peer = session.client_addr().and_then(|peer| peer.as_inet());
    Call {
        head,
        body,
        peer: peer.map(|peer| peer.ip().to_canonical()),
        request_id: ctx.request_id.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_under_manage_is_the_control_planes() {
        for path in ["/manage", "/manage/", "/manage/v1/keys"] {
            assert!(is_managed(path), "{path}");
        }
        for path in ["/", "/managed", "/v1/manage", "/%6danage", "//manage", "/Manage"] {
            assert!(!is_managed(path), "{path}");
        }
    }
}
