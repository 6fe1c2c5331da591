//! Answers beside plain JSON: what was made, what carries its revision, and nothing at all.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use potluck_filters::id::Revision;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use crate::doc::{Answer, Operation};
use crate::idempotency::Replay;

/// Something that says which change touched it last.
pub(crate) trait Revised {
    /// That change; `None` where there was none yet.
    fn revision(&self) -> Option<Revision>;
}

/// 201 with what was made.
pub(crate) struct Created<T>(pub(crate) T);

/// 202 with what was begun.
pub(crate) struct Accepted<T>(pub(crate) T);

/// 200 with the revision as `ETag`.
pub(crate) struct Tagged<T>(pub(crate) T);

/// An answer with cookies to set.
pub(crate) struct WithCookies<T>(pub(crate) T, pub(crate) Vec<HeaderValue>);

/// 204.
pub(crate) struct NoContent;

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        made(StatusCode::CREATED, self.0)
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        made(StatusCode::ACCEPTED, self.0)
    }
}

/// What was made, and its form for those who send the request again.
fn made<T: Serialize>(status: StatusCode, made: T) -> Response {
    let replay = Replay::of(&made);
    let mut answer = (status, Json(made)).into_response();
    if let Some(replay) = replay {
        answer.extensions_mut().insert(replay);
    }
    answer
}

impl<T: Serialize + Revised> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let revision = self.0.revision().unwrap_or_default();
        let mut answer = Json(self.0).into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"r{revision}\"")) {
            answer.headers_mut().insert(header::ETAG, tag);
        }
        answer
    }
}

impl<T: IntoResponse> IntoResponse for WithCookies<T> {
    fn into_response(self) -> Response {
        let mut answer = self.0.into_response();
        for cookie in self.1 {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

fn takes_key(operation: &mut Operation) {
    operation.takes_header(
        "Idempotency-Key",
        "Of your choosing, at most 255 visible characters: sent again within a day, the same request does nothing \
         again and is answered as before, without secrets and with `Idempotent-Replayed: true`.",
    );
}

impl<T: JsonSchema> Answer for Created<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        takes_key(operation);
        operation.gives_json(201, &schemas.subschema_for::<T>(), Value::Null);
    }
}

impl<T: JsonSchema> Answer for Accepted<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        takes_key(operation);
        operation.gives_json(202, &schemas.subschema_for::<T>(), Value::Null);
    }
}

impl<T: JsonSchema> Answer for Tagged<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        let tag = json!({"ETag": {"description": "Its revision, for `If-Match`.", "required": true,
            "schema": {"type": "string"}}});
        operation.gives_json(200, &schemas.subschema_for::<T>(), tag);
    }
}

impl<T: Answer> Answer for WithCookies<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        T::describe(operation, schemas);
    }
}

impl Answer for NoContent {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.gives_nothing(204);
    }
}
