//! A configuration as YAML again, as `potluck config show` prints it.

use std::fmt::Write as _;

use serde_json::Value;

use super::Config;

/// Every setting that holds, also the built-in ones. Secrets are not part of a configuration, and a
/// database password is masked.
#[must_use]
pub fn yaml(config: &Config) -> String {
    let mut out = String::new();
    if let Ok(Value::Object(sections)) = serde_json::to_value(config) {
        entries(&sections, 0, &mut out);
    }
    out
}

fn entries(fields: &serde_json::Map<String, Value>, depth: usize, out: &mut String) {
    for (key, value) in fields {
        let _ = write!(out, "{:1$}{key}:", "", depth * 2);
        below(value, depth, out);
    }
}

/// What follows `key:`, on the same line or indented under it.
fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(fields) if fields.is_empty() => out.push_str(" {}\n"),
        Value::Object(fields) => {
            out.push('\n');
            entries(fields, depth + 1, out);
        }
        Value::Array(items) if items.is_empty() => out.push_str(" []\n"),
        Value::Array(items) => {
            out.push('\n');
            for value in items {
                item(value, depth + 1, out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = writeln!(out, " {}", scalar(value));
        }
    }
}

fn item(value: &Value, depth: usize, out: &mut String) {
    let mut inner = String::new();
    match value {
        Value::Object(fields) => entries(fields, depth + 1, &mut inner),
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = writeln!(inner, "{:1$}{2}", "", (depth + 1) * 2, scalar(value));
        }
    }
    let _ = write!(out, "{:1$}- {2}", "", depth * 2, inner.trim_start());
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if plain(text) => text.clone(),
        Value::String(_)
        | Value::Array(_)
        | Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_) => value.to_string(),
    }
}

/// Whether a text reads back as itself without quotes.
fn plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ':');
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '.'))
        || text.starts_with(|c: char| c.is_ascii_digit());
    let ends = !text.ends_with(':');
    starts && ends && text.chars().all(word) && !matches!(text, "true" | "false" | "null" | "no" | "yes")
}
