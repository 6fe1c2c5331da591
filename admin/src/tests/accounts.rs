//! Accounts over the network: what people and their programs do with them, and what nobody else can.

mod cookies;
mod credentials;
mod deletion;
mod registering;
mod second_factor;
mod sessions;
mod trying;
mod users;

use std::time::Duration;

use axum::http::HeaderMap;

use super::*;
use crate::gate::{Gate, Hosts, Peer, bearer_router};

pub(super) const PASSWORD: &str = "tram quilt obey lunar";

/// A relay with an admin and two members, reached over the network.
pub(super) struct Net {
    router: Router,
    pub(super) relay: Relay,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(super) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.body
    }

    /// The cookies as a browser sends them back.
    pub(super) fn cookies(&self) -> String {
        let set = self.headers.get_all("set-cookie").iter();
        let pairs: Vec<&str> = set
            .map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap())
            .collect();
        pairs.join("; ")
    }
}

/// A call, as it is put together.
pub(super) struct Call<'n> {
    net: &'n Net,
    request: axum::http::request::Builder,
    peer: [u8; 4],
}

impl<'n> Call<'n> {
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(super) fn bearer(self, token: &Value) -> Self {
        self.with("authorization", &format!("Bearer {}", token.as_str().unwrap()))
    }

    pub(super) fn from(mut self, peer: [u8; 4]) -> Self {
        self.peer = peer;
        self
    }

    pub(super) async fn send(self, body: Value) -> Answer {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut request = self.request.body(Body::from(text)).unwrap();
        request.extensions_mut().insert(Peer(self.peer.into()));
        let answer = self.net.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }
}

impl Net {
    pub(super) async fn new() -> Self {
        Self::of(Relay::new().await).await
    }

    pub(super) async fn of(relay: Relay) -> Self {
        for (name, role) in [("root", "admin"), ("ann", "user"), ("bob", "user")] {
            let new = json!({ "name": name, "role": role, "password": PASSWORD });
            let (status, made) = relay.post("/manage/v1/users", new).await;
            assert_eq!(status, StatusCode::CREATED, "{made}");
        }
        let gate = Gate {
            token: None,
            hosts: Hosts::new([127, 0, 0, 1].into(), Vec::new()),
            failed: Box::new(|_| None::<Duration>),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        };
        Self {
            router: bearer_router(Arc::clone(&relay.control), gate),
            relay,
        }
    }

    pub(super) fn call(&self, method: &str, path: &str) -> Call<'_> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/manage/v1{path}"))
            .header("host", "localhost");
        Call {
            net: self,
            request,
            peer: [192, 0, 2, 1],
        }
    }

    pub(super) async fn get(&self, path: &str, token: &Value) -> Answer {
        self.call("GET", path).bearer(token).send(Value::Null).await
    }

    pub(super) async fn post(&self, path: &str, token: &Value, body: Value) -> Answer {
        self.call("POST", path).bearer(token).send(body).await
    }

    pub(super) async fn try_to_log_in(&self, name: &str, password: &str) -> Answer {
        let body = json!({ "name": name, "password": password });
        self.call("POST", "/session").send(body).await
    }

    /// The answer to a login that goes well.
    pub(super) async fn log_in(&self, name: &str) -> Value {
        self.try_to_log_in(name, PASSWORD).await.ok()
    }

    /// An access token.
    pub(super) async fn token(&self, name: &str) -> Value {
        self.log_in(name).await["access_token"].clone()
    }

    pub(super) async fn id(&self, name: &str) -> Value {
        let (_, found) = self.relay.get(&format!("/manage/v1/users?q={name}")).await;
        found["items"][0]["id"].clone()
    }
}
