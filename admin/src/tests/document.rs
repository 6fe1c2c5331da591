//! The published description, held against what is served and what was published before.

use std::collections::HashSet;
use std::path::Path;

use super::*;
use crate::router::document;

#[test]
fn the_published_document_is_what_the_handlers_make() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let made = serde_json::to_string_pretty(&document().json()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == made,
        "docs/openapi.json is not what the program serves; UPDATE=1 cargo test -p potluck-admin document"
    );
}

#[test]
fn operations_have_names_of_their_own_and_say_who_may_call_them() {
    let document = document();
    let mut ids = HashSet::new();
    for operation in document.operations() {
        let name = format!("{} {}", operation.method, operation.path);
        assert!(ids.insert(operation.id), "{} is used twice", operation.id);
        assert!(operation.summary.ends_with('.'), "{name}: {}", operation.summary);
        assert!(
            operation.access.is_some(),
            "{name} takes neither Anyone, Member nor Admin"
        );
        assert!(!operation.answers.is_empty(), "{name} answers nothing");
        let in_path = operation
            .parameters
            .iter()
            .filter(|one| one["in"] == "path")
            .count();
        assert_eq!(in_path, operation.path.matches('{').count(), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let json = document().json();
    let mut open = vec![&json];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    let found = json.pointer(to.strip_prefix('#').unwrap());
                    assert!(found.is_some(), "{to}");
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let relay = Relay::new().await;
    let (status, served) = relay.get("/manage/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(served, document().json());
}
