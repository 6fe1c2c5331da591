//! A client of the relay whose connections are kept and shared, as programs do it.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::response::Parts;
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(super) address: SocketAddr,
    hyper: Hyper<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let hyper = Hyper::builder(TokioExecutor::new()).build_http();
        Self { address, hyper }
    }

    /// Sends JSON with a key and gives the answer once its head is there.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Response<Incoming>> {
        self.send(path, key, Bytes::from(body.to_string())).await
    }

    pub(super) async fn send(&self, path: &str, key: &str, body: Bytes) -> Result<Response<Incoming>> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{path}", self.address))
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .context("a request")?;
        let answer = self.hyper.request(request).await.context("no answer")?;
        ensure!(
            answer.headers().contains_key("x-request-id"),
            "an answer ({}) without x-request-id",
            answer.status()
        );
        Ok(answer)
    }

    /// Whether the relay says that it is ready.
    pub(super) async fn ready(&self) -> bool {
        let uri = format!("http://{}/readyz", self.address);
        let Ok(request) = Request::get(uri).body(Full::default()) else {
            return false;
        };
        let answer = self.hyper.request(request).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

/// An answer to its end.
pub(crate) async fn whole(answer: Response<Incoming>) -> Result<(Parts, Bytes)> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await;
    let body = body.with_context(|| format!("an answer ({}) broke off", head.status))?;
    Ok((head, body.to_bytes()))
}
