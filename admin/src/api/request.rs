//! Requests that have ended, one by one.
//!
//! Invariant: what a member is told names nobody else's pool key, and no node or outbound proxy.

use potluck_filters::meter::Figure;
use potluck_filters::rejection::{Code, LimitSource};
use potluck_filters::trace::Trace;
use potluck_filters::usage::{Ended, Endpoint, StatusClass, UsageEvent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a figure is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureSource {
    /// The upstream's word.
    Reported,
    /// The relay's own guess.
    Estimated,
    /// Nobody knows, or there is none.
    None,
}

/// A figure of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestFigure {
    /// How much; `null` is not zero.
    pub amount: Option<u64>,
    /// Where it is from.
    pub source: FigureSource,
}

impl From<Figure> for RequestFigure {
    fn from(figure: Figure) -> Self {
        let source = match figure {
            Figure::None => FigureSource::None,
            Figure::Estimated(_) => FigureSource::Estimated,
            Figure::Reported(_) => FigureSource::Reported,
        };
        Self {
            amount: figure.amount(),
            source,
        }
    }
}

/// A request of one's own that has ended. Times in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MyRequest {
    /// Its id, as in `x-request-id`.
    pub request_id: String,
    /// When it ended.
    pub ended_at: i64,
    /// The id of the client key that it came with.
    pub client_key: Option<i64>,
    /// The upstream.
    pub upstream: Option<String>,
    /// The model that was asked for, else the one that answered.
    pub model: Option<String>,
    /// What was asked for.
    pub endpoint: Endpoint,
    /// The status that the client saw; 0 where it left before one was sent.
    pub status: u16,
    /// How it ended.
    pub ended: Ended,
    /// Whose doing that is.
    pub class: StatusClass,
    /// The relay's own reason to refuse it; `null` where the answer is the upstream's.
    pub code: Option<String>,
    /// Whose limit a 429 speaks of, as far as the code says it.
    pub limit_source: Option<LimitSource>,
    /// Attempts made.
    pub attempts: u16,
    /// In the queue for a pool key.
    pub queued_us: u64,
    /// To the first byte of the answer.
    pub first_byte_us: Option<u64>,
    /// To its end.
    pub total_us: u64,
    /// What the relay itself worked.
    pub own_us: Option<u64>,
    /// Bytes of its body.
    pub asked_bytes: u64,
    /// Bytes of the answer's body.
    pub answered_bytes: u64,
    /// Tokens of what was asked.
    pub prompt_tokens: RequestFigure,
    /// Of those, what the upstream had in its cache.
    pub cached_tokens: RequestFigure,
    /// Tokens of what was answered.
    pub completion_tokens: RequestFigure,
    /// Pictures.
    pub images: RequestFigure,
    /// NovelAI's currency.
    pub anlas: RequestFigure,
    /// Money, in millionths of the upstream's currency.
    pub cost_micros: RequestFigure,
}

impl From<&UsageEvent> for MyRequest {
    fn from(event: &UsageEvent) -> Self {
        let used = &event.used;
        Self {
            request_id: event.request.to_string(),
            ended_at: event.ended_at,
            client_key: event.client_key.map(|id| id.0),
            upstream: event.upstream.as_deref().map(str::to_owned),
            model: event.model.as_deref().map(str::to_owned),
            endpoint: event.endpoint,
            status: event.status,
            ended: event.ended,
            class: event.class(),
            code: event.code.map(|code| code.as_str().to_owned()),
            limit_source: limit_source(event.status, event.code),
            attempts: event.attempts,
            queued_us: event.times.queued,
            first_byte_us: event.times.first_byte,
            total_us: event.times.total,
            own_us: event.times.own,
            asked_bytes: event.asked_bytes,
            answered_bytes: event.answered_bytes,
            prompt_tokens: used.prompt.into(),
            cached_tokens: used.cached.into(),
            completion_tokens: used.completion.into(),
            images: used.images.into(),
            anlas: used.anlas.into(),
            cost_micros: used.cost.into(),
        }
    }
}

/// Whose limit it was. Where pool keys were out, the trace knows more.
fn limit_source(status: u16, code: Option<Code>) -> Option<LimitSource> {
    match (status, code) {
        (429, None) => Some(LimitSource::Upstream),
        (429, Some(Code::PoolBusy | Code::AttemptsExhausted)) => None,
        (429, Some(_)) | (_, Some(Code::BudgetSpent)) => Some(LimitSource::Relay),
        (_, None | Some(_)) => None,
    }
}

/// A request that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// What whoever asked is told.
    #[serde(flatten)]
    pub request: MyRequest,
    /// The id of who asked.
    pub user: Option<i64>,
    /// The id of the pool key of the last attempt.
    pub pool_key: Option<i64>,
    /// The node of the last attempt.
    pub node: Option<String>,
}

impl From<&UsageEvent> for Request {
    fn from(event: &UsageEvent) -> Self {
        Self {
            request: event.into(),
            user: event.user.map(|id| id.0),
            pool_key: event.pool_key.map(|id| id.0),
            node: event.node.as_deref().map(str::to_owned),
        }
    }
}

/// A page of requests, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RequestsOf{T}")]
pub struct RequestPage<T> {
    /// The requests.
    pub items: Vec<T>,
    /// What `after` must be for the next page; `null` at the end.
    pub next: Option<String>,
}

/// What a number in a trace stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedKey {
    /// The number that the trace has for it.
    pub pool_key: i64,
    /// What it is called: its label for admins and for who brought it, else `key A`, `key B` and so on.
    pub name: String,
}

/// Where a trace was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceFrom {
    /// With the edge, which keeps the last few thousand.
    Edge,
    /// In the books, which keep those of requests that did not end well.
    Books,
}

/// One request, and how it came to its end.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DetailsOf{T}")]
pub struct RequestDetails<T> {
    /// Its line in the books; `null` where it has not been written yet, or is no longer kept.
    pub request: Option<T>,
    /// What it went through; `null` where it was served at once, or that is no longer kept.
    pub trace: Option<Trace>,
    /// Where that was found.
    pub trace_from: Option<TraceFrom>,
    /// Whose limit it met, where it met one.
    pub limit_source: Option<LimitSource>,
    /// What the pool keys of the trace are called.
    pub pool_keys: Vec<NamedKey>,
    /// What the client key is called.
    pub client_key_name: Option<String>,
    /// What the user is called.
    pub user_name: Option<String>,
}
