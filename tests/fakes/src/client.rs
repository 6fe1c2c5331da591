//! The client of this crate's tests: plain hyper over real sockets, so that breaks show as they are.

use std::io;

use axum::body::Body;
use axum::http::{Request, Response, Version};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pooled;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A keep-alive client.
pub(crate) struct Client {
    pool: Pooled<HttpConnector, Body>,
    version: Version,
    base: String,
    key: String,
}

impl Client {
    pub(crate) fn new(base: &str, key: &str) -> Client {
        let pool = Pooled::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .build_http();
        Client {
            pool,
            version: Version::HTTP_11,
            base: base.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The same over HTTP/2 with prior knowledge.
    pub(crate) fn h2c(base: &str, key: &str) -> Client {
        let pool = Pooled::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        Client {
            pool,
            version: Version::HTTP_2,
            base: base.to_owned(),
            key: key.to_owned(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let uri = format!("{}{path}", self.base);
        let request = Request::builder().method(method).uri(uri).version(self.version);
        match self.key.is_empty() {
            true => request,
            false => request.header("authorization", format!("Bearer {}", self.key)),
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, Error> {
        Ok(self.pool.request(request).await?)
    }

    pub(crate) async fn try_get(&self, path: &str) -> Result<Response<Incoming>, Error> {
        self.send(self.request("GET", path).body(Body::empty())?).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Incoming> {
        self.try_get(path).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response<Incoming> {
        let request = self
            .request("POST", path)
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
            .unwrap()
    }

    pub(crate) async fn form(&self, method: &str, path: &str, parts: &[Part<'_>]) -> Response<Incoming> {
        let boundary = "potluck-test-boundary";
        let request = self.request(method, path).header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        );
        self.send(request.body(Body::from(form(boundary, parts))).unwrap())
            .await
            .unwrap()
    }
}

/// Name, file name and content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn form(boundary: &str, parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, filename, content) in parts {
        let filename = filename
            .map(|filename| format!("; filename=\"{filename}\""))
            .unwrap_or_default();
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

/// The whole body.
pub(crate) async fn bytes(answer: Response<Incoming>) -> Bytes {
    answer.into_body().collect().await.unwrap().to_bytes()
}

/// The whole body as JSON.
pub(crate) async fn json(answer: Response<Incoming>) -> Value {
    let body = bytes(answer).await;
    serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {body:?}"))
}

/// The bytes of the next data frame.
pub(crate) async fn chunk(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    Some(
        body.frame()
            .await?
            .map(|frame| frame.into_data().unwrap_or_default()),
    )
}

/// The body's bytes up to its end or its break, and the break.
pub(crate) async fn drain(mut body: Incoming) -> (Vec<u8>, Option<hyper::Error>) {
    let mut read = Vec::new();
    loop {
        match chunk(&mut body).await {
            None => return (read, None),
            Some(Ok(bytes)) => read.extend_from_slice(&bytes),
            Some(Err(error)) => return (read, Some(error)),
        }
    }
}

/// The kind of the I/O error at the root, if there is one.
pub(crate) fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        at = error.source();
    }
    None
}

/// The hyper error in a chain.
pub(crate) fn hyper_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e hyper::Error> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = error.downcast_ref::<hyper::Error>() {
            return Some(found);
        }
        at = error.source();
    }
    None
}

/// The data of each server-sent event.
pub(crate) fn events(body: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(body).unwrap();
    let data = |event: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .map(str::to_owned)
    };
    text.split("\n\n").filter_map(data).collect()
}
