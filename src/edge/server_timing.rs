//! What of an answer's time was whose, told to the client where that is wanted (`Server-Timing`).

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Edge;
use super::noted::Noted;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

impl Edge {
    /// Adds what is known when the answer begins. What an upstream says of its own time stays.
    pub(super) fn tell_times(&self, noted: &Noted, headers: &mut HeaderMap) {
        if self.settings.server_timing
            && let Some((name, value)) = self.times_told(noted)
        {
            headers.append(name, value);
        }
    }

    /// The header, once the answer has begun.
    pub(super) fn times_told(&self, noted: &Noted) -> Option<(HeaderName, HeaderValue)> {
        let times = noted.times(0, false);
        let (own, first_byte) = (times.own?, times.first_byte?);
        let away = first_byte.saturating_sub(own + times.queued);
        let parts = [("relay", own), ("queue", times.queued), ("upstream", away)];
        let told = parts.map(|(name, micros)| format!("{name};dur={}.{:03}", micros / 1000, micros % 1000));
        Some((SERVER_TIMING, HeaderValue::try_from(told.join(", ")).ok()?))
    }
}
