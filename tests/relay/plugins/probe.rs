//! A plug-in that tells of every call, and fails or panics where it is told to.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use parking_lot::Mutex;
use potluck::plugin::{
    Chunk, Code, Deliver, Ended, Flow, Needs, Plugin, Rejection, Request, Response, RouteFacts, Slip, Source,
    UpstreamRequest,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Calls by the probe's tag: plug-ins are made from settings, so there is no other way back.
static CALLS: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

/// What a probe was called for, in order.
pub fn calls(tag: &str) -> Vec<String> {
    CALLS.lock().get(tag).cloned().unwrap_or_default()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    tag: String,
    /// The hook in which it refuses.
    #[serde(default)]
    refuses: String,
    /// The hook in which it panics.
    #[serde(default)]
    panics: String,
    /// `chunks` or `whole`.
    #[serde(default)]
    deliver: String,
    /// Whether it reads bodies.
    #[serde(default)]
    reads: bool,
    /// Headers that it tries to set, everywhere.
    #[serde(default)]
    sets: Vec<String>,
}

pub struct Probe(Settings);

#[derive(Default)]
pub struct State {
    hooks: Vec<&'static str>,
}

impl Probe {
    fn called(&self, state: &mut State, hook: &'static str) -> Result<(), Rejection> {
        state.hooks.push(hook);
        CALLS
            .lock()
            .entry(self.0.tag.clone())
            .or_default()
            .push(hook.to_owned());
        assert!(self.0.panics != hook, "the probe was told to panic");
        if self.0.refuses == hook {
            return Err(Rejection::new(Code::PluginRefused).saying("The probe was told to refuse."));
        }
        Ok(())
    }
}

impl Plugin for Probe {
    const NAME: &'static str = "probe";
    const ABOUT: &'static str = "Tells of every call.";
    type Settings = Settings;
    type State = State;

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        Ok(Self(settings))
    }

    fn needs(&self) -> Needs {
        let needs = if self.0.reads {
            Needs::NOTHING.request_body()
        } else {
            Needs::NOTHING
        };
        if self.0.deliver.is_empty() {
            needs
        } else {
            needs.response_body()
        }
    }

    fn on_request(&self, state: &mut State, request: &mut Request<'_>) -> Result<Flow, Rejection> {
        self.called(state, "on_request")?;
        let mut headers = request.headers();
        let credentials = ["authorization", "x-api-key", "cookie"];
        assert!(credentials.iter().all(|name| headers.get(name).is_none()));
        headers.append("x-trace", &self.0.tag)?;
        for name in &self.0.sets {
            headers.set(name, "mine")?;
        }
        Ok(Flow::Continue)
    }

    fn on_upstream_request(
        &self,
        state: &mut State,
        request: &mut UpstreamRequest<'_>,
    ) -> Result<(), Rejection> {
        self.called(state, "on_upstream_request")?;
        let shown: Vec<String> = request
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        CALLS
            .lock()
            .entry(format!("{} sees", self.0.tag))
            .or_default()
            .extend(shown);
        Ok(())
    }

    fn on_response(&self, state: &mut State, response: &mut Response<'_>) -> Result<Deliver, Rejection> {
        self.called(state, "on_response")?;
        response.headers().append("x-trace", &self.0.tag)?;
        if response.source() == Source::Relay {
            return Ok(Deliver::Pass);
        }
        Ok(match self.0.deliver.as_str() {
            "chunks" => Deliver::Chunks,
            "whole" => Deliver::Whole { most: 1 << 20 },
            _ => Deliver::Pass,
        })
    }

    fn on_response_chunk(&self, state: &mut State, chunk: &mut Chunk) -> Result<(), Rejection> {
        // Whether the first piece was the last is up to the network; that there is an end is not.
        if !chunk.end {
            chunk.data = chunk.data.to_ascii_uppercase().into();
            return Ok(());
        }
        self.called(state, "on_response_chunk")?;
        chunk.data = [&chunk.data.to_ascii_uppercase()[..], b"the end"].concat().into();
        Ok(())
    }

    fn on_response_body(
        &self,
        state: &mut State,
        response: &mut Response<'_>,
        body: &mut Bytes,
    ) -> Result<(), Rejection> {
        self.called(state, "on_response_body")?;
        response.set_status(http::StatusCode::IM_A_TEAPOT)?;
        *body = format!("{} bytes", body.len()).into();
        Ok(())
    }

    fn on_log(&self, state: &mut State, ended: &Ended<'_>) {
        let status = ended.status.map_or(0, |status| status.as_u16());
        let code = ended.code.unwrap_or("none");
        let line = format!("on_log {status} {code} {}", state.hooks.join(" "));
        CALLS.lock().entry(self.0.tag.clone()).or_default().push(line);
        assert!(self.0.panics != "on_log", "the probe was told to panic");
    }
}
