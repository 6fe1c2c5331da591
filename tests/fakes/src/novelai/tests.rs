//! The fake, asked through its router as a client would ask.
//!
//! Invariant: no socket and no clock: work that must not end yet is held, not slept for.

mod accounts;
mod balance;
mod bodies;
mod gate;
mod hosts;
mod images;
mod locks;
mod refusals;
mod streams;
mod texts;

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use bytes::Bytes;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Account, Holder, NovelAi, Settings};

const TOKEN: &str = "pst-guest";

/// A fake with one account.
struct Table {
    fake: NovelAi,
    guest: Holder,
    router: Router,
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Table {
    fn laid() -> Table {
        Table::laid_for(Account::opus("guest@example.com", TOKEN))
    }

    fn laid_for(account: Account) -> Table {
        let fake = NovelAi::new(Settings {
            image_duration: Duration::ZERO,
            text_duration: Duration::ZERO,
            tool_duration: Duration::ZERO,
            ..Settings::default()
        });
        let guest = fake.add(account);
        Table {
            router: fake.router(),
            fake,
            guest,
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        ask(&self.router, post(path, body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        ask(&self.router, get(path, TOKEN)).await
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    fn content_type(&self) -> &str {
        self.headers[header::CONTENT_TYPE].to_str().unwrap()
    }

    /// Status and message of an error.
    fn error(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["statusCode"], self.status);
        (self.status, body["message"].as_str().unwrap().to_owned())
    }

    /// The data of each server-sent event.
    fn events(&self) -> Vec<Value> {
        self.text()
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .filter_map(|data| serde_json::from_str(data).ok())
            .collect()
    }
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap(),
    }
}

fn post(path: &str, body: &Value) -> Request<Body> {
    Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

fn get(path: &str, token: &str) -> Request<Body> {
    Request::get(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap()
}

/// A small V4.5 image, with changes to its parameters.
fn image(changes: &Value) -> Value {
    image_of("nai-diffusion-4-5-full", changes)
}

fn image_of(model: &str, changes: &Value) -> Value {
    let mut parameters = json!({
        "width": 64, "height": 64, "steps": 4, "n_samples": 1, "seed": 7,
        "v4_prompt": { "caption": {} }, "v4_negative_prompt": { "caption": {} },
    });
    for (key, value) in changes.as_object().unwrap() {
        parameters[key] = value.clone();
    }
    json!({ "input": "a pot", "model": model, "action": "generate", "parameters": parameters })
}
