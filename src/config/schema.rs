//! The configuration's JSON Schema, generated from its types, and the reading of it.
//!
//! The schema is the one description of every key: files are checked against it, environment names
//! are resolved by it, and `docs/config.md` is written from it.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{Config, plugins};
use crate::plugin::Registry;

/// The schema as it is published, JSON Schema 2020-12, all in one piece, with the built-in plug-ins.
#[must_use]
pub fn schema() -> Value {
    schema_with(&Registry::default())
}

/// The same with these plug-ins.
#[must_use]
pub fn schema_with(registry: &Registry) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Config>()
        .to_value();
    plugins::fill_in(&mut schema, registry.schema());
    schema
}

/// What a place in the configuration may hold.
pub(super) enum Want<'a> {
    /// A section with known keys.
    Section(&'a Value),
    /// Entries of one form under free names.
    Named(&'a Value),
    /// A list of one form.
    List(&'a Value),
    /// One of a form, or a list of it.
    OneOrMany(&'a Value),
    /// A section that is one of several, by the word under its `name`.
    Tagged(&'a [Value]),
    /// One of a few words.
    Choice(Vec<&'a str>),
    /// Text that may have a format.
    Text(Option<&'a str>),
    /// A whole number within bounds.
    Number { least: u64, most: u64 },
    /// `true` or `false`.
    Switch,
}

impl<'a> Want<'a> {
    /// Reads one schema. Anything that the types of this configuration do not produce counts as text.
    pub(super) fn of(schema: &'a Value) -> Self {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return Self::Choice(words.iter().filter_map(Value::as_str).collect());
        }
        if let Some(all) = schema.get("oneOf").and_then(Value::as_array) {
            let words: Vec<&str> = all.iter().filter_map(|one| one.get("const")?.as_str()).collect();
            return if words.is_empty() {
                Self::Tagged(all)
            } else {
                Self::Choice(words)
            };
        }
        if let Some([one, _]) = schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
            return Self::OneOrMany(one);
        }
        match kind(schema) {
            "object" if schema.get("properties").is_some() => Self::Section(schema),
            "object" => schema
                .get("additionalProperties")
                .map_or(Self::Section(schema), Self::Named),
            "array" => schema.get("items").map_or(Self::Text(None), Self::List),
            "boolean" => Self::Switch,
            "integer" => Self::Number {
                least: schema.get("minimum").and_then(Value::as_u64).unwrap_or(0),
                most: schema.get("maximum").and_then(Value::as_u64).unwrap_or(u64::MAX),
            },
            _ => Self::Text(schema.get("format").and_then(Value::as_str)),
        }
    }
}

/// The type that is not `null`.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or("string"),
        _ => "string",
    }
}

/// The word by which a section is told from its like.
pub(super) fn tag(section: &Value) -> Option<&str> {
    section.pointer("/properties/name/const")?.as_str()
}

/// The keys of a section, each with its schema, in alphabetical order.
pub(super) fn properties(section: &Value) -> impl Iterator<Item = (&str, &Value)> {
    section
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, schema)| (key.as_str(), schema))
}

/// The keys that a section must have.
pub(super) fn required(section: &Value) -> impl Iterator<Item = &str> {
    section
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
