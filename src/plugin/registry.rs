//! Which plug-ins there are, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use potluck_filters::model::Extension;
use serde_json::{Map, Value};

use super::built_in;
use super::hooks::Hooks;
use super::schema::settings_schema;
use super::{Chain, Plugin, RouteFacts, Slip};
use crate::config::PluginEntry;

/// The plug-ins that a configuration may name: the built-in ones, and those that a program adds.
#[derive(Clone)]
pub struct Registry(Arc<BTreeMap<&'static str, Registered>>);

/// One of them.
#[derive(Clone, Copy)]
pub struct Registered {
    name: &'static str,
    about: &'static str,
    schema: fn() -> Value,
    make: Make,
}

type Make = fn(Map<String, Value>, &RouteFacts) -> Result<Box<dyn Hooks>, Vec<Slip>>;

/// Why a plug-in was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two of one name.
    #[error("there are two plug-ins of the name `{0}`")]
    Twice(&'static str),
    /// A name that cannot be written in the configuration.
    #[error("`{0}` cannot be a plug-in's name: use lower-case letters, digits and `-`")]
    Name(&'static str),
    /// `name` is the plug-in's own.
    #[error("the settings of the plug-in `{0}` have a field `name`, which is the plug-in's name")]
    Field(&'static str),
}

impl Registry {
    /// With one more.
    ///
    /// # Errors
    /// Where its name is taken or cannot be one.
    pub fn with<P: Plugin>(mut self) -> Result<Self, RegistryError> {
        let usable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if P::NAME.is_empty() || !P::NAME.chars().all(usable) {
            return Err(RegistryError::Name(P::NAME));
        }
        if settings_schema::<P>().pointer("/properties/name/const").is_none() {
            return Err(RegistryError::Field(P::NAME));
        }
        let plugins = Arc::make_mut(&mut self.0);
        if plugins.insert(P::NAME, Registered::of::<P>()).is_some() {
            return Err(RegistryError::Twice(P::NAME));
        }
        Ok(self)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Registered> {
        self.0.values()
    }

    /// The one of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Registered> {
        self.0.get(name)
    }

    /// Makes a route's plug-ins, to go into its place in a layout; `Ok(None)` where it has none.
    ///
    /// # Errors
    /// What is wrong with each, by its place in the list.
    pub fn extension(
        &self,
        entries: &[PluginEntry],
        route: &RouteFacts,
    ) -> Result<Option<Extension>, Vec<(usize, Slip)>> {
        let (mut plugins, mut slips) = (Vec::new(), Vec::new());
        for (at, PluginEntry { name, settings }) in entries.iter().enumerate() {
            let Some(known) = self.get(name) else {
                slips.push((at, Slip::of("name", format!("there is no plug-in `{name}`"))));
                continue;
            };
            match (known.make)(settings.clone(), route) {
                Ok(plugin) => plugins.push(plugin),
                Err(wrong) => slips.extend(wrong.into_iter().map(|slip| (at, slip))),
            }
        }
        if slips.is_empty() {
            Ok(Chain::new(plugins).map(Extension::new))
        } else {
            Err(slips)
        }
    }
}

impl Default for Registry {
    fn default() -> Self {
        let all = built_in::all();
        Self(Arc::new(
            all.into_iter().map(|plugin| (plugin.name, plugin)).collect(),
        ))
    }
}

impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        self.0.keys().eq(other.0.keys())
    }
}

impl Eq for Registry {}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Registered {
    pub(super) fn of<P: Plugin>() -> Self {
        Self {
            name: P::NAME,
            about: P::ABOUT,
            schema: settings_schema::<P>,
            make: make::<P>,
        }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, in one sentence.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The JSON Schema of its entry in the configuration.
    #[must_use]
    pub fn schema(&self) -> Value {
        (self.schema)()
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registered").field(&self.name).finish()
    }
}

fn make<P: Plugin>(settings: Map<String, Value>, route: &RouteFacts) -> Result<Box<dyn Hooks>, Vec<Slip>> {
    let read = serde_json::from_value::<P::Settings>(Value::Object(settings));
    let settings = read.map_err(|error| vec![Slip::new(format!("does not fit together: {error}"))])?;
    Ok(Box::new(P::new(settings, route)?))
}
