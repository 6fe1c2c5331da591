//! Plug-ins: what an operator puts around the requests of a route.
//!
//! A request's fixed steps never change; around them stand the hooks of [`Plugin`], the one trait that the
//! built-in plug-ins use, too. `docs/plugins.md` says in which order hooks run and what they may cost.
//!
//! Invariants: no hook sees or changes a pool key, the upstream's host, or a header of framing; limits and
//! lists of models hold for a request as it was sent and as plug-ins have made it.

mod about;
mod answer;
mod built_in;
mod chain;
mod headers;
mod heartbeat;
mod hooks;
mod needs;
mod registry;
mod request;
mod response;
mod running;
mod schema;
mod slip;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use about::{About, Ended, RouteFacts};
pub use answer::{Answer, Flow};
pub(crate) use chain::Chain;
pub use headers::{HeaderError, Headers};
pub use heartbeat::Heartbeat;
pub use needs::Needs;
pub use potluck_filters::model::Kind;
pub use potluck_filters::rejection::{Code, Rejection};
pub use potluck_filters::rewrite::{Document, Places};
pub use registry::{Registered, Registry, RegistryError};
pub use request::{Preflight, Request, UpstreamRequest};
pub use response::{Chunk, Deliver, Response, Source};
pub(crate) use running::{Refused, Running};
pub use slip::Slip;

/// A plug-in at work on one route.
///
/// All hooks are plain functions: what one needs it keeps in memory, and nothing on a request's way waits for
/// it. A hook that returns `Err` ends the request with that [`Rejection`]; one that panics ends it with
/// `plugin_failed`, and nothing else.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// What it is called in the configuration: lower-case letters, digits and `-`.
    const NAME: &'static str;
    /// What it does, in one sentence, for `potluck plugins list`.
    const ABOUT: &'static str;
    /// What can be set: a struct with named fields, read from the configuration beside `name`. With
    /// `#[serde(deny_unknown_fields)]` its schema says that there is nothing else.
    type Settings: DeserializeOwned + JsonSchema;
    /// What it keeps from hook to hook of one request. `()` costs nothing.
    type State: Default + Send + 'static;

    /// Makes it for a route, once, when the configuration is read.
    ///
    /// # Errors
    /// Everything that is wrong with the settings beyond their types.
    fn new(settings: Self::Settings, route: &RouteFacts) -> Result<Self, Vec<Slip>>;

    /// Which bodies it must see.
    fn needs(&self) -> Needs {
        Needs::NOTHING
    }

    /// Answers a browser's preflight, which carries no client key: asked before anybody is authenticated. The
    /// first of a route's plug-ins that has an answer gives it.
    fn on_preflight(&self, _preflight: &Preflight<'_>) -> Option<Answer> {
        None
    }

    /// Whether, and how often, a comment goes to the client of this request while nothing else does. Asked with
    /// the request as it was sent; the first of a route's plug-ins that says so decides.
    fn heartbeat(&self, _request: &Request<'_>) -> Option<Heartbeat> {
        None
    }

    /// The request has passed its limits; nothing upstream is taken yet.
    ///
    /// # Errors
    /// The request ends with this.
    fn on_request(&self, _state: &mut Self::State, _request: &mut Request<'_>) -> Result<Flow, Rejection> {
        Ok(Flow::Continue)
    }

    /// The head of one attempt, before the pool key is put in. Runs again for every further attempt.
    ///
    /// # Errors
    /// The request ends with this; nobody is blamed for the attempt.
    fn on_upstream_request(
        &self,
        _state: &mut Self::State,
        _request: &mut UpstreamRequest<'_>,
    ) -> Result<(), Rejection> {
        Ok(())
    }

    /// The head of an answer: the upstream's, or the relay's own. Says what of the body it wants to see.
    ///
    /// # Errors
    /// The client gets this instead of the answer.
    fn on_response(
        &self,
        _state: &mut Self::State,
        _response: &mut Response<'_>,
    ) -> Result<Deliver, Rejection> {
        Ok(Deliver::Pass)
    }

    /// A piece of a body of which [`Plugin::on_response`] asked for the pieces.
    ///
    /// # Errors
    /// The answer breaks off.
    fn on_response_chunk(&self, _state: &mut Self::State, _chunk: &mut Chunk) -> Result<(), Rejection> {
        Ok(())
    }

    /// The whole of a body for which [`Plugin::on_response`] asked; the head has not gone out yet.
    ///
    /// # Errors
    /// The client gets this instead of the answer.
    fn on_response_body(
        &self,
        _state: &mut Self::State,
        _response: &mut Response<'_>,
        _body: &mut Bytes,
    ) -> Result<(), Rejection> {
        Ok(())
    }

    /// The request has ended.
    fn on_log(&self, _state: &mut Self::State, _ended: &Ended<'_>) {}
}
