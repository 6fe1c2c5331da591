//! Every way in which the OpenAI fake says no, in OpenAI's error envelope.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::fault::Fault;

/// A refusal. As a [`Fault`] it can be scripted.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// No credential at all.
    NoKey,
    /// An unknown key; the message shows it masked.
    InvalidKey { key: String },
    /// An unknown model.
    ModelNotFound { model: String },
    /// A missing or wrong parameter.
    BadParameter { param: &'static str, message: String },
    /// A body that is no JSON object.
    NoJson,
    /// A multipart body that cannot be read.
    NoForm { why: String },
    /// Too many requests; `Retry-After` in whole seconds, `retry-after-ms` exactly, where given.
    RateLimited { retry_after: Option<Duration> },
    /// The key has nothing left.
    QuotaExceeded,
    /// An object that this key does not own.
    NoSuchObject { what: &'static str, id: String },
    /// A path or method that this API does not have.
    UnknownUrl { method: String, path: String },
    /// The upstream's own failure.
    ServerError,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::NoKey | Refusal::InvalidKey { .. } => StatusCode::UNAUTHORIZED,
            Refusal::ModelNotFound { .. } | Refusal::NoSuchObject { .. } | Refusal::UnknownUrl { .. } => {
                StatusCode::NOT_FOUND
            }
            Refusal::BadParameter { .. } | Refusal::NoJson | Refusal::NoForm { .. } => {
                StatusCode::BAD_REQUEST
            }
            Refusal::RateLimited { .. } | Refusal::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
            Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn body(&self) -> Value {
        let (kind, code, param) = self.labels();
        json!({"error": {"message": self.message(), "type": kind, "param": param, "code": code}})
    }

    /// Type, code and parameter.
    fn labels(&self) -> (&'static str, Option<&'static str>, Option<&'static str>) {
        match self {
            Refusal::InvalidKey { .. } => ("invalid_request_error", Some("invalid_api_key"), None),
            Refusal::ModelNotFound { .. } => ("invalid_request_error", Some("model_not_found"), None),
            Refusal::BadParameter { param, .. } => ("invalid_request_error", None, Some(param)),
            Refusal::RateLimited { .. } => ("requests", Some("rate_limit_exceeded"), None),
            Refusal::QuotaExceeded => ("insufficient_quota", Some("insufficient_quota"), None),
            Refusal::NoSuchObject { .. } => ("invalid_request_error", None, Some("id")),
            Refusal::ServerError => ("server_error", None, None),
            Refusal::NoKey | Refusal::NoJson | Refusal::NoForm { .. } | Refusal::UnknownUrl { .. } => {
                ("invalid_request_error", None, None)
            }
        }
    }

    fn message(&self) -> String {
        match self {
            Refusal::NoKey => "No API key was given in the Authorization header (Bearer).".to_owned(),
            Refusal::InvalidKey { key } => format!("Incorrect API key provided: {}.", masked(key)),
            Refusal::ModelNotFound { model } => {
                format!("The model `{model}` does not exist or you do not have access to it.")
            }
            Refusal::BadParameter { message, .. } => message.clone(),
            Refusal::NoJson => "The request's body could not be read as a JSON object.".to_owned(),
            Refusal::NoForm { why } => format!("The request's form could not be read: {why}"),
            Refusal::RateLimited { .. } => "Rate limit reached for requests.".to_owned(),
            Refusal::QuotaExceeded => "You exceeded your current quota.".to_owned(),
            Refusal::NoSuchObject { what, id } => format!("No such {what} object: {id}"),
            Refusal::UnknownUrl { method, path } => format!("Invalid URL ({method} {path})"),
            Refusal::ServerError => "The server had an error while processing your request.".to_owned(),
        }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let Refusal::RateLimited {
            retry_after: Some(after),
        } = self
        else {
            return Vec::new();
        };
        vec![
            (
                header::RETRY_AFTER.to_string(),
                after.as_millis().div_ceil(1000).to_string(),
            ),
            ("retry-after-ms".to_owned(), after.as_millis().to_string()),
        ]
    }
}

/// The first three and the last four characters, as the real API shows a wrong key.
fn masked(key: &str) -> String {
    let count = key.chars().count();
    let seen = |index: usize| index < 3 || index + 4 >= count;
    key.chars()
        .enumerate()
        .map(|(index, letter)| if seen(index) { letter } else { '*' })
        .collect()
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        let fault = Fault::json(refusal.status().as_u16(), &refusal.body());
        refusal
            .headers()
            .iter()
            .fold(fault, |fault, (name, value)| fault.with_header(name, value))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut answer = (self.status(), Json(self.body())).into_response();
        for (name, value) in self.headers() {
            if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}
