//! How long pool keys and nodes rest after a failure, as it is written.

use potluck_filters::judge::CoolDownSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::Period;

/// How long a pool key or node rests after a failure. Each further failure in a row doubles the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CoolDowns {
    /// First rest after a conflict (409).
    pub conflict: Period,
    /// First rest after too many requests (429) without a `Retry-After`.
    pub rate_limited: Period,
    /// First rest after a server error (5xx).
    pub server_error: Period,
    /// First rest after a lack of credit (402).
    pub payment: Period,
    /// First rest after a failed connection.
    pub connect: Period,
    /// Most times the first rest.
    #[schemars(range(min = 1, max = 1024))]
    pub max_factor: u32,
    /// Longest rest that is computed; also the rest after a refused credential.
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
            max_factor: written.max_factor,
            max: written.max.0,
            max_retry_after: written.max_retry_after.0,
        }
    }
}
