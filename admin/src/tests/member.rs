//! A member who calls the API.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use potluck_filters::id::UserId;
use potluck_store::table::users::UserRole;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

use super::Relay;
use crate::caller::{Caller, Proof, SignedIn};
use crate::router::router;

/// Somebody with a session.
pub(super) struct Member<'r> {
    relay: &'r Relay,
    pub(super) id: i64,
    role: UserRole,
}

impl Relay {
    /// A member who is new here.
    pub(super) async fn member(&self, name: &str) -> Member<'_> {
        let (_, user) = self
            .post("/manage/v1/users", json!({ "name": name, "role": "user" }))
            .await;
        Member {
            relay: self,
            id: user["id"].as_i64().unwrap(),
            role: UserRole::User,
        }
    }
}

impl Relay {
    /// Somebody who was made an admin, and has logged in.
    pub(super) fn admin(&self, made: &Value) -> Member<'_> {
        Member {
            relay: self,
            id: made["id"].as_i64().unwrap(),
            role: UserRole::Admin,
        }
    }
}

impl Member<'_> {
    pub(super) async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body.to_string()))
            .unwrap();
        request.extensions_mut().insert(Caller::User(SignedIn {
            user: UserId(self.id),
            role: self.role,
            proof: Proof::Session(1),
        }));
        let router = router(Arc::clone(&self.relay.control));
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, Value::Null).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::PATCH, path, body).await
    }

    /// Brings a token to novelai.
    pub(super) async fn bring(&self, credential: &str) -> Value {
        let body = json!({ "upstream": "novelai", "credential": credential, "accepted_risk": true });
        let (status, key) = self.post("/manage/v1/me/pool-keys", body).await;
        assert_eq!(status, StatusCode::CREATED, "{key}");
        key
    }
}
