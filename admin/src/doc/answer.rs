//! What handlers give describes itself.

use axum::Json;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::Operation;
use crate::error::ControlError;

/// What a handler gives.
pub(crate) trait Answer {
    /// Says in the operation what is answered.
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);
}

impl<T: JsonSchema> Answer for Json<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.gives_json(200, &schemas.subschema_for::<T>(), Value::Null);
    }
}

/// Errors are described once for all operations.
impl<T: Answer> Answer for Result<T, ControlError> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        T::describe(operation, schemas);
    }
}
