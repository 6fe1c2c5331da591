//! The JSON Schema of a plug-in's entry in the configuration, from the type of its settings.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Plugin, Registry};

/// One entry: `name`, and the settings beside it. A `name` among the settings is left as it is.
pub(super) fn settings_schema<P: Plugin>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings
        .into_generator()
        .into_root_schema_for::<P::Settings>()
        .to_value();
    let Value::Object(mut schema) = schema else {
        return Value::Null;
    };
    schema.remove("$schema");
    schema.insert("title".to_owned(), P::NAME.into());
    schema.insert("description".to_owned(), P::ABOUT.into());
    schema.insert("type".to_owned(), "object".into());
    let properties = schema
        .entry("properties")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(properties) = properties {
        properties.entry("name").or_insert(json!({ "const": P::NAME }));
    }
    let required = schema
        .entry("required")
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(required) = required {
        required.push("name".into());
    }
    Value::Object(schema)
}

impl Registry {
    /// The schema of an entry that names any of them.
    #[must_use]
    pub fn schema(&self) -> Value {
        let all: Vec<Value> = self.iter().map(super::Registered::schema).collect();
        json!({ "oneOf": all })
    }
}
