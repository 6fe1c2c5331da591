//! All operations together, as OpenAPI 3.1.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::Operation;
use crate::api::Problem;

/// The published description of the API.
#[derive(Clone, Debug)]
pub struct Document {
    operations: Vec<Operation>,
    schemas: Map<String, Value>,
}

/// JSON Schema 2020-12, as OpenAPI 3.1 has it, with shared schemas where OpenAPI keeps them.
pub(super) fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    settings.transforms.push(Box::new(RecursiveTransform(bounded)));
    settings.into_generator()
}

/// Says of a number what its type can hold, where the schema does not say less already.
pub(super) fn bounded(schema: &mut Schema) {
    let (least, most): (i64, u64) = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint" | "uint64") => (0, u64::MAX),
        Some("int32") => (i32::MIN.into(), i32::MAX.unsigned_abs().into()),
        Some("int64") => (i64::MIN, i64::MAX.unsigned_abs()),
        Some(_) | None => return,
    };
    let map = schema.ensure_object();
    map.entry("minimum").or_insert(least.into());
    map.entry("maximum").or_insert(most.into());
}

impl Document {
    pub(super) fn new(operations: Vec<Operation>, mut schemas: SchemaGenerator) -> Self {
        schemas.subschema_for::<Problem>();
        Self {
            operations,
            schemas: schemas.take_definitions(true),
        }
    }

    /// Its operations.
    #[cfg(test)]
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Potluck management API",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Manages a Potluck relay. Times are milliseconds since 1970 (UTC). In an edit an \
                    absent field stays as it is and `null` clears it; an unknown field is refused.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "paths": self.paths(),
            "components": {
                "schemas": self.schemas,
                "responses": {"Problem": {
                    "description": "What is wrong, and what to do",
                    "content": {"application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                    }},
                }},
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "description":
                        "An access token, a personal access token, or the operator's token."},
                    "cookie": {"type": "apiKey", "in": "cookie", "name": "potluck_access", "description":
                        "Set by a login with `cookies`. Calls that change something also need `x-csrf-token`."},
                },
            },
        })
    }

    fn paths(&self) -> Map<String, Value> {
        let mut paths = Map::new();
        for operation in &self.operations {
            let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
            if let Some(methods) = methods.as_object_mut() {
                methods.insert(operation.method.as_str().to_lowercase(), operation.told());
            }
        }
        paths
    }
}
