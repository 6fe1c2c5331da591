//! Arrays in the place of objects. Serde takes `[1, null]` for a struct whose first fields are these; the published
//! description does not, and nobody means it.

use serde_json::Value;

/// Whether an array stands where the schema, with nothing referred to, has no array.
pub(super) fn has_misplaced_array(schema: &Value, value: &Value) -> bool {
    match value {
        Value::Array(items) => match item_schemas(schema).as_slice() {
            [] => !may_be_anything(schema),
            schemas => items
                .iter()
                .any(|item| schemas.iter().all(|schema| has_misplaced_array(schema, item))),
        },
        Value::Object(fields) => fields
            .iter()
            .filter_map(|(name, field)| Some((field_schema(schema, name)?, field)))
            .any(|(schema, field)| has_misplaced_array(schema, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The schemas that items of an array may have; none where there may be no array.
fn item_schemas(schema: &Value) -> Vec<&Value> {
    let own = schema.get("items").or_else(|| {
        let items = schema.get("prefixItems");
        items.and_then(|items| items.get(0))
    });
    let others = branches(schema).flat_map(item_schemas);
    own.into_iter().chain(others).collect()
}

/// The schema of a field, in whichever branch it is.
fn field_schema<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let own = schema.get("properties").and_then(|fields| fields.get(name));
    let own = own.or_else(|| schema.get("additionalProperties").filter(|rest| rest.is_object()));
    own.or_else(|| branches(schema).find_map(|branch| field_schema(branch, name)))
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"]
        .into_iter()
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten()
}

/// Whether a schema says nothing of the type.
fn may_be_anything(schema: &Value) -> bool {
    schema.get("type").is_none() && branches(schema).next().is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_array_is_taken_only_where_the_schema_has_one() {
        let object = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
        let list = json!({ "type": ["array", "null"], "items": object });
        let schema = json!({ "type": "object", "properties": {
            "one": { "anyOf": [object, { "type": "null" }] }, "many": list, "any": {} } });
        for (value, misplaced) in [
            (
                json!({ "one": { "a": 1 }, "many": [{ "a": 1 }], "any": [1] }),
                false,
            ),
            (json!({ "one": null, "many": null, "other": [1] }), false),
            (json!({ "one": [1] }), true),
            (json!({ "many": [[1]] }), true),
            (json!({ "many": [{ "a": [1] }] }), true),
        ] {
            assert_eq!(has_misplaced_array(&schema, &value), misplaced, "{value}");
        }
    }
}
