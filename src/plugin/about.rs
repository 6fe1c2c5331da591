//! What plug-ins are told of a route, of a request, and of how it ended.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use potluck_filters::model::Kind;

use crate::clock::RequestId;

/// The route that a plug-in is made for.
#[derive(Clone, Debug)]
pub struct RouteFacts {
    /// Its path prefix.
    pub prefix: String,
    /// Its upstream's name.
    pub upstream: String,
    /// What the upstream speaks.
    pub kind: Kind,
}

/// What is known of a request from its beginning to its end.
#[derive(Clone, Debug)]
pub struct About {
    pub(crate) method: Method,
    pub(crate) path: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) upstream: Arc<str>,
    pub(crate) request_id: RequestId,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) origin: Option<HeaderValue>,
}

impl About {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path for the upstream, with its escapes resolved, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the upstream speaks.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The upstream's name.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// The request's id, as it stands in `x-request-id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.request_id.as_str()
    }

    /// The origin of the web page that makes the request, as its browser says.
    #[must_use]
    pub fn origin(&self) -> Option<&HeaderValue> {
        self.origin.as_ref()
    }

    /// Where the request came from.
    #[must_use]
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// What it was.
    pub about: &'a About,
    /// The answer's status; nothing where the client left before there was one.
    pub status: Option<StatusCode>,
    /// The stable code, where the relay or a plug-in refused it.
    pub code: Option<&'static str>,
    /// The id of its client key, where it had one.
    pub client_key: Option<i64>,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// From its first byte to its end.
    pub took: Duration,
}
