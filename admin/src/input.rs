//! Path, query and body as typed values, with errors in this API's own form.
//!
//! Invariant: no error repeats anything of what was sent, because it may be a key in the wrong place.

mod shape;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use potluck_filters::id::Revision;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::doc::{self, Operation};
use crate::error::ControlError;

/// A JSON body. The content type is not asked for: whoever reaches this router means it.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema> FromRequest<S> for Body<T> {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| buffering(&rejection))?;
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(ControlError::Unreadable("the body is no JSON object".to_owned()));
        }
        if bytes.contains(&b'[') && has_misplaced_array::<T>(&bytes) {
            let why = "an array stands in the body where an object belongs";
            return Err(ControlError::Unreadable(why.to_owned()));
        }
        let read = serde_json::from_slice(&bytes);
        let read = read.or_else(|error| again_with_whole_numbers(&bytes).unwrap_or(Err(error)));
        read.map(Body).map_err(|error| misfit(&error))
    }
}

impl<T: JsonSchema> doc::Input for Body<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.body = Some(schemas.subschema_for::<T>());
    }
}

/// The revision that an edit is meant for, from `If-Match`; `None` where the caller does not mind.
#[derive(Clone, Copy, Debug, Default)]
pub struct IfMatch(pub Option<Revision>);

impl IfMatch {
    /// Refuses an edit of what somebody else has changed meanwhile.
    pub(crate) fn fits(&self, found: Revision) -> Result<(), ControlError> {
        match self.0 {
            Some(meant) if meant != found => Err(ControlError::ChangedMeanwhile),
            Some(_) | None => Ok(()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ControlError;

    /// A tag that none of ours can be is refused before anything is looked at: what it stands for is not there.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ControlError> {
        if_match(&parts.headers)
            .map(Self)
            .ok_or(ControlError::ChangedMeanwhile)
    }
}

/// `None` for a tag that none of ours can be.
fn if_match(headers: &HeaderMap) -> Option<Option<Revision>> {
    let Some(tag) = headers.get(header::IF_MATCH) else {
        return Some(None);
    };
    match tag.to_str().ok()?.trim() {
        "*" => Some(None),
        tag => {
            let number = tag.strip_prefix("\"r")?.strip_suffix('"')?;
            number.parse().ok().map(|number| Some(Revision(number)))
        }
    }
}

impl doc::Input for IfMatch {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_header(
            "If-Match",
            "The `ETag` of what is edited; 412 where it was changed meanwhile.",
        );
    }
}

/// Up to where a listener who comes back has heard everything, from `Last-Event-ID`. What is no revision is none.
pub(crate) struct LastEvent(pub(crate) Option<Revision>);

impl<S: Sync> FromRequestParts<S> for LastEvent {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let last = parts.headers.get("last-event-id");
        let last = last.and_then(|last| last.to_str().ok()?.trim().parse().ok());
        Ok(Self(last.map(Revision)))
    }
}

impl doc::Input for LastEvent {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_header("Last-Event-ID", "The `id` of the last event that was heard.");
    }
}

/// The `{id}` of the path.
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        let id: Result<Path<i64>, PathRejection> = Path::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id))
            .map_err(|_| ControlError::Unreadable("the id in the path is no number".to_owned()))
    }
}

impl doc::Input for Id {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_path(&json!({"type": "integer", "format": "int64"}));
    }
}

/// The `{name}` of the path.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        let name: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        name.map(|Path(name)| Self(name))
            .map_err(|_| ControlError::Unreadable("the name in the path is no text".to_owned()))
    }
}

impl doc::Input for Named {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_path(&json!({"type": "string"}));
    }
}

/// The `{name}` and the `{node}` of the path.
pub(crate) struct NamedTwice(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for NamedTwice {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        let names: Result<Path<(String, String)>, PathRejection> =
            Path::from_request_parts(parts, state).await;
        names
            .map(|Path((name, node))| Self(name, node))
            .map_err(|_| ControlError::Unreadable("the names in the path are no text".to_owned()))
    }
}

impl doc::Input for NamedTwice {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_path(&json!({"type": "string"}));
        operation.takes_path(&json!({"type": "string"}));
    }
}

/// The query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema> FromRequestParts<S> for Asked<T> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        let asked: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        asked
            .map(|Query(asked)| Self(asked))
            .map_err(|_| ControlError::Unreadable(format!("the query is not readable; {}", known::<T>())))
    }
}

/// The parameters that there are.
fn known<T: JsonSchema>() -> String {
    let schema = schemars::schema_for!(T);
    let fields = schema.get("properties").and_then(|fields| fields.as_object());
    let names: Vec<String> = fields
        .into_iter()
        .flatten()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    format!("known are {}", names.join(", "))
}

impl<T: JsonSchema> doc::Input for Asked<T> {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        doc::query_parameters(operation, &doc::inlined::<T>());
    }
}

fn buffering(rejection: &BytesRejection) -> ControlError {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => ControlError::TooLong,
        _ => ControlError::Unreadable("the body ended early".to_owned()),
    }
}

fn has_misplaced_array<T: JsonSchema>(bytes: &[u8]) -> bool {
    let value = serde_json::from_slice(bytes);
    value.is_ok_and(|value| shape::has_misplaced_array(doc::inlined::<T>().as_value(), &value))
}

/// JSON knows one kind of number, so `5.0` is as good as `5`; serde takes no float for an integer.
/// `None` where the body has no such number.
fn again_with_whole_numbers<T: DeserializeOwned>(bytes: &[u8]) -> Option<Result<T, serde_json::Error>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    whole(&mut value).then(|| serde_json::from_value(value))
}

/// Makes integers of floats that are whole and exact. Whether there were any.
fn whole(value: &mut Value) -> bool {
    /// Up to here every whole number is a float of its own: 2^53.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            let exact = float.filter(|float| float.fract() == 0.0 && float.abs() <= EXACT);
            let Some(integer) = exact.and_then(|exact| format!("{exact:.0}").parse::<i64>().ok()) else {
                return false;
            };
            *value = integer.into();
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| whole(item) | any),
        Value::Object(map) => map.values_mut().fold(false, |any, item| whole(item) | any),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Where and why a body does not fit. Of serde's own words only those that name what is expected are kept; a value
/// that has the right form and still cannot be is told apart.
fn misfit(error: &serde_json::Error) -> ControlError {
    let place = match error.line() {
        0 => "one place".to_owned(),
        line => format!("line {line}, column {}", error.column()),
    };
    let words = error.to_string();
    let words = words
        .rsplit_once(" at line ")
        .map_or(words.as_str(), |(words, _)| words);
    if error.is_data() && !SERDE.iter().any(|own| words.starts_with(own)) {
        return ControlError::invalid("body", format!("has a value at {place} that cannot be"));
    }
    let expected = words
        .rsplit_once(", expected ")
        .map(|(_, expected)| format!("expected {expected}"));
    let missing = words.starts_with("missing field `").then(|| words.to_owned());
    ControlError::Unreadable(missing.or(expected).map_or_else(
        || format!("the body is no JSON that fits, at {place}"),
        |known| format!("the body does not fit at {place}: {known}"),
    ))
}

/// How serde's own errors about form begin; others are of the types that were read.
const SERDE: [&str; 8] = [
    "invalid type",
    "invalid value",
    "invalid length",
    "unknown variant",
    "unknown field",
    "missing field",
    "duplicate field",
    "number out of range",
];
