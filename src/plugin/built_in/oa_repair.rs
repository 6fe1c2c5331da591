//! `oa-repair`: NovelAI's OpenAI-like paths as OpenAI's SDKs expect them.
//!
//! NovelAI's whole answers have no message, only its streams have. So a whole answer is asked for as a stream and
//! put together here; errors get OpenAI's form, in streams too.

mod assemble;
mod error;
mod events;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use potluck_filters::rewrite::{Document, Places};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::plugin::request::unreadable;
use crate::plugin::{
    Chunk, Code, Deliver, Flow, Kind, Needs, Plugin, Rejection, Request, Response, RouteFacts, Slip, Source,
};
use assemble::{Form, assemble};

/// The longest answer that is put together, in bytes.
const LONGEST: usize = 16 << 20;

/// `oa-repair` has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {}

/// The plug-in.
pub(super) struct OaRepair;

/// What becomes of the answer.
#[derive(Default)]
pub(super) struct State {
    /// Set where a whole answer was asked for as a stream.
    whole: Option<Wanted>,
    /// Of a stream: what has come of an event that is not there yet.
    held: BytesMut,
}

/// A whole answer that is to be put together.
struct Wanted {
    form: Form,
    /// Length of the prompt, in bytes: where the upstream does not count tokens, they are estimated from it.
    prompt: usize,
}

impl Plugin for OaRepair {
    const NAME: &'static str = "oa-repair";
    const ABOUT: &'static str = "Makes NovelAI's OpenAI-like paths (/oa/v1/…) answer as OpenAI's SDKs expect: whole \
                                 answers with their text, usage and finish reason, errors in OpenAI's form.";
    type Settings = Settings;
    type State = State;

    fn new(Settings {}: Settings, route: &RouteFacts) -> Result<Self, Vec<Slip>> {
        match route.kind {
            Kind::Novelai => Ok(Self),
            Kind::Openai | Kind::Http => Err(vec![Slip::new("is for routes to kind novelai only")]),
        }
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.request_body().response_body()
    }

    fn on_request(&self, state: &mut State, request: &mut Request<'_>) -> Result<Flow, Rejection> {
        let Some(form) = Form::of(request.about().path()) else {
            return Ok(Flow::Continue);
        };
        let Some(document) = request.document()? else {
            return Ok(Flow::Continue);
        };
        if first(&document, "stream")? == Some(b"true") {
            return Ok(Flow::Continue);
        }
        let prompt = match form {
            Form::Chat => first(&document, "messages")?,
            Form::Text => first(&document, "prompt")?,
        };
        let prompt = prompt.map_or(0, <[u8]>::len);
        let body = document.with("stream", "true").map_err(unreadable)?;
        let usage = r#"{"include_usage":true}"#;
        let body = request
            .document_of(&body)?
            .with("stream_options", usage)
            .map_err(unreadable)?;
        state.whole = Some(Wanted { form, prompt });
        request.set_body(body);
        Ok(Flow::Continue)
    }

    fn on_response(&self, state: &mut State, response: &mut Response<'_>) -> Result<Deliver, Rejection> {
        let ours = response.about().path().starts_with("/oa/v1/");
        let most = LONGEST;
        let stream = is(response, "text/event-stream");
        match (ours, response.status().is_success()) {
            (false, _) => Ok(Deliver::Pass),
            (true, false) => Ok(Deliver::Whole { most }),
            (true, true) if response.source() == Source::Relay || !stream => Ok(Deliver::Pass),
            (true, true) if state.whole.is_some() => Ok(Deliver::Whole { most }),
            (true, true) => Ok(Deliver::Chunks),
        }
    }

    fn on_response_chunk(&self, state: &mut State, chunk: &mut Chunk) -> Result<(), Rejection> {
        state.held.extend_from_slice(&chunk.data);
        let ready = if chunk.end {
            state.held.len()
        } else {
            events::complete(&state.held)
        };
        if state.held.len() - ready > LONGEST {
            return Err(Rejection::new(Code::UpstreamBroken));
        }
        chunk.data = events::with_openai_errors(state.held.split_to(ready).freeze());
        Ok(())
    }

    fn on_response_body(
        &self,
        state: &mut State,
        response: &mut Response<'_>,
        body: &mut Bytes,
    ) -> Result<(), Rejection> {
        let assembled = match &state.whole {
            Some(wanted) if response.status().is_success() => {
                Some(assemble(body, wanted.form, wanted.prompt)?)
            }
            Some(_) | None => None,
        };
        *body = match assembled {
            Some(Ok(answer)) => answer.into(),
            Some(Err(failure)) => {
                response
                    .set_status(StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_GATEWAY))?;
                failure.body().into()
            }
            None => match error::from_novelai(body, response.status().as_u16()) {
                Some(error) => error.body().into(),
                // Already in OpenAI's form, or no JSON at all.
                None => return Ok(()),
            },
        };
        response.headers().set("content-type", "application/json")?;
        Ok(())
    }
}

fn first<'d>(document: &Document<'d>, key: &str) -> Result<Option<&'d [u8]>, Rejection> {
    let values = document.values(&Places::key(key)).map_err(unreadable)?;
    Ok(values.into_iter().next())
}

fn is(response: &mut Response<'_>, media_type: &str) -> bool {
    let headers = response.headers();
    let value = headers.get("content-type").and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.starts_with(media_type))
}
