//! `docs/config.md`, written from the schema.

use std::fmt::Write as _;

use serde_json::Value;

use super::schema::{Want, properties, required, schema, tag};

const INTRODUCTION: &str = "\
# Configuration

Written by `potluck config schema --markdown`; the machine-readable form is
[config.schema.json](config.schema.json). Every key stands with its default in `conf/potluck.yaml`.

Order: `--set section.key=value` > environment (`POTLUCK_SECTION__KEY=value`) > file > default. Only
variables with `__` in their name are settings. Whatever is wrong is reported at once, with line and
column, and nothing starts. `potluck config check` says whether a file is right, `potluck config show`
prints what holds.

";

/// The reference page of all settings.
#[must_use]
pub fn markdown() -> String {
    let schema = schema();
    let mut out = INTRODUCTION.to_owned();
    let _ = writeln!(out, "{}\n", text(&schema));
    let (single, sections): (Vec<_>, Vec<_>) = properties(&schema).partition(|(_, schema)| is_leaf(schema));
    out.push_str("## Top level\n\n");
    table(&single, &[], &mut out);
    for (name, schema) in sections {
        section(name, schema, &mut out);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn is_leaf(schema: &Value) -> bool {
    match Want::of(schema) {
        Want::Section(_) | Want::Tagged(_) | Want::Named(_) | Want::List(_) => false,
        Want::OneOrMany(_) | Want::Choice(_) | Want::Text(_) | Want::Number { .. } | Want::Switch => true,
    }
}

fn section(name: &str, schema: &Value, out: &mut String) {
    let _ = writeln!(out, "## {name}\n\n{}\n", text(schema));
    let (name, inner) = one_of(name, schema);
    if !std::ptr::eq(inner, schema) {
        let _ = writeln!(out, "### {name}\n\n{}\n", text(inner));
    }
    let leaves: Vec<_> = properties(inner).filter(|(_, schema)| is_leaf(schema)).collect();
    table(&leaves, &required(inner).collect::<Vec<_>>(), out);
    for (key, schema) in properties(inner).filter(|(_, schema)| !is_leaf(schema)) {
        subsection(&format!("{name}.{key}"), schema, out);
    }
}

fn subsection(name: &str, schema: &Value, out: &mut String) {
    let (name, inner) = one_of(name, schema);
    let _ = writeln!(out, "### {name}\n\n{}\n", text(schema));
    if let Want::Tagged(all) = Want::of(inner) {
        return all.iter().for_each(|section| kind_of(section, out));
    }
    let rows: Vec<_> = properties(inner).collect();
    table(&rows, &required(inner).collect::<Vec<_>>(), out);
}

/// What a section holds many of, under the name of one; the section itself where it holds none.
fn one_of<'a>(name: &str, schema: &'a Value) -> (String, &'a Value) {
    match Want::of(schema) {
        Want::Named(inner) => (format!("{name}.<name>"), inner),
        Want::List(inner) => (format!("{name}[]"), inner),
        Want::Section(_)
        | Want::Tagged(_)
        | Want::OneOrMany(_)
        | Want::Choice(_)
        | Want::Text(_)
        | Want::Number { .. }
        | Want::Switch => (name.to_owned(), schema),
    }
}

/// One of several sections that are told apart by their `name`.
fn kind_of(section: &Value, out: &mut String) {
    let name = tag(section).unwrap_or_default();
    let _ = writeln!(out, "#### `name: {name}`\n\n{}\n", text(section));
    let (inner, rows): (Vec<_>, Vec<_>) = properties(section)
        .filter(|(key, _)| *key != "name")
        .partition(|(_, schema)| matches!(Want::of(schema), Want::Section(_)));
    if !rows.is_empty() {
        table(&rows, &required(section).collect::<Vec<_>>(), out);
    }
    for (key, schema) in inner {
        let _ = writeln!(out, "`{key}`: {}\n", text(schema));
        let rows: Vec<_> = properties(schema).collect();
        table(&rows, &required(schema).collect::<Vec<_>>(), out);
    }
}

/// What can be set of one plug-in, for a terminal.
pub(crate) fn settings_of(entry: &Value) -> String {
    let mut out = format!("{}: {}\n", tag(entry).unwrap_or_default(), text(entry));
    listed("", entry, &mut out);
    out
}

fn listed(within: &str, section: &Value, out: &mut String) {
    let required: Vec<&str> = required(section).collect();
    for (key, schema) in properties(section).filter(|(key, _)| !(within.is_empty() && *key == "name")) {
        let (what, default) = what_and_default(schema, required.contains(&key));
        if let Want::Section(_) = Want::of(schema) {
            let _ = writeln!(out, "\n{within}{key}: {what}");
            listed(&format!("{within}{key}."), schema, out);
            continue;
        }
        let _ = writeln!(
            out,
            "\n{within}{key}  {} ({default})\n    {what}",
            value(schema).replace('`', "")
        );
    }
}

fn table(rows: &[(&str, &Value)], required: &[&str], out: &mut String) {
    out.push_str("| key | value | default | what it is |\n| --- | --- | --- | --- |\n");
    for (key, schema) in rows {
        let (what, default) = what_and_default(schema, required.contains(key));
        let _ = writeln!(out, "| `{key}` | {} | {default} | {what} |", value(schema));
    }
    out.push('\n');
}

fn value(schema: &Value) -> String {
    match Want::of(schema) {
        Want::Choice(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Want::Text(format) => format.unwrap_or("text").replace('-', " "),
        Want::Number {
            least,
            most: u64::MAX,
        } => format!("number ≥ {least}"),
        Want::Number { least, most } => format!("number {least} to {most}"),
        Want::Switch => "`true`, `false`".to_owned(),
        Want::OneOrMany(one) => format!("{}, or a list", value(one)),
        Want::Section(_) | Want::Tagged(_) => "section".to_owned(),
        Want::Named(_) => "map".to_owned(),
        Want::List(_) => "list".to_owned(),
    }
}

/// The default: as the schema has it, else as the description tells it.
fn default(schema: &Value, told: Option<String>) -> String {
    match schema.get("default") {
        None | Some(Value::Null) => told.unwrap_or_else(|| "none".to_owned()),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(other) => format!("`{other}`"),
    }
}

/// The description, with what it says of the default apart, since both have columns of their own.
fn what_and_default(schema: &Value, required: bool) -> (String, String) {
    let text = text(schema).replace(" Required.", "");
    let (what, told) = match text.split_once(" Default: ") {
        Some((what, told)) => (what.to_owned(), Some(told.trim_end_matches('.').to_owned())),
        None => (text, None),
    };
    let default = if required {
        "required".to_owned()
    } else {
        default(schema, told)
    };
    (what, default)
}

/// The description on one line.
fn text(schema: &Value) -> String {
    let text = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
