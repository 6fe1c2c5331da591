//! The management API with its three ways in: the control socket of a running relay, the same routes in this process on
//! the same database when none runs, or a relay elsewhere that was named.
//!
//! Invariant: a command cannot tell which way it went; requests and answers are the same.

mod remote;

use std::path::PathBuf;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tower::ServiceExt as _;

use super::exit::{Exit, Failure};
use super::local::{Local, Working};
use crate::config::Config;
use crate::secrets::Secrets;
pub(super) use remote::Remote;

/// Who takes the pieces of an answer, until an error.
pub(super) type To<'t> = &'t mut (dyn FnMut(&[u8]) -> std::io::Result<()> + Send);

/// A way to the API, as the operator.
pub(super) enum Api {
    /// Through the socket of a running relay.
    Socket(PathBuf),
    /// In this process, which holds the data folder's lock.
    Local(Box<Local>),
    /// Over the network, as whoever the token is of.
    Remote(Box<Remote>),
}

impl Api {
    /// Finds the running relay, or opens the database where none runs. `secrets` are only asked for then.
    pub(super) async fn open(
        config: &Config,
        secrets: impl FnOnce() -> Result<Secrets, Failure>,
    ) -> Result<Self, Failure> {
        let socket = config.socket_path();
        if UnixStream::connect(&socket).await.is_ok() {
            return Ok(Self::Socket(socket));
        }
        let local = Local::open(config, &secrets()?).await?;
        Ok(Self::Local(Box::new(local)))
    }

    /// Whether a relay runs here, which does things by itself.
    pub(super) fn relay_runs(&self) -> bool {
        match self {
            Self::Socket(_) | Self::Remote(_) => true,
            Self::Local(_) => false,
        }
    }

    /// Has jobs worked off for as long as the guard lives, where no relay runs that does it by itself.
    pub(super) fn work_off(&self) -> Option<Working> {
        match self {
            Self::Socket(_) | Self::Remote(_) => None,
            Self::Local(local) => Some(local.work_off()),
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::Socket(_) | Self::Remote(_) => {}
            Self::Local(local) => local.close().await,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.request(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.request(Method::POST, path, Some(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.request(Method::PATCH, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.request(Method::DELETE, path, None).await
    }

    /// Hands on an answer that is no JSON piece by piece, as it comes: memory does not grow with it. One that breaks
    /// off is a failure.
    pub(super) async fn pass_on(&self, path: &str, to: To<'_>) -> Result<(), Failure> {
        let (status, bytes) = self.answer(Method::GET, path, None, Some(to)).await?;
        if status.is_success() {
            return Ok(());
        }
        read(status, &bytes).map(|_| ())
    }

    /// An answer, or the refusal as the relay told it.
    pub(super) async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, Value>, Failure> {
        let (status, bytes) = self.answer(method, path, body, None).await?;
        if status.is_success() {
            return read(status, &bytes).map(Ok);
        }
        let refusal = serde_json::from_slice(&bytes);
        refusal.map_or_else(|_| read(status, &bytes).map(Ok), |refusal| Ok(Err(refusal)))
    }

    async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let (status, bytes) = self.answer(method, path, body, None).await?;
        read(status, &bytes)
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        to: Option<To<'_>>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "potluck")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| unreachable(&error))?;
        match self {
            Self::Socket(socket) => over_socket(socket, request, to).await,
            Self::Local(local) => {
                let answer = local.router().oneshot(request.map(axum::body::Body::new)).await;
                take(answer.map_err(|error| unreachable(&error))?, to).await
            }
            Self::Remote(remote) => remote.send(request, to).await,
        }
    }
}

async fn over_socket(
    socket: &std::path::Path,
    request: Request<Full<Bytes>>,
    to: Option<To<'_>>,
) -> Result<(StatusCode, Bytes), Failure> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| unreachable(&error))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| unreachable(&e))?;
    // Ends by itself when the sender is dropped; its errors come out at the request.
    let connection = tokio::spawn(connection);
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| unreachable(&error))?;
    let taken = take(answer, to).await;
    drop(sender);
    let _ = connection.await;
    taken
}

/// The whole body, or, of a good answer that is passed on, nothing of it. Who does not take any more ends it.
async fn take<B>(answer: Response<B>, to: Option<To<'_>>) -> Result<(StatusCode, Bytes), Failure>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let (head, mut body) = answer.into_parts();
    let Some(to) = to.filter(|_| head.status.is_success()) else {
        let body = body.collect().await.map_err(|error| unreachable(&error))?;
        return Ok((head.status, body.to_bytes()));
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broke_off(&error))?;
        if frame.data_ref().is_some_and(|piece| to(piece).is_err()) {
            break;
        }
    }
    Ok((head.status, Bytes::new()))
}

fn broke_off(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::Unavailable,
        format!("the answer broke off, so there is more than this: {error}"),
    )
}

fn unreachable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::Unavailable,
        format!("the relay's control socket does not answer: {error}"),
    )
}

/// The answer's JSON, or the refusal's own words.
fn read(status: StatusCode, bytes: &[u8]) -> Result<Value, Failure> {
    let value = if bytes.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice::<Value>(bytes)
    };
    let value = value.map_err(|error| unreachable(&format!("its answer is not JSON: {error}")))?;
    if status.is_success() {
        return Ok(value);
    }
    let said = ["detail", "title"]
        .iter()
        .find_map(|key| value.get(key))
        .and_then(Value::as_str);
    let message = said.map_or_else(|| format!("the relay answered {status}"), str::to_owned);
    let exit = if status == StatusCode::SERVICE_UNAVAILABLE {
        Exit::Unavailable
    } else {
        Exit::Failed
    };
    Err(Failure::new(exit, message))
}
