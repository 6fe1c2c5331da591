//! When an upstream wants to be asked again, read from the headers in use for that.
//!
//! In order: `retry-after-ms`, `Retry-After`, then the resets of those rate limits that are used up
//! (`x-ratelimit-reset*`, `ratelimit-reset`, `anthropic-ratelimit-*-reset`). What [`mod@span`] cannot read says
//! nothing: a class's own base then holds.

mod span;

use std::time::Duration;

use http::HeaderMap;

use span::{milliseconds, span};

/// How long the upstream asks to be left alone, or nothing where it does not say (or says nonsense).
#[must_use]
pub fn retry_after(headers: &HeaderMap, now_unix_ms: i64) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(milliseconds) {
        return Some(wait);
    }
    if let Some(value) = text("retry-after") {
        return span(value, now_unix_ms);
    }
    let resets = headers.iter().filter_map(|(name, value)| {
        let remaining = remaining(name.as_str())?;
        let used_up = text(&remaining).is_none_or(|left| left.parse().is_ok_and(|left: f64| left < 1.0));
        let value = value.to_str().ok().filter(|_| used_up)?;
        span(value.trim(), now_unix_ms)
    });
    resets.max()
}

/// The header that says how much is left of the limit whose reset this one tells.
fn remaining(name: &str) -> Option<String> {
    if let Some(limit) = name.strip_prefix("x-ratelimit-reset") {
        return Some(format!("x-ratelimit-remaining{limit}"));
    }
    if let Some(limit) = name
        .strip_prefix("anthropic-ratelimit-")
        .and_then(|rest| rest.strip_suffix("-reset"))
    {
        return Some(format!("anthropic-ratelimit-{limit}-remaining"));
    }
    (name == "ratelimit-reset").then(|| "ratelimit-remaining".to_owned())
}

#[cfg(test)]
mod tests;
