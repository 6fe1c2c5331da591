//! Who may call over the network: whoever sends the operator's token, to a name of this relay.
//!
//! Invariant: it stands before the routes, so that without the token nobody learns which there are; no header
//! but `Host` and `Authorization` is looked at, and neither is in an answer or in the log.

mod hosts;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::router::router;
pub use hosts::Hosts;
pub use token::{AdminToken, WeakToken};

/// The address at the other end of a connection: a request extension, set by whoever accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Told of each call without the right token. Says for how long the address has to wait when it made too many
/// of them.
pub type Failed = dyn Fn(Peer) -> Option<Duration> + Send + Sync;

/// What a call over the network has to show.
pub struct Gate {
    /// What the caller must send.
    pub token: AdminToken,
    /// Whom the caller must mean.
    pub hosts: Hosts,
    /// Slows guessing down.
    pub failed: Box<Failed>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// [`router`] for callers from the network: operators, where the gate lets them in.
pub fn bearer_router(control: Arc<Control>, gate: Gate) -> Router {
    router(control).layer(middleware::from_fn_with_state(Arc::new(gate), admit))
}

async fn admit(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let mut answer = match gate.judge(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    // Some answers hold a new key, and all of them are true only now.
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer
}

impl Gate {
    /// The right token always passes, also from an address that guessed before: nobody can lock the operator out.
    fn judge(&self, request: &Request) -> Result<Caller, ControlError> {
        if !self.hosts.are_meant_by(request.uri(), request.headers()) {
            return Err(ControlError::WrongHost);
        }
        let presented = presented(request.headers());
        if presented.is_some_and(|presented| self.token.is(presented)) {
            return Ok(Caller::Operator);
        }
        let peer = request.extensions().get::<Peer>().copied();
        match peer.and_then(|peer| (self.failed)(peer)) {
            Some(wait) => Err(ControlError::TooManyTries(wait)),
            None => Err(ControlError::NoToken),
        }
    }
}

/// The token of the one `Authorization: Bearer …`. Two headers could be read in two ways, so they are none.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, token) = only.as_bytes().split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}
