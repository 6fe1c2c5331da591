//! `potluck status`: looking without touching.

use potluck_admin::api::Status;
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::typed;
use super::{Options, amount, print, table};

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
    rows.extend(usage_rows(&status));
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
            "NODES IN TROUBLE",
        ];
        print::text(&format!("\n{}", table::table(headings, &rows, "No upstreams.")));
    }
    Ok(())
}

/// The books of usage, and what waits to be written into them.
fn usage_rows(status: &Status) -> Vec<(&'static str, String)> {
    let books = status.books.as_ref().map(|books| {
        let (bytes, requests) = (amount::bytes(books.bytes), amount::count(books.requests));
        ("books of usage", format!("{bytes}, {requests} requests"))
    });
    let spool = status.spool.as_ref().map(|spool| {
        let (waiting, most) = (amount::bytes(spool.bytes), amount::bytes(spool.most_bytes));
        let lost = match spool.lost {
            0 => String::new(),
            lost => format!(", {lost} requests LOST"),
        };
        ("usage spool", format!("{waiting} of {most} wait{lost}"))
    });
    books.into_iter().chain(spool).collect()
}

fn pool_row(name: &str, report: &Value) -> [String; 7] {
    let count = |key: &str| report.get(key).map_or_else(|| "-".to_owned(), word);
    let nodes = report
        .get("nodes")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let trouble: Vec<String> = nodes.iter().filter_map(in_trouble).collect();
    let trouble = if trouble.is_empty() {
        "none".to_owned()
    } else {
        trouble.join(", ")
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
        trouble,
    ]
}

/// A node that rests after a failure, or whose checks fail.
fn in_trouble(node: &Value) -> Option<String> {
    let name = node.get("node").map(word)?;
    let cools = node.get("cooling") == Some(&Value::Bool(true));
    let ill = node.get("health").and_then(Value::as_str) == Some("unhealthy");
    let why = match (cools, ill) {
        (false, false) => return None,
        (true, false) => "cooling",
        (false, true) => "unhealthy",
        (true, true) => "cooling, unhealthy",
    };
    Some(format!("{name} ({why})"))
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use potluck_admin::api::{Books, Database, UsageSpool};
    use potluck_filters::id::Revision;

    use super::*;

    #[test]
    fn what_is_lost_of_usage_is_told_loudly() {
        let status = |lost| Status {
            database: Database {
                kind: "sqlite".to_owned(),
                epoch: "1".to_owned(),
                revision: Revision(1),
            },
            books: Some(Books {
                bytes: 3 << 20,
                requests: 12_400,
            }),
            spool: Some(UsageSpool {
                bytes: 512,
                most_bytes: 1 << 30,
                lost,
            }),
            edge: Value::Null,
        };
        let rows = usage_rows(&status(0));
        let told = |text: &str| text.to_owned();
        assert_eq!(
            rows,
            [
                ("books of usage", told("3.0 MiB, 12.4K requests")),
                ("usage spool", told("512 B of 1.0 GiB wait")),
            ]
        );
        let [_, (_, spool)] = usage_rows(&status(3)).try_into().unwrap();
        assert_eq!(spool, "512 B of 1.0 GiB wait, 3 requests LOST");
    }

    #[test]
    fn nodes_in_trouble_are_named_with_what_it_is() {
        let report = serde_json::json!({ "nodes": [
            { "node": "a", "cooling": true, "health": "healthy" },
            { "node": "b", "cooling": false, "health": "unhealthy" },
            { "node": "c", "cooling": false, "health": "recovering" },
            { "node": "d", "cooling": true, "health": "unhealthy" },
        ]});
        let [.., trouble] = pool_row("gpu", &report);
        assert_eq!(trouble, "a (cooling), b (unhealthy), d (cooling, unhealthy)");
        let [.., none] = pool_row("gpu", &Value::Null);
        assert_eq!(none, "none");
    }
}
