//! What handlers take describes itself.

use axum::extract::{Request, State};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Operation;
use super::document::bounded;

/// An argument of a handler.
pub(crate) trait Input {
    /// Says in the operation what it takes of a request.
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);
}

impl<T> Input for State<T> {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}
}

impl Input for Request {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}
}

/// The fields of a query's type, each a parameter.
pub(crate) fn query_parameters(operation: &mut Operation, schema: &Schema) {
    let fields = schema.get("properties").and_then(|fields| fields.as_object());
    let required = schema.get("required").and_then(|names| names.as_array());
    for (name, schema) in fields.into_iter().flatten() {
        let needed = required.is_some_and(|names| names.iter().any(|one| one == name));
        let mut schema = schema.clone();
        let about = schema.as_object_mut().and_then(|map| map.remove("description"));
        operation.parameters.push(serde_json::json!({
            "name": name, "in": "query", "required": needed, "description": about, "schema": schema,
        }));
    }
}

/// The schema of a type with everything in it, nothing referred to.
pub(crate) fn inlined<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings.transforms.push(Box::new(RecursiveTransform(bounded)));
    settings.into_generator().into_root_schema_for::<T>()
}
