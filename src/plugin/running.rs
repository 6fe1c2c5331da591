//! The plug-ins of one request at work: states, order, panics.
//!
//! Invariants: hooks of a request's way out run as listed, those of its way back in reverse; one that panicked
//! is not called again for the request; no hook's panic leaves this file.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;

use super::hooks::{Hooks, State};
use super::{
    About, Answer, Chain, Chunk, Code, Deliver, Ended, Flow, Heartbeat, Preflight, Rejection, Request,
    Response, Source, UpstreamRequest,
};
use crate::edge::Heart;

/// The plug-ins of one request.
pub(crate) struct Running {
    chain: Arc<Chain>,
    about: About,
    /// One per plug-in. Never waited for: only the request's own task calls hooks.
    slots: Mutex<Vec<Slot>>,
    /// Whether a plug-in wants to see the answer's pieces.
    chunks: AtomicBool,
    /// Why an attempt was not made, or an answer stopped.
    refusal: Mutex<Option<Rejection>>,
    /// Set where heartbeats go out.
    pub(crate) heart: OnceLock<Heart>,
}

struct Slot {
    state: State,
    deliver: Deliver,
    panicked: bool,
}

impl Slot {
    fn new(plugin: &dyn Hooks) -> Self {
        Self {
            state: plugin.fresh(),
            deliver: Deliver::Pass,
            panicked: false,
        }
    }
}

impl Running {
    pub(crate) fn new(chain: Arc<Chain>, about: About) -> Self {
        Self {
            slots: Mutex::new(
                chain
                    .plugins()
                    .iter()
                    .map(|plugin| Slot::new(&**plugin))
                    .collect(),
            ),
            chain,
            about,
            chunks: AtomicBool::new(false),
            refusal: Mutex::default(),
            heart: OnceLock::new(),
        }
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    pub(crate) fn preflight(&self, preflight: &Preflight<'_>) -> Result<Option<Answer>, Rejection> {
        caught("on_preflight", "preflight", || {
            Ok(self.chain.preflight(preflight))
        })
    }

    /// The first heartbeat that a plug-in asks for.
    pub(crate) fn heartbeat(&self, request: &Request<'_>) -> Option<Heartbeat> {
        let mut plugins = self.chain.plugins().iter();
        plugins.find_map(|plugin| {
            caught(plugin.name(), "heartbeat", || Ok(plugin.heartbeat(request)))
                .ok()
                .flatten()
        })
    }

    /// Before the body is read: the plug-ins up to the first that reads it.
    pub(crate) fn on_head(&self, request: &mut Request<'_>) -> Result<Flow, Rejection> {
        self.on_request(0..self.chain.first_reader(), request)
    }

    /// With the body: the others.
    pub(crate) fn on_body(&self, request: &mut Request<'_>) -> Result<Flow, Rejection> {
        self.on_request(self.chain.first_reader()..self.chain.plugins().len(), request)
    }

    fn on_request(&self, which: Range<usize>, request: &mut Request<'_>) -> Result<Flow, Rejection> {
        for at in which {
            let flow = self.call(at, "on_request", |plugin, slot| {
                plugin.on_request(&mut slot.state, request)
            })?;
            if let Some(Flow::Answer(answer)) = flow {
                return Ok(Flow::Answer(answer));
            }
        }
        Ok(Flow::Continue)
    }

    /// The head of an attempt. A refusal is kept, and ends the request.
    pub(crate) fn on_upstream_request(&self, headers: &mut HeaderMap, node: &str) -> Result<(), Refused> {
        for at in 0..self.chain.plugins().len() {
            let mut request = UpstreamRequest {
                about: &self.about,
                node,
                headers,
            };
            let called = self.call(at, "on_upstream_request", |plugin, slot| {
                plugin.on_upstream_request(&mut slot.state, &mut request)
            });
            called.map_err(|rejection| self.keep_refusal(rejection))?;
        }
        Ok(())
    }

    /// Keeps a refusal for whoever can tell the client.
    pub(crate) fn keep_refusal(&self, rejection: Rejection) -> Refused {
        *self.refusal.lock() = Some(rejection);
        Refused
    }

    /// Why the last attempt was not made, or the answer stopped, if a plug-in did so.
    pub(crate) fn take_refusal(&self) -> Option<Rejection> {
        self.refusal.lock().take()
    }

    /// The head of an answer; says what is to be done with its body.
    pub(crate) fn on_response(
        &self,
        source: Source,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
    ) -> Result<Deliver, Rejection> {
        let mut most = Deliver::Pass;
        for at in (0..self.chain.plugins().len()).rev() {
            let mut response = Response {
                about: &self.about,
                source,
                status,
                headers,
            };
            let called = self.call(at, "on_response", |plugin, slot| {
                slot.deliver = Deliver::Pass;
                slot.deliver = plugin.on_response(&mut slot.state, &mut response)?;
                Ok(slot.deliver)
            })?;
            most = most.max(called.unwrap_or(Deliver::Pass));
        }
        if !self.chain.needs().response_body {
            most = Deliver::Pass;
        }
        // Relaxed: only the request's own task writes and reads it.
        self.chunks.store(most == Deliver::Chunks, Ordering::Relaxed);
        Ok(most)
    }

    /// A piece of a body, or its end: what of it goes out.
    pub(crate) fn on_piece(&self, piece: Option<Bytes>, end: bool) -> Result<Option<Bytes>, Rejection> {
        // Relaxed: as above.
        if !self.chunks.load(Ordering::Relaxed) {
            return Ok(piece);
        }
        let data = piece.unwrap_or_default();
        let mut chunk = Chunk { data, end };
        for at in (0..self.chain.plugins().len()).rev() {
            self.call(at, "on_response_chunk", |plugin, slot| match slot.deliver {
                Deliver::Chunks | Deliver::Whole { most: _ } => {
                    plugin.on_response_chunk(&mut slot.state, &mut chunk)
                }
                Deliver::Pass => Ok(()),
            })?;
        }
        Ok(Some(chunk.data).filter(|data| !data.is_empty()))
    }

    /// A whole body, with its head still in hand.
    pub(crate) fn on_whole(
        &self,
        source: Source,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
        mut body: Bytes,
    ) -> Result<Bytes, Rejection> {
        for at in (0..self.chain.plugins().len()).rev() {
            let mut response = Response {
                about: &self.about,
                source,
                status,
                headers,
            };
            self.call(at, "on_response_body", |plugin, slot| match slot.deliver {
                Deliver::Pass => Ok(()),
                Deliver::Chunks => {
                    let data = std::mem::take(&mut body);
                    let mut chunk = Chunk { data, end: true };
                    let called = plugin.on_response_chunk(&mut slot.state, &mut chunk);
                    body = chunk.data;
                    called
                }
                Deliver::Whole { most: _ } => {
                    plugin.on_response_body(&mut slot.state, &mut response, &mut body)
                }
            })?;
        }
        Ok(body)
    }

    /// An answer of the relay's own. Where a plug-in refuses it, it goes out as far as it has come.
    pub(crate) fn on_own_answer(
        &self,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
        body: Bytes,
    ) -> Bytes {
        match self.on_response(Source::Relay, status, headers) {
            Ok(Deliver::Chunks | Deliver::Whole { most: _ }) => {
                let kept = body.clone();
                self.on_whole(Source::Relay, status, headers, body)
                    .unwrap_or(kept)
            }
            Ok(Deliver::Pass) | Err(_) => body,
        }
    }

    pub(crate) fn on_log(&self, ended: &Ended<'_>) {
        for at in 0..self.chain.plugins().len() {
            // A panic was logged; there is nobody else to tell.
            let _ = self.call(at, "on_log", |plugin, slot| {
                plugin.on_log(&mut slot.state, ended);
                Ok(())
            });
        }
    }

    /// Calls one hook; `None` where its plug-in has panicked before.
    fn call<T>(
        &self,
        at: usize,
        hook: &'static str,
        act: impl FnOnce(&dyn Hooks, &mut Slot) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        let mut slots = self.slots.lock();
        let (Some(plugin), Some(slot)) = (self.chain.plugins().get(at), slots.get_mut(at)) else {
            return Ok(None);
        };
        if slot.panicked {
            return Ok(None);
        }
        // Until it has returned: so a panic, too, leaves the mark.
        slot.panicked = true;
        let called = caught(plugin.name(), hook, || {
            let returned = act(&**plugin, slot);
            slot.panicked = false;
            returned
        });
        called.map(Some)
    }
}

/// A plug-in refused an attempt or stopped an answer; why is with [`Running::take_refusal`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused;

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

fn caught<T>(
    plugin: &'static str,
    hook: &'static str,
    act: impl FnOnce() -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    // What a hook leaves half done is its own state, which is not used again, and the request, which ends.
    let returned = catch_unwind(AssertUnwindSafe(act));
    let said = match &returned {
        Ok(Ok(_)) => None,
        Ok(Err(rejection)) => (rejection.code == Code::PluginFailed).then_some("a plug-in failed"),
        Err(_) => Some("a plug-in panicked"),
    };
    if let Some(said) = said {
        tracing::error!(plugin, hook, "{said}");
    }
    returned.unwrap_or_else(|_| Err(Code::PluginFailed.into()))
}
