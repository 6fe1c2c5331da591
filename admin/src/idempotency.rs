//! `Idempotency-Key`: a creating request that is sent again does nothing again, and is answered as before.
//!
//! Invariants: a request whose end is not known is never done again; an answer that is kept holds no secret, because
//! [`SecretText`](crate::api::SecretText) writes itself as `null` while it is made, and of the request nothing is kept
//! from which a password in it could be guessed.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use potluck_store::table::idempotency::{Begun, RequestMark};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::masking;
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::router::BODY_LIMIT;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Characters of the longest key.
const LONGEST: usize = 255;

/// The answer's form for those who send the request again: an extension of each answer that tells what was made.
#[derive(Clone, Debug)]
pub(crate) struct Replay(Value);

impl Replay {
    /// The form of this answer. `None` where it cannot be told.
    pub(crate) fn of(made: &impl Serialize) -> Option<Self> {
        let (value, masked) = masking(|| serde_json::to_value(made));
        let mut value = value.ok()?;
        if let Some(fields) = value.as_object_mut().filter(|_| masked) {
            fields.insert("secret_shown".to_owned(), true.into());
        }
        Some(Self(value))
    }
}

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    body: Value,
}

/// Answers a creating request that was sent before as it was answered then.
pub(crate) async fn once(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    match marked(&control, request).await {
        Ok(Marked::Plain(request)) => next.run(request).await,
        Ok(Marked::With(mark, request)) => do_once(&control, &mark, request, next)
            .await
            .unwrap_or_else(IntoResponse::into_response),
        Err(error) => error.into_response(),
    }
}

enum Marked {
    /// It has no key, or nobody is known who could send it again.
    Plain(Request),
    With(RequestMark, Request),
}

async fn marked(control: &Control, request: Request) -> Result<Marked, ControlError> {
    let caller = request.extensions().get::<Caller>().and_then(named);
    let (Some(caller), Some(key)) = (caller, key(request.method(), request.headers())?) else {
        return Ok(Marked::Plain(request));
    };
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|_| ControlError::TooLong)?;
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mark = RequestMark {
        caller,
        key: Sha256::digest(key).into(),
        request: control.store().request_print(&hash_of(target, &body)),
    };
    Ok(Marked::With(mark, Request::from_parts(head, Body::from(body))))
}

fn named(caller: &Caller) -> Option<String> {
    match caller {
        Caller::Operator => Some("operator".to_owned()),
        Caller::User(signed_in) => Some(format!("user {}", signed_in.user)),
        Caller::Job(_) => None,
    }
}

/// The key of a request that may create something.
fn key(method: &Method, headers: &HeaderMap) -> Result<Option<Vec<u8>>, ControlError> {
    let Some(key) = headers.get(KEY).filter(|_| *method == Method::POST) else {
        return Ok(None);
    };
    let fits =
        (1..=LONGEST).contains(&key.len()) && key.as_bytes().iter().all(|byte| (0x21..0x7f).contains(byte));
    if fits {
        Ok(Some(key.as_bytes().to_vec()))
    } else {
        Err(ControlError::Unreadable(
            "`Idempotency-Key` must be 1 to 255 visible characters, for example a UUID".to_owned(),
        ))
    }
}

/// The length of the target comes first, so that no two requests run together.
fn hash_of(target: &str, body: &Bytes) -> [u8; 32] {
    let hash = Sha256::new().chain_update((target.len() as u64).to_be_bytes());
    hash.chain_update(target).chain_update(body).finalize().into()
}

async fn do_once(
    control: &Control,
    mark: &RequestMark,
    request: Request,
    next: Next,
) -> Result<Response, ControlError> {
    let store = control.store();
    match store.begin_request(mark, control.now_ms()).await? {
        Begun::New => {}
        Begun::UnderWay => return Err(ControlError::RequestUnderWay),
        Begun::Other => return Err(ControlError::OtherRequest),
        Begun::Answered(kept) => return replayed(&kept),
    }
    let answer = next.run(request).await;
    let status = answer.status();
    let replay = answer.extensions().get::<Replay>();
    match replay {
        Some(Replay(body)) if status == StatusCode::CREATED || status == StatusCode::ACCEPTED => {
            let kept = Kept {
                status: status.as_u16(),
                body: body.clone(),
            };
            let kept = serde_json::to_string(&kept).map_err(|_| ControlError::Ended)?;
            store.end_request(mark, &kept).await?;
        }
        // Whoever is refused may try again with a better request. What failed here may have been done all the same.
        Some(_) | None if !status.is_server_error() => store.forget_request(mark).await?,
        Some(_) | None => {}
    }
    Ok(answer)
}

fn replayed(kept: &str) -> Result<Response, ControlError> {
    let kept: Kept = serde_json::from_str(kept).map_err(|_| ControlError::RequestUnderWay)?;
    let status = StatusCode::from_u16(kept.status).map_err(|_| ControlError::RequestUnderWay)?;
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    Ok((status, head, kept.body.to_string()).into_response())
}
