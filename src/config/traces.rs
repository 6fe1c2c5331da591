//! Where traces of requests go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;

/// Traces of requests for a tracing system, over OTLP. Off unless an endpoint is set, and then free of cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Traces {
    /// Where spans are sent in the JSON form of OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`. Default:
    /// nowhere, and `traceparent` passes as any other header.
    pub endpoint: Option<String>,
    /// Of so many requests that bring no `traceparent`, one is traced. Those that bring one say so themselves.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub one_in: u32,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: None,
            one_in: 1,
        }
    }
}

impl Traces {
    /// The endpoint, taken apart: whether over TLS, its authority, and its path.
    #[must_use]
    pub fn target(&self) -> Option<(bool, http::uri::Authority, String)> {
        let uri: http::Uri = self.endpoint.as_ref()?.parse().ok()?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return None,
        };
        let authority = uri.authority()?.clone();
        (!authority.as_str().contains('@')).then(|| (tls, authority, uri.path().to_owned()))
    }

    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        if self.endpoint.is_some() && self.target().is_none() {
            let message = "must be like http://127.0.0.1:4318/v1/traces, without a user in it";
            faults.push(Fault::new(Path::of("traces.endpoint"), message));
        }
    }
}
