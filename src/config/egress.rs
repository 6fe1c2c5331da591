//! How sensitive an upstream is to the troubles of its outbound proxies, as it is written.

use potluck_filters::egress::EgressSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;
use super::scalar::{Period, Url};

/// How outbound proxies are used, where any are assigned to the upstream or to one of its pool keys
/// (`potluck proxies assign`). See [outbound-proxies.md](outbound-proxies.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// Whether requests may leave this machine straight while all their proxies are down. Where not, they are
    /// tried through the proxy that comes back first, and refused when that fails.
    pub direct_when_down: bool,
    /// Failures in a row after which a proxy rests.
    #[schemars(range(min = 1, max = 1000))]
    pub failures: u32,
    /// The first rest of a proxy; each further failure doubles it, up to sixteen times.
    pub cool_down: Period,
    /// Between two probes of a proxy. `0s`: it is not probed.
    pub probe_interval: Period,
    /// What a probe fetches through the proxy: any answer below 400 is well. Default: a probe only has the proxy
    /// open a way to the upstream's first node, and sends nothing on it.
    pub probe_url: Option<Url>,
}

impl Default for Egress {
    fn default() -> Self {
        let settings = EgressSettings::default();
        Self {
            direct_when_down: settings.direct_when_down,
            failures: settings.failures,
            cool_down: Period(settings.cool_down),
            probe_interval: Period(settings.probe_interval),
            probe_url: None,
        }
    }
}

impl Egress {
    pub(super) fn check(&self, path: &Path, faults: &mut Vec<Fault>) {
        if self.cool_down.0.is_zero() {
            faults.push(Fault::new(path.key("cool_down"), "must be longer than zero"));
        }
    }
}

impl From<&Egress> for EgressSettings {
    fn from(written: &Egress) -> Self {
        Self {
            direct_when_down: written.direct_when_down,
            failures: written.failures,
            cool_down: written.cool_down.0,
            probe_interval: written.probe_interval.0,
            probe_url: written.probe_url.as_ref().map(|url| url.0.clone()),
        }
    }
}
