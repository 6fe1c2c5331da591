//! Who calls over the network: whoever sends the operator's token, a session's or a user's own, to a name of this relay.
//!
//! Invariant: it stands before the routes and says who asks, or why that is not known; what a route asks of its caller
//! is the route's to say. No credential is in an answer or in the log.

mod credential;
mod hosts;
#[cfg(test)]
mod tests;
mod token;
mod visitor;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use potluck_filters::model::Network;
use subtle::ConstantTimeEq;

use crate::auth::{Held, forwarded};
use crate::caller::{Caller, Proof, SignedIn, Unknown};
use crate::control::Control;
use crate::error::ControlError;
use crate::router::router;
use crate::ui;
use credential::Credential;
pub use hosts::Hosts;
pub use token::{AdminToken, WeakToken};
pub(crate) use visitor::Visitor;

/// The header that a page's changes carry.
const CSRF: &str = "x-csrf-token";

/// The address at the other end of a connection: a request extension, set by whoever accepted it. Behind the gate it is
/// the caller's, where proxies that are listed say who that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Told of each call with a wrong token. Says for how long the address has to wait when it made too many of them.
pub type Failed = dyn Fn(Peer) -> Option<Duration> + Send + Sync;

/// What calls over the network are held against.
pub struct Gate {
    /// What makes a caller the operator, if anything does.
    pub token: Option<AdminToken>,
    /// Whom the caller must mean.
    pub hosts: Hosts,
    /// Slows guessing down.
    pub failed: Box<Failed>,
    /// Proxies that may say whom they forward for.
    pub trusted_proxies: Vec<Network>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// [`router`] for callers from the network, who are whom their credentials say; with the user interface.
pub fn bearer_router(control: Arc<Control>, gate: Gate) -> Router {
    let pages = ui::router(gate.hosts.clone());
    let state = (Arc::new(gate), Arc::clone(&control));
    router(control)
        .layer(middleware::from_fn_with_state(state, admit))
        .merge(pages)
}

async fn admit(
    State((gate, control)): State<(Arc<Gate>, Arc<Control>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut answer = match gate.look_at(&mut parts, &control).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
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
    /// Writes into the request who asks and from where. Where that is not known, into it goes why.
    async fn look_at(&self, request: &mut Parts, control: &Control) -> Result<(), ControlError> {
        if !self.hosts.are_meant_by(&request.uri, &request.headers) {
            return Err(ControlError::WrongHost);
        }
        let over_tls = self.find_out_from_where(request, control.public_base_url());
        let held = Held::of(&request.headers, over_tls);
        let credential = Credential::of(&request.headers, &held);
        match self.known(request, credential, control).await? {
            Ok(Some(caller)) => {
                request.extensions.insert(caller);
            }
            Ok(None) => {}
            Err(why) => {
                if why == Unknown::Bad {
                    self.count_failure(request)?;
                }
                request.extensions.insert(why);
            }
        }
        Ok(())
    }

    /// Puts the caller's address in the place of the peer's.
    fn find_out_from_where(&self, request: &mut Parts, public_url: Option<&str>) -> bool {
        let peer = request.extensions.get::<Peer>().copied();
        let told = peer.map(|Peer(peer)| {
            let headers = &request.headers;
            let caller = forwarded::caller(peer, headers, &self.trusted_proxies);
            (caller, forwarded::over_tls(peer, headers, &self.trusted_proxies))
        });
        let over_tls = told.is_some_and(|(_, over_tls)| over_tls)
            || public_url.is_some_and(|url| url.starts_with("https://"));
        let extensions = &mut request.extensions;
        extensions.insert(visitor::OverTls(over_tls));
        if let Some((caller, _)) = told {
            extensions.insert(Peer(caller));
        }
        over_tls
    }

    /// The right token always passes, also from an address that guessed before: nobody can lock the operator out.
    async fn known(
        &self,
        request: &Parts,
        credential: Credential,
        control: &Control,
    ) -> Result<Result<Option<Caller>, Unknown>, ControlError> {
        let safe = credential::is_safe(&request.method);
        let elsewhere =
            || credential::is_from_elsewhere(&request.headers, &request.uri, control.public_base_url());
        match credential {
            Credential::Several => Err(ControlError::TwoCredentials),
            Credential::Other => Ok(Err(Unknown::Bad)),
            Credential::None | Credential::Cookie(_) if !safe && elsewhere() => Err(ControlError::Csrf),
            Credential::None => Ok(Ok(None)),
            Credential::Bearer(token) if self.is_operators(token.expose().as_bytes()) => {
                Ok(Ok(Some(Caller::Operator)))
            }
            Credential::Bearer(token) => {
                let seen = control.whose(token.expose()).await?;
                Ok(seen.map(|signed_in| Some(Caller::User(signed_in))))
            }
            Credential::Cookie(token) => {
                let seen = control.whose(token.expose()).await?;
                Ok(seen.and_then(|signed_in| match signed_in.proof {
                    Proof::Session(_) if safe || has_csrf_token(request, &signed_in, control) => {
                        Ok(Some(Caller::User(signed_in)))
                    }
                    Proof::Session(_) => Err(Unknown::Csrf),
                    // No browser was given one.
                    Proof::Token { .. } => Err(Unknown::Bad),
                }))
            }
        }
    }

    fn is_operators(&self, presented: &[u8]) -> bool {
        self.token.as_ref().is_some_and(|token| token.is(presented))
    }

    fn count_failure(&self, request: &Parts) -> Result<(), ControlError> {
        let peer = request.extensions.get::<Peer>().copied();
        match peer.and_then(|peer| (self.failed)(peer)) {
            Some(wait) => Err(ControlError::TooManyTries(wait)),
            None => Ok(()),
        }
    }
}

fn has_csrf_token(request: &Parts, signed_in: &SignedIn, control: &Control) -> bool {
    let Proof::Session(session) = signed_in.proof else {
        return false;
    };
    let due = control.csrf_token(session);
    let mut sent = request.headers.get_all(CSRF).iter();
    match (sent.next(), sent.next()) {
        (Some(sent), None) => sent.as_bytes().ct_eq(due.0.expose().as_bytes()).into(),
        _ => false,
    }
}
