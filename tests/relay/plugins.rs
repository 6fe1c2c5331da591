//! Plug-ins around real requests: their order, what they may do, what they cannot, and how they fail.

mod built_in;
mod heartbeat;
mod oa_repair;
mod probe;
mod rules;

use potluck::config::PluginEntry;
use potluck::plugin::{Registry, RouteFacts};
use serde_json::{Value, json};

use crate::world::{Plan, route};
use probe::Probe;

impl Plan {
    /// These plug-ins on the route at `index`, by the settings of their entries.
    pub fn with_plugins(mut self, index: usize, entries: &Value) -> Self {
        let entries: Vec<PluginEntry> = serde_json::from_value(entries.clone()).unwrap();
        let route = &mut self.layout.routes[index];
        let upstream = &self.layout.upstreams[route.upstream];
        let facts = RouteFacts {
            prefix: route.prefix.to_string(),
            upstream: upstream.name.to_string(),
            kind: upstream.kind,
        };
        let registry = Registry::default().with::<Probe>().unwrap();
        route.plugins = registry.extension(&entries, &facts).expect("sound settings");
        self
    }

    /// A further route to the first upstream, `/<name>`, which is taken off the path, with these plug-ins.
    pub fn with_plugged(mut self, name: &str, entries: &Value) -> Self {
        self.layout.routes.push(route(&format!("/{name}"), 0, true));
        let last = self.layout.routes.len() - 1;
        self.with_plugins(last, entries)
    }

    /// These plug-ins on every route.
    pub fn with_plugins_everywhere(self, entries: &Value) -> Self {
        let routes = self.layout.routes.len();
        (0..routes).fold(self, |plan, index| plan.with_plugins(index, entries))
    }
}

/// A probe, with more settings.
pub fn probe(tag: &str, more: &Value) -> Value {
    let mut entry = json!({ "name": "probe", "tag": tag });
    for (key, value) in more.as_object().unwrap() {
        entry[key] = value.clone();
    }
    entry
}
