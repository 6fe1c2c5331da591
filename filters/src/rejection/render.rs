//! A refusal as an HTTP answer, in one of three error formats.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::{Code, LimitSource, Rejection};
use crate::model::Kind;

/// The header that says whose limit was met.
const LIMIT_SOURCE: HeaderName = HeaderName::from_static("x-potluck-limit-source");

/// An answer of this relay. Length, `x-request-id` and CORS are the server's to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// HTTP status.
    pub status: StatusCode,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// JSON.
    pub body: Bytes,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// `{"error":{…}}`, as the OpenAI SDKs read it.
#[derive(Serialize)]
struct Openai<'a> {
    error: OpenaiError<'a>,
}

#[derive(Serialize)]
struct OpenaiError<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'static str>,
    code: &'static str,
}

/// NovelAI's envelope, with our code beside.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Novelai<'a> {
    status_code: u16,
    message: &'a str,
    code: &'static str,
}

/// RFC 9457. `about:blank` means that the title is the status's own.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
}

impl Rejection {
    /// The answer in the error format of the upstream's kind.
    #[must_use]
    pub fn render(&self, dialect: Kind, request_id: &str) -> Rendered {
        let content_type = match dialect {
            Kind::Novelai | Kind::Openai => "application/json",
            Kind::Http => "application/problem+json",
        };
        let body = match dialect {
            Kind::Openai => json(&self.openai()),
            Kind::Novelai => json(&self.novelai()),
            Kind::Http => json(&self.problem(request_id)),
        };
        Rendered {
            status: self.status(),
            content_type,
            body,
            headers: self.headers(),
        }
    }

    fn openai(&self) -> Openai<'_> {
        let r#type = openai_type(self.status());
        let about_model = matches!(self.code, Code::ModelNotAllowed | Code::ModelNotFound);
        let about_object = (self.code == Code::ObjectNotFound).then_some("id");
        let param = about_model.then_some("model").or(about_object);
        Openai {
            error: OpenaiError {
                message: &self.message,
                r#type,
                param,
                code: self.code.as_str(),
            },
        }
    }

    fn novelai(&self) -> Novelai<'_> {
        let status_code = self.status().as_u16();
        Novelai {
            status_code,
            message: &self.message,
            code: self.code.as_str(),
        }
    }

    fn problem<'a>(&'a self, request_id: &'a str) -> Problem<'a> {
        let status = self.status();
        Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.message,
            code: self.code.as_str(),
            request_id,
        }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if let Some(wait) = self.wait() {
            headers.push((RETRY_AFTER, whole_seconds(wait).into()));
        }
        if let Some(source) = self.source() {
            headers.push((LIMIT_SOURCE, HeaderValue::from_static(source)));
        }
        headers.extend(
            self.allow
                .map(|methods| (ALLOW, HeaderValue::from_static(methods))),
        );
        headers
    }

    /// A client told to come again must be told when: a second, where nobody knows.
    fn wait(&self) -> Option<Duration> {
        let status = self.status();
        let owed = status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE;
        self.retry_after.or(owed.then_some(Duration::from_secs(1)))
    }

    fn source(&self) -> Option<&'static str> {
        match self.whose_limit()? {
            LimitSource::Relay => Some("relay"),
            LimitSource::Upstream => Some("upstream"),
        }
    }
}

/// Rounded up, so that who comes then does not come too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// The `type` that goes with the exception which the OpenAI SDKs raise for this status.
fn openai_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn json(body: &impl Serialize) -> Bytes {
    // Plain structs of text and numbers always serialise; were it not so, an empty object is still JSON.
    serde_json::to_vec(body).map_or(Bytes::from_static(b"{}"), Bytes::from)
}
