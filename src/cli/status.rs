//! `potluck status`: looking without touching.

use potluck_admin::api::Status;
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::typed;
use super::{Options, print, table};

/// `potluck status`.
pub(super) async fn run(api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get("/manage/v1/status").await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let status: Status = typed(answer)?;
    let database = format!("{}, revision {}", status.database.kind, status.database.revision);
    let relay = if status.edge.is_null() {
        "not running"
    } else {
        "running"
    };
    let mut rows = vec![("relay", relay.to_owned()), ("database", database)];
    let told = [
        ("edge", "edge"),
        ("serving revision", "revision"),
        ("requests in flight", "in_flight"),
        ("draining", "draining"),
        ("client keys", "client_keys"),
        ("users", "users"),
    ];
    rows.extend(
        told.iter()
            .filter_map(|(label, key)| Some((*label, word(status.edge.get(key)?)))),
    );
    print::text(&table::card(&rows));
    if let Some(Value::Object(upstreams)) = status.edge.get("upstreams") {
        let rows: Vec<_> = upstreams
            .iter()
            .map(|(name, report)| pool_row(name, report))
            .collect();
        let headings = [
            "UPSTREAM",
            "POOL KEYS",
            "READY",
            "COOLING",
            "IN FLIGHT",
            "WAITING",
            "NODES COOLING",
        ];
        print::text(&format!("\n{}", table::table(headings, &rows, "No upstreams.")));
    }
    Ok(())
}

fn pool_row(name: &str, report: &Value) -> [String; 7] {
    let count = |key: &str| report.get(key).map_or_else(|| "-".to_owned(), word);
    let nodes = report
        .get("nodes")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let cooling = nodes
        .iter()
        .filter(|node| node.get("cooling") == Some(&Value::Bool(true)));
    let cooling: Vec<String> = cooling.filter_map(|node| node.get("node")).map(word).collect();
    let cooling = if cooling.is_empty() {
        "none".to_owned()
    } else {
        cooling.join(", ")
    };
    [
        name.to_owned(),
        count("keys"),
        count("ready"),
        count("cooling"),
        count("in_flight"),
        report
            .pointer("/queue/waiting")
            .map_or_else(|| "-".to_owned(), word),
        cooling,
    ]
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
