//! The description as a page for people: made here, without scripts and without anything from elsewhere.
//!
//! Invariant: every text of the description is escaped; the style is a file of its own, so that the page runs under a
//! policy that allows nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// What the page may load: its style, and nothing else.
pub(crate) const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Both themes, and one column that fits a telephone.
pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fff;--dim:#595959;--line:#d9d9d9;--code:#f4f4f4;--mark:#0b5cad}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--paper:#16181b;--dim:#a8a8a8;--line:#383c42;--code:#1f2226;--mark:#7ab8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
a{color:var(--mark)}h1{font-size:1.5rem}h2{margin-top:2rem;border-bottom:1px solid var(--line)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}
details{border-bottom:1px solid var(--line);padding:.5rem 0}
summary{cursor:pointer;overflow-wrap:anywhere}
summary b{display:inline-block;min-width:4.75rem;margin-right:.5rem;font:600 .875rem/1.4 ui-monospace,monospace}
code{padding:.05em .25em;border-radius:3px}
code,pre{font:.875rem/1.4 ui-monospace,monospace;background:var(--code)}
pre{padding:.5rem;overflow-x:auto;border-radius:3px}
p,dd{overflow-wrap:anywhere}
summary small{display:block;font-size:1rem;color:var(--dim);margin:.15rem 0 0 1.1rem}
dt{font-weight:600;overflow-wrap:anywhere}dd{margin:0 0 .5rem 1rem;color:var(--dim)}
.who{color:var(--dim)}
";

/// The page of a description.
pub(crate) fn page(document: &Value) -> String {
    let mut out = head(document);
    let tags = by_tag(document);
    out.push_str("<nav aria-label=\"Nouns\"><ul>");
    for tag in tags.keys() {
        let _ = write!(out, "<li><a href=\"#{0}\">{0}</a></li>", escaped(tag));
    }
    out.push_str("</ul></nav><main>");
    for (tag, operations) in &tags {
        let _ = write!(out, "<section id=\"{0}\"><h2>{0}</h2>", escaped(tag));
        for (path, method, operation) in operations {
            write_operation(&mut out, document, (path, method), operation);
        }
        out.push_str("</section>");
    }
    out.push_str("</main></body></html>\n");
    out
}

fn head(document: &Value) -> String {
    let title = escaped(text(&document["info"], "title"));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/manage/docs.css\"></head><body><h1>{title}</h1>\
         <p>Version {}. {}</p><p>For programs: <a href=\"/manage/openapi.json\">openapi.json</a>.</p>",
        escaped(text(&document["info"], "version")),
        marked(text(&document["info"], "description")),
    )
}

type Listed<'d> = Vec<(&'d str, &'d str, &'d Value)>;

fn by_tag(document: &Value) -> BTreeMap<&str, Listed<'_>> {
    let mut tags: BTreeMap<&str, Listed<'_>> = BTreeMap::new();
    for (path, methods) in fields(&document["paths"]) {
        for (method, operation) in fields(methods) {
            let tag = operation["tags"]
                .get(0)
                .and_then(Value::as_str)
                .unwrap_or("other");
            tags.entry(tag).or_default().push((path, method, operation));
        }
    }
    tags
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn write_operation(out: &mut String, document: &Value, (path, method): (&str, &str), operation: &Value) {
    let method = method.to_uppercase();
    let scope = text(operation, "x-potluck-scope");
    let scope = if scope.is_empty() {
        String::new()
    } else {
        format!(", scope {}", escaped(scope))
    };
    let _ = write!(
        out,
        "<details id=\"{}\"><summary><b>{method}</b><code>{}</code><small>{}</small></summary><p class=\"who\">For: {}{scope}</p>",
        escaped(text(operation, "operationId")),
        escaped(path),
        marked(text(operation, "summary")),
        escaped(text(operation, "x-potluck-access")),
    );
    write_parameters(out, operation);
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    if let Some(body) = body {
        out.push_str("<h3>Body</h3>");
        write_schema(out, document, body);
    }
    for (status, answer) in fields(&operation["responses"]) {
        write_answer(out, document, status, answer);
    }
    let _ = write!(
        out,
        "<h3>Try</h3><pre>{}</pre></details>",
        escaped(&curl(path, &method, body.is_some()))
    );
}

fn write_parameters(out: &mut String, operation: &Value) {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut rows = String::new();
    for one in parameters {
        let needed = if one["required"] == true { ", required" } else { "" };
        let _ = write!(
            rows,
            "<dt><code>{}</code></dt><dd>in {}{needed}. {}</dd>",
            escaped(text(one, "name")),
            escaped(text(one, "in")),
            marked(text(one, "description")),
        );
    }
    if !rows.is_empty() {
        let _ = write!(out, "<h3>Parameters</h3><dl>{rows}</dl>");
    }
}

fn write_answer(out: &mut String, document: &Value, status: &str, answer: &Value) {
    if status == "default" {
        return;
    }
    let _ = write!(out, "<h3>Answer {}</h3>", escaped(status));
    for (kind, content) in fields(&answer["content"]) {
        let _ = write!(out, "<p><code>{}</code></p>", escaped(kind));
        write_schema(out, document, &content["schema"]);
    }
}

/// The fields of a schema, one step deep: what they refer to is named.
fn write_schema(out: &mut String, document: &Value, schema: &Value) {
    let schema = schema["$ref"]
        .as_str()
        .and_then(|to| document.pointer(to.strip_prefix('#')?))
        .unwrap_or(schema);
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let about = text(schema, "description");
    if !about.is_empty() {
        let _ = write!(out, "<p>{}</p>", marked(about));
    }
    out.push_str("<dl>");
    for (name, field) in fields(&schema["properties"]) {
        let needed = if required.contains(&name.as_str()) {
            ", required"
        } else {
            ""
        };
        let _ = write!(
            out,
            "<dt><code>{}</code></dt><dd>{}{needed}. {}</dd>",
            escaped(name),
            escaped(&kind_of(field)),
            marked(text(field, "description")),
        );
    }
    out.push_str("</dl>");
}

/// What a field is, in a word or two.
fn kind_of(schema: &Value) -> String {
    if let Some(to) = schema["$ref"].as_str() {
        return to.rsplit('/').next().unwrap_or(to).to_owned();
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", kind_of(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            let either = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
            let kinds: Vec<String> = either.into_iter().flatten().map(kind_of).collect();
            if kinds.is_empty() {
                "any".to_owned()
            } else {
                kinds.join(" or ")
            }
        }
    }
}

fn curl(path: &str, method: &str, has_body: bool) -> String {
    let how = if method == "GET" {
        String::new()
    } else {
        format!(" -X {method}")
    };
    let body = if has_body {
        " \\\n  -H 'Content-Type: application/json' -d '{…}'"
    } else {
        ""
    };
    format!("curl{how} -H \"Authorization: Bearer $POTLUCK_TOKEN\"{body} \\\n  \"$POTLUCK_SERVER{path}\"")
}

/// Text with what stands between backticks as code. A backtick without its like stays as it is.
fn marked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (code, after))) = rest
        .split_once('`')
        .and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
    {
        let _ = write!(out, "{}<code>{}</code>", escaped(before), escaped(code));
        rest = after;
    }
    out.push_str(&escaped(rest));
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{marked, page};
    use crate::router::document;

    #[test]
    fn every_operation_is_on_the_page_once() {
        let document = document();
        let html = page(&document.json());
        for operation in document.operations() {
            let anchor = format!("<details id=\"{}\">", operation.id);
            assert_eq!(html.matches(&anchor).count(), 1, "{anchor}");
        }
        for word in [
            "<script",
            "<style",
            " style=\"",
            " onclick",
            " src=",
            "href=\"http",
            "url(",
        ] {
            assert!(!html.contains(word), "{word}");
        }
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(marked("a `b<c` d `e"), "a <code>b&lt;c</code> d `e");
        let html = page(&document().json());
        let body = html.split("<main>").nth(1).unwrap();
        assert!(!body.contains('`'), "a backtick is shown as it is");
    }

    #[test]
    fn no_text_of_the_description_is_markup() {
        let evil = "<b onclick=\"x\">";
        let html = page(&json!({
            "info": {"title": evil, "description": evil},
            "paths": {evil: {"get": {"operationId": evil, "summary": evil, "tags": [evil],
                "parameters": [{"name": evil, "in": evil, "description": evil}]}}},
        }));
        assert!(!html.contains(evil), "{html}");
    }
}
