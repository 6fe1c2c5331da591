//! [`Plugin`] without its types, so that a route can list different ones.

use std::any::Any;

use bytes::Bytes;

use super::{
    Answer, Chunk, Code, Deliver, Ended, Flow, Heartbeat, Needs, Plugin, Preflight, Rejection, Request,
    Response, UpstreamRequest,
};

/// What a plug-in keeps of one request. Made by [`Hooks::fresh`] of the same plug-in.
pub(crate) type State = Box<dyn Any + Send>;

pub(crate) trait Hooks: Send + Sync {
    fn name(&self) -> &'static str;
    fn needs(&self) -> Needs;
    fn fresh(&self) -> State;
    fn on_preflight(&self, preflight: &Preflight<'_>) -> Option<Answer>;
    fn heartbeat(&self, request: &Request<'_>) -> Option<Heartbeat>;
    fn on_request(&self, state: &mut State, request: &mut Request<'_>) -> Result<Flow, Rejection>;
    fn on_upstream_request(
        &self,
        state: &mut State,
        request: &mut UpstreamRequest<'_>,
    ) -> Result<(), Rejection>;
    fn on_response(&self, state: &mut State, response: &mut Response<'_>) -> Result<Deliver, Rejection>;
    fn on_response_chunk(&self, state: &mut State, chunk: &mut Chunk) -> Result<(), Rejection>;
    fn on_response_body(
        &self,
        state: &mut State,
        response: &mut Response<'_>,
        body: &mut Bytes,
    ) -> Result<(), Rejection>;
    fn on_log(&self, state: &mut State, ended: &Ended<'_>);
}

impl<P: Plugin> Hooks for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn needs(&self) -> Needs {
        Plugin::needs(self)
    }

    fn fresh(&self) -> State {
        Box::new(P::State::default())
    }

    fn on_preflight(&self, preflight: &Preflight<'_>) -> Option<Answer> {
        Plugin::on_preflight(self, preflight)
    }

    fn heartbeat(&self, request: &Request<'_>) -> Option<Heartbeat> {
        Plugin::heartbeat(self, request)
    }

    fn on_request(&self, state: &mut State, request: &mut Request<'_>) -> Result<Flow, Rejection> {
        Plugin::on_request(self, own::<P>(state)?, request)
    }

    fn on_upstream_request(
        &self,
        state: &mut State,
        request: &mut UpstreamRequest<'_>,
    ) -> Result<(), Rejection> {
        Plugin::on_upstream_request(self, own::<P>(state)?, request)
    }

    fn on_response(&self, state: &mut State, response: &mut Response<'_>) -> Result<Deliver, Rejection> {
        Plugin::on_response(self, own::<P>(state)?, response)
    }

    fn on_response_chunk(&self, state: &mut State, chunk: &mut Chunk) -> Result<(), Rejection> {
        Plugin::on_response_chunk(self, own::<P>(state)?, chunk)
    }

    fn on_response_body(
        &self,
        state: &mut State,
        response: &mut Response<'_>,
        body: &mut Bytes,
    ) -> Result<(), Rejection> {
        Plugin::on_response_body(self, own::<P>(state)?, response, body)
    }

    fn on_log(&self, state: &mut State, ended: &Ended<'_>) {
        if let Ok(state) = own::<P>(state) {
            Plugin::on_log(self, state, ended);
        }
    }
}

fn own<P: Plugin>(state: &mut State) -> Result<&mut P::State, Rejection> {
    state.downcast_mut().ok_or(Rejection::new(Code::PluginFailed))
}
