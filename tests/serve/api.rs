//! The API as a program with the operator's token calls it.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::installation::Installation;
use crate::relay::Relay;
use crate::requests::client;

/// A program with the token of an installation, at its running relay.
pub(crate) struct Api {
    client: Client,
    base: String,
    token: String,
}

impl Api {
    pub(crate) fn of(installation: &Installation, relay: &Relay) -> Self {
        let address = relay.admin.expect("the API listens");
        Self {
            client: client(),
            base: format!("http://{address}/manage/v1/"),
            token: installation.admin_token(),
        }
    }

    /// With the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    /// Without it.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        told(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        told(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        told(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        told(self.request(Method::DELETE, path)).await
    }
}

/// Status and body.
pub(crate) async fn told(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}
