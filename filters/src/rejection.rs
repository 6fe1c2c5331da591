//! Every "no" of this relay, in the client's own error format.
//!
//! Invariants: each reason has one stable code, listed in `docs/errors.md` (a test compares); the
//! message is for the client and holds no cause from inside; the body is always whole, valid JSON.

mod code;
mod render;

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use code::Code;
pub use render::Rendered;

/// Whose limit stands behind a refusal; sent as `x-potluck-limit-source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// A limit of this relay.
    Relay,
    /// A limit of the upstream, met by every pool key that could have served.
    Upstream,
}

/// A refusal, ready to be rendered for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub code: Code,
    /// For the client, one sentence.
    pub message: Cow<'static, str>,
    /// When to come again. 429 and 503 answers name a second where this is absent.
    pub retry_after: Option<Duration>,
    /// Whose limit it is, where it is one. 429 answers name the relay where this is absent.
    pub limit_source: Option<LimitSource>,
    /// The methods that the path does know, for [`Code::MethodNotAllowed`].
    pub allow: Option<&'static str>,
}

impl Rejection {
    /// A refusal with the code's own message.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        let message = Cow::Borrowed(code.message());
        Self {
            code,
            message,
            retry_after: None,
            limit_source: None,
            allow: None,
        }
    }

    /// The path exists, but only for these methods (as `Allow` lists them).
    #[must_use]
    pub const fn wrong_method(allow: &'static str) -> Self {
        let mut rejection = Self::new(Code::MethodNotAllowed);
        rejection.allow = Some(allow);
        rejection
    }

    /// Says it in other words.
    #[must_use]
    pub fn saying(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// Tells the client when to come again.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// Tells the client whose limit it met.
    #[must_use]
    pub fn limited_by(self, source: LimitSource) -> Self {
        Self {
            limit_source: Some(source),
            ..self
        }
    }

    /// Whose limit it is, if it is one: every 429 is somebody's.
    #[must_use]
    pub fn whose_limit(&self) -> Option<LimitSource> {
        let owed = self.status() == StatusCode::TOO_MANY_REQUESTS;
        self.limit_source.or(owed.then_some(LimitSource::Relay))
    }

    /// The HTTP status: the code's own, save that a pool held back by the upstream's limits is 429.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match (self.code, self.limit_source) {
            (Code::PoolBusy, Some(LimitSource::Upstream)) => StatusCode::TOO_MANY_REQUESTS,
            (code, _) => code.status(),
        }
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests;
