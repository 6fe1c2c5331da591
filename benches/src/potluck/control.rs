//! The control interface of a running relay: the management API on a Unix socket.

use std::path::Path;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::task::AbortHandle;

/// One open connection to the socket.
#[derive(Debug)]
pub struct Control {
    sender: SendRequest<Full<Bytes>>,
    /// Drives the connection.
    task: AbortHandle,
}

impl Control {
    /// Connects.
    ///
    /// # Errors
    /// When no relay listens there.
    pub async fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).await;
        let stream = stream.with_context(|| format!("connecting to {}", socket.display()))?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .context("speaking HTTP on the socket")?;
        let task = tokio::spawn(async move {
            // Its end is seen by whoever sends next.
            let _ended = connection.await;
        });
        Ok(Self {
            sender,
            task: task.abort_handle(),
        })
    }

    /// Makes a client key and gives its text.
    ///
    /// # Errors
    /// When the relay refuses.
    pub async fn create_key(&mut self, name: &str) -> Result<String> {
        let made = self
            .ask(Method::POST, "/manage/v1/keys", &json!({ "name": name }))
            .await?;
        let text = made.get("text").and_then(Value::as_str);
        Ok(text.context("the answer has no key text")?.to_owned())
    }

    /// One call of the management API, for its JSON; nothing for an answer without a body.
    ///
    /// # Errors
    /// When the relay refuses or the connection breaks.
    pub async fn ask(&mut self, method: Method, path: &str, body: &Value) -> Result<Value> {
        self.sender
            .ready()
            .await
            .context("the control connection was closed")?;
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header(HOST, "potluck")
            .header(CONTENT_TYPE, "application/json");
        let request = request
            .body(Full::from(body.to_string()))
            .context("a control request")?;
        let answer = self
            .sender
            .send_request(request)
            .await
            .context("asking the control socket")?;
        let status = answer.status();
        let body = answer
            .into_body()
            .collect()
            .await
            .context("reading from the control socket")?
            .to_bytes();
        if !status.is_success() {
            bail!(
                "the control socket answered {status} on {path}: {}",
                String::from_utf8_lossy(&body)
            );
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).context("reading the control socket's JSON")
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper::{Response, StatusCode};
    use tokio::net::UnixListener;

    use super::*;
    use crate::folder::Folder;

    async fn asked(status: StatusCode, answer: &'static str) -> Result<String> {
        let folder = Folder::make(false)?;
        let socket = folder.path().join("control.sock");
        let listener = UnixListener::bind(&socket)?;
        let relay = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(move |_| async move {
                let mut response = Response::new(Full::new(Bytes::from(answer)));
                *response.status_mut() = status;
                Ok::<_, Infallible>(response)
            });
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
        });
        let created = Control::open(&socket).await?.create_key("bench").await;
        relay.abort();
        created
    }

    #[tokio::test]
    async fn a_created_key_is_told_by_its_text() {
        let key = asked(StatusCode::CREATED, r#"{"text":"np-new","key":{"id":7}}"#).await;
        assert_eq!(key.unwrap(), "np-new");
    }

    #[tokio::test]
    async fn a_refusal_is_an_error_with_the_relays_own_words() {
        let error = asked(StatusCode::SERVICE_UNAVAILABLE, "not now")
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("503") && error.contains("not now"), "{error}");
    }
}
