//! The configuration: what stands in `conf/potluck.yaml`, and how it becomes what an edge serves.
//!
//! The way of a file: text → [`yaml`] → tree with places → [`overlay`] (environment, flags) → [`read`]
//! (held against the schema) → [`Config`] → [`check`] (rules) → [`layout`].
//! Invariant: a [`Config`] that was loaded breaks no rule; one slip never hides another.

mod check;
mod cool_downs;
mod credit;
mod effective;
mod egress;
mod health;
mod history;
mod judge;
mod layout;
mod load;
mod markdown;
mod model_routes;
mod node_variables;
mod one_or_many;
mod origins;
mod overlay;
mod path;
mod plugins;
mod probe;
mod problem;
mod queue;
mod reach;
mod read;
mod scalar;
mod schema;
mod sections;
mod show;
mod suggest;
mod traces;
mod tree;
mod trust;
mod upstream;
mod usage;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plugin::Registry;

pub use cool_downs::CoolDowns;
pub use effective::effective;
pub use egress::Egress;
pub use history::History;
pub(crate) use judge::word;
pub use judge::{OwnRule, Statuses, WhichContent};
pub use load::{Problems, Sources};
pub use markdown::markdown;
pub(crate) use markdown::settings_of;
pub use model_routes::ModelRule;
pub use one_or_many::OneOrMany;
pub use origins::Origins;
pub use path::Path;
pub use plugins::PluginEntry;
pub use probe::Probe;
pub use problem::{Place, Problem};
pub use queue::Queue;
pub use reach::{Reach, Stateful};
pub use scalar::{Address, DatabaseUrl, Listener, Period, Size, Url};
pub use schema::{schema, schema_with};
pub use sections::{Admin, Argon2, Auth, Database, Edge, Limits, Listen, Log, LogFormat, LogLevel, Metrics};
pub use show::yaml as show;
pub(crate) use suggest::nearest;
pub use traces::Traces;
pub use upstream::{Access, Bodies, Node, Route, Timeouts, Upstream};
pub use usage::Usage;

/// The file as it is shipped and as `potluck init` writes it: every key with its unit and default.
pub const SHIPPED: &str = include_str!("../conf/potluck.yaml");

/// The configuration of Potluck. Durations are written like `25s`, `150ms` or `1m30s`, sizes like `64KiB`
/// or `16MiB`. Relative paths start at the folder in which the program is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The public listener: where clients send their requests.
    pub listen: Listen,
    /// How the running relay is managed.
    pub admin: Admin,
    /// The data folder: database, lock and control socket. Only one relay can run on it.
    pub data: PathBuf,
    /// Where users, client keys and sealed pool keys are stored.
    pub database: Database,
    /// This edge, the process that relays.
    pub edge: Edge,
    /// Threads that relay. Default: one for each CPU.
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<u16>,
    /// Bounds on what clients may ask of this process.
    pub limits: Limits,
    /// The services behind the relay, each under its name: lower-case letters, digits and `-`. A map in the
    /// file replaces the built-in one as a whole.
    pub upstreams: BTreeMap<String, Upstream>,
    /// Which path leads to which upstream. A list in the file replaces the built-in one as a whole.
    pub routes: Vec<Route>,
    /// How the accounts of pool keys are asked whether they work and what is left on them.
    pub probe: Probe,
    /// How long it is kept how pool keys, nodes and outbound proxies fared, and what was wrong.
    pub history: History,
    /// What a monitoring system is told.
    pub metrics: Metrics,
    /// What is kept of requests that have ended, and for how long.
    pub usage: Usage,
    /// Traces of requests for a tracing system, over OTLP.
    pub traces: Traces,
    /// What is written to standard error, and into files.
    pub log: Log,
    /// How failed authentication is slowed down.
    pub auth: Auth,
    /// The plug-ins that routes may name: part of the program, not of the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub registry: Registry,
    /// Where each setting was written.
    #[serde(skip)]
    #[schemars(skip)]
    pub origins: Origins,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::default(),
            admin: Admin::default(),
            data: PathBuf::from("data"),
            database: Database::default(),
            edge: Edge::default(),
            threads: None,
            limits: Limits::default(),
            upstreams: upstream::default_upstreams(),
            routes: upstream::default_routes(),
            probe: Probe::default(),
            history: History::default(),
            metrics: Metrics::default(),
            usage: Usage::default(),
            traces: Traces::default(),
            log: Log::default(),
            auth: Auth::default(),
            registry: Registry::default(),
            origins: Origins::default(),
        }
    }
}

impl Config {
    /// The control socket's path, with the default resolved.
    #[must_use]
    pub fn socket_path(&self) -> PathBuf {
        self.admin
            .socket
            .clone()
            .unwrap_or_else(|| self.data.join("control.sock"))
    }

    /// The database's URL, with the default resolved. May carry a password.
    #[must_use]
    pub fn database_url(&self) -> String {
        match &self.database.url {
            Some(url) => url.expose().to_owned(),
            None => format!("sqlite:{}", self.data.join("potluck.db").display()),
        }
    }

    /// The name that answers carry, with the default resolved.
    #[must_use]
    pub fn edge_name(&self) -> &str {
        self.edge.name.as_deref().unwrap_or("potluck")
    }

    /// Relaying threads, with the default resolved.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        let cpus = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or_else(cpus, usize::from)
    }
}
