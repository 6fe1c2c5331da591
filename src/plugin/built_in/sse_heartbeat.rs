//! `sse-heartbeat`: a comment now and then in a quiet stream of events, against time-outs on the way.

use potluck_filters::rewrite::Places;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Period;
use crate::plugin::{Heartbeat, Needs, Plugin, Request, RouteFacts, Slip};

/// Settings of `sse-heartbeat`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// After how long a silence a comment goes out, in the queue and between two events. Below the time-out of
    /// whatever stands before the relay.
    #[serde(default = "interval")]
    interval: Period,
}

const fn interval() -> Period {
    Period::seconds(15)
}

/// The plug-in.
pub(super) struct SseHeartbeat(Period);

impl Plugin for SseHeartbeat {
    const NAME: &'static str = "sse-heartbeat";
    const ABOUT: &'static str = "Sends comment lines to clients that asked for a stream of events, while they wait in the queue or no event comes.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        if settings.interval.0.is_zero() {
            return Err(vec![Slip::of("interval", "must be longer than zero")]);
        }
        Ok(Self(settings.interval))
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.request_body_if_any()
    }

    fn heartbeat(&self, request: &Request<'_>) -> Option<Heartbeat> {
        wants_events(request).then(|| Heartbeat::comment(self.0.0, "heartbeat"))
    }
}

/// Whether nothing but a stream of events can be its answer. In doubt there is none.
fn wants_events(request: &Request<'_>) -> bool {
    let accepted = request.header("accept");
    if accepted.is_some_and(|accept| accept.trim().eq_ignore_ascii_case("text/event-stream")) {
        return true;
    }
    let path = request.about().path();
    if path.ends_with("/generate-stream") {
        return true;
    }
    let Ok(Some(document)) = request.document() else {
        return false;
    };
    let is = |place: &str, value: &[u8]| {
        let found = place
            .parse::<Places>()
            .ok()
            .and_then(|places| document.values(&places).ok());
        found.is_some_and(|values| values.first().is_some_and(|found| *found == value))
    };
    is("stream", b"true") || path.ends_with("/generate-image-stream") && is("parameters.stream", b"\"sse\"")
}
