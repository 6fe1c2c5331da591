//! An error in OpenAI's form, from what NovelAI and the relay say in NovelAI's.

use serde::Deserialize;
use serde_json::{Value, json};

/// An error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: u16,
    message: String,
    /// The relay's own stable code, where it has one.
    code: Option<String>,
}

/// NovelAI's form; `code` is the relay's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Novelai {
    status_code: Option<u16>,
    message: Option<String>,
    error: Option<Value>,
    code: Option<Value>,
}

impl Failure {
    /// The body of an answer.
    pub(super) fn body(&self) -> String {
        json!({ "error": self.error() }).to_string()
    }

    fn error(&self) -> Value {
        let r#type = match self.status {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({ "message": self.message, "type": r#type, "param": null, "code": self.code })
    }
}

/// What an event says that is an error. A message alone is a notice.
pub(super) fn from_event(data: &[u8]) -> Option<Failure> {
    let said: Novelai = serde_json::from_slice(data).ok()?;
    let is_error = said.status_code.is_some() || said.error.is_some();
    is_error.then(|| failure(said, 502))?
}

/// What an answer's body in NovelAI's form says; nothing where it is in no such form. `status` is the answer's own.
pub(super) fn from_novelai(body: &[u8], status: u16) -> Option<Failure> {
    failure(serde_json::from_slice(body).ok()?, status)
}

fn failure(said: Novelai, status: u16) -> Option<Failure> {
    let error = said.error.as_ref().and_then(Value::as_str).map(str::to_owned);
    if said.error.is_some() && error.is_none() {
        // OpenAI's form has an object there.
        return None;
    }
    let code = said.code.as_ref().and_then(Value::as_str).map(str::to_owned);
    Some(Failure {
        status: said
            .status_code
            .filter(|status| (400..600).contains(status))
            .unwrap_or(status),
        message: said.message.or(error)?,
        code,
    })
}
