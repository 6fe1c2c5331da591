//! How nodes are checked, as it is written.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use potluck_filters::health::HealthSettings;
use potluck_filters::model::{Kind, Network};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judge::status_range;
use super::one_or_many::OneOrMany;
use super::path::Path;
use super::problem::Fault;
use super::scalar::Period;

/// How the nodes of an upstream are checked: whether they are there, and answer as expected. Pool keys are never
/// sent along, and redirects are not followed. See [nodes.md](nodes.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// Whether nodes are checked by themselves; `potluck nodes check` checks in any case. Default: true for `http`
    /// where `path` is set, else false.
    pub enabled: Option<bool>,
    /// What is asked with GET, after the node's own path prefix. Default: nothing; a connection is enough.
    pub path: Option<String>,
    /// Between two checks of a node.
    pub interval: Period,
    /// How far the time of each check is moved at random, in percent of the interval.
    #[schemars(range(max = 100))]
    pub spread: u8,
    /// Longest wait for the whole of a check.
    pub timeout: Period,
    /// Statuses of a node that is well: `200`, `2xx`, `200-204`, or a list of them. Default: 2xx.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub expect_status: OneOrMany<Expected>,
    /// Text that the first 64 KiB of the answer's body contain. Default: any body will do.
    pub expect_body: Option<String>,
    /// Failed checks in a row until a node is left out.
    #[schemars(range(min = 1, max = 1000))]
    pub unhealthy_after: u32,
    /// Good checks in a row until it is let back in.
    #[schemars(range(min = 1, max = 1000))]
    pub healthy_after: u32,
    /// How long it takes a node that is let back in to get all of its share again, from a tenth on. `0s`: at once.
    pub slow_start: Period,
    /// With fewer than so many percent of the nodes (of one role, where they have roles) well, all are used. 0: only
    /// where none is well.
    #[schemars(range(max = 100))]
    pub panic_threshold: u8,
}

impl Default for Health {
    fn default() -> Self {
        let settings = HealthSettings::default();
        Self {
            enabled: None,
            path: None,
            interval: Period(settings.interval),
            spread: settings.spread,
            timeout: Period(settings.timeout),
            expect_status: OneOrMany::default(),
            expect_body: None,
            unhealthy_after: settings.unhealthy_after,
            healthy_after: settings.healthy_after,
            slow_start: Period(settings.slow_start),
            panic_threshold: settings.panic_threshold,
        }
    }
}

impl Health {
    /// As an edge takes it.
    pub(super) fn settings(&self, kind: Kind) -> HealthSettings {
        let usual = match kind {
            Kind::Http => self.path.is_some(),
            Kind::Novelai | Kind::Openai => false,
        };
        let expected = self.expect_status.0.iter().map(|range| range.0.clone());
        HealthSettings {
            enabled: self.enabled.unwrap_or(usual),
            path: self.path.as_deref().map(Into::into),
            interval: self.interval.0,
            spread: self.spread,
            timeout: self.timeout.0,
            expect_status: if self.expect_status.is_empty() {
                HealthSettings::default().expect_status
            } else {
                expected.collect()
            },
            expect_body: self.expect_body.as_deref().map(Into::into),
            unhealthy_after: self.unhealthy_after,
            healthy_after: self.healthy_after,
            slow_start: self.slow_start.0,
            panic_threshold: self.panic_threshold,
        }
    }

    pub(super) fn check(&self, path: &Path, faults: &mut Vec<Fault>) {
        for (key, period) in [("interval", self.interval), ("timeout", self.timeout)] {
            if period.0.is_zero() {
                faults.push(Fault::new(path.key(key), "must be longer than zero"));
            }
        }
        let plain = |text: &str| text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
        if self
            .path
            .as_deref()
            .is_some_and(|asked| !plain(asked) || asked.contains('#'))
        {
            let message = "must start with `/` and be a path as it stands in a request, like /health";
            faults.push(Fault::new(path.key("path"), message));
        }
        let asks = self.path.is_some();
        for (key, set) in [
            ("expect_status", !self.expect_status.is_empty()),
            ("expect_body", self.expect_body.is_some()),
        ] {
            if set && !asks {
                faults.push(Fault::new(path.key(key), "needs a `path` to ask"));
            }
        }
    }
}

/// Statuses in a row, from 200 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(RangeInclusive<u16>);

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = status_range(text).filter(|range| !range.is_empty() && *range.start() >= 200);
        let message = || format!("`{text}` is no status; write 200, 2xx or 200-204");
        range.map(Self).ok_or_else(message)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.start(), self.0.end()) {
            (first, last) if first == last => first.fmt(f),
            (first, last) if first % 100 == 0 && *last == first + 99 => write!(f, "{}xx", first / 100),
            (first, last) => write!(f, "{first}-{last}"),
        }
    }
}

/// A private network that names of nodes may lead into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateNetwork(pub Network);

impl FromStr for PrivateNetwork {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|why: potluck_filters::model::NetworkError| why.to_string())
    }
}

impl fmt::Display for PrivateNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
