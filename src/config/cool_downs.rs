//! How long pool keys and nodes rest after a failure, as it is written.

use potluck_filters::judge::CoolDownSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::Period;

/// How long a pool key or node rests after a failure. Each further failure in a row doubles the rest. The names in
/// brackets are those of the NovelAI Pool's variables, which count in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CoolDowns {
    /// First rest after a conflict, 409 (`COOLDOWN_409_BASE_SECONDS`).
    #[serde(rename = "base_409")]
    pub conflict: Period,
    /// First rest after too many requests without a `Retry-After`, 429 (`COOLDOWN_429_BASE_SECONDS`).
    #[serde(rename = "base_429")]
    pub rate_limited: Period,
    /// First rest after a server error, 5xx (`COOLDOWN_5XX_BASE_SECONDS`).
    #[serde(rename = "base_5xx")]
    pub server_error: Period,
    /// First rest after a lack of credit, 402 (`COOLDOWN_402_BASE_SECONDS`).
    #[serde(rename = "base_402")]
    pub payment: Period,
    /// First rest after a failed connection.
    pub connect: Period,
    /// Rest of a pool key after each success; `0s`: it may serve again at once
    /// (`KEY_COOLDOWN_SECONDS`, 3 there).
    #[serde(rename = "key")]
    pub after_success: Period,
    /// Whether each further failure in a row doubles the rest (`DYNAMIC_COOLDOWN_ENABLED`).
    #[serde(rename = "dynamic")]
    pub doubling: bool,
    /// Most times the first rest.
    #[schemars(range(min = 1, max = 1024))]
    pub max_factor: u32,
    /// Longest rest that is computed; also the rest after a refused credential (`COOLDOWN_MAX_SECONDS`).
    pub max: Period,
    /// Longest rest that an upstream may ask for with `Retry-After`.
    pub max_retry_after: Period,
}

impl Default for CoolDowns {
    fn default() -> Self {
        let settings = CoolDownSettings::default();
        Self {
            conflict: Period(settings.conflict),
            rate_limited: Period(settings.rate_limited),
            server_error: Period(settings.server_error),
            payment: Period(settings.payment),
            connect: Period(settings.connect),
            after_success: Period(settings.after_success),
            doubling: settings.doubling,
            max_factor: settings.max_factor,
            max: Period(settings.max),
            max_retry_after: Period(settings.max_retry_after),
        }
    }
}

impl From<&CoolDowns> for CoolDownSettings {
    fn from(written: &CoolDowns) -> Self {
        Self {
            conflict: written.conflict.0,
            rate_limited: written.rate_limited.0,
            server_error: written.server_error.0,
            payment: written.payment.0,
            connect: written.connect.0,
            after_success: written.after_success.0,
            doubling: written.doubling,
            max_factor: written.max_factor,
            max: written.max.0,
            max_retry_after: written.max_retry_after.0,
        }
    }
}
