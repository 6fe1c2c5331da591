//! A route's plug-ins as they are written: a name, and the settings beside it.

use std::borrow::Cow;

use potluck_filters::model::Extension;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Config;
use super::path::Path;
use super::problem::Fault;
use super::suggest::nearest;
use super::upstream::Route;
use crate::plugin::{RouteFacts, Slip};

/// A plug-in of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginEntry {
    /// Which plug-in.
    pub name: String,
    /// Its settings; each plug-in has its own.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl PluginEntry {
    /// One without settings.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: Map::new(),
        }
    }
}

/// Left open here: [`super::schema::schema_with`] fills in what the plug-ins at hand take.
impl JsonSchema for PluginEntry {
    fn schema_name() -> Cow<'static, str> {
        "PluginEntry".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

impl Config {
    /// What an edge runs around a route's requests; `None` for no plug-ins.
    pub(super) fn extension(&self, route: &Route) -> Option<Extension> {
        let facts = facts(route, self)?;
        // One that cannot be made has been reported.
        self.registry.extension(&route.plugins, &facts).ok()?
    }
}

/// All faults of a route's plug-ins. Those of a route to nowhere are not looked for.
pub(super) fn check(route: &Route, config: &Config, path: &Path, faults: &mut Vec<Fault>) {
    let Some(facts) = facts(route, config) else { return };
    let made = config.registry.extension(&route.plugins, &facts);
    for (at, slip) in made.err().unwrap_or_default() {
        faults.push(fault(&path.key("plugins").index(at), slip));
    }
}

fn fault(entry: &Path, slip: Slip) -> Fault {
    let path = slip.keys.iter().fold(entry.clone(), |path, key| path.key(key));
    let path = slip.index.map_or(path.clone(), |index| path.index(index));
    Fault::new(path, slip.message)
}

/// `None` for a route to nowhere. Where there are several upstreams, they are of one kind.
fn facts(route: &Route, config: &Config) -> Option<RouteFacts> {
    let upstream = route.main()?;
    Some(RouteFacts {
        prefix: route.prefix.clone(),
        upstream: upstream.to_owned(),
        kind: config.upstreams.get(upstream)?.kind,
    })
}

/// The place in the schema where a route's plug-ins stand.
const PLACE: &str = "/properties/routes/items/properties/plugins";

/// Fills in what may stand there.
pub(super) fn fill_in(schema: &mut Value, entries: Value) {
    if let Some(Value::Object(plugins)) = schema.pointer_mut(PLACE) {
        plugins.insert("items".to_owned(), entries);
    }
}

/// The word that is nearest to the name of a plug-in that there is not.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    let hint = nearest(name, known.iter().copied());
    let hint = hint
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    format!("there is no plug-in `{name}`{hint} (`potluck plugins list` names them)")
}
