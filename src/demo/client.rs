//! A small client for the demo's own checks.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::world::DemoRelay;

/// Speaks to the relay with the demo's client key.
pub(super) struct Client<'a> {
    demo: &'a DemoRelay,
    hyper: Hyper<HttpConnector, Full<Bytes>>,
}

/// An answer with all of its body.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl<'a> Client<'a> {
    pub(super) fn new(demo: &'a DemoRelay) -> Self {
        Self {
            demo,
            hyper: Hyper::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{path}", self.demo.address()))
            .header(
                "authorization",
                format!("Bearer {}", self.demo.client_key.expose()),
            )
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())))?;
        let answer = self.hyper.request(request).await.context("no answer")?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.context("the answer broke off")?.to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

impl Answer {
    /// This answer, if it is a success.
    pub(super) fn well(self) -> Result<Self> {
        ensure!(
            self.status.is_success(),
            "status {}: {}",
            self.status,
            self.text()
        );
        Ok(self)
    }

    pub(super) fn content_type(&self) -> &str {
        self.headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or("")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}
