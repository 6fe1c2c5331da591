//! `potluck status` and `potluck upstreams`: looking without touching.

use clap::Subcommand;
use potluck_admin::api::{Status, UpstreamFacts};
use potluck_filters::model::{Kind, Role};
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::{self, typed};
use super::{Options, print, table};

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum UpstreamsCommand {
    /// List upstreams and their nodes, as the configuration has them.
    #[command(after_help = "Examples:\n  potluck upstreams list\n  potluck upstreams list --json")]
    List,
}

impl UpstreamsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        let Self::List = self;
        let answer = api.get("/manage/v1/upstreams").await?;
        let items: Vec<Value> = typed(answer.get("items").cloned().unwrap_or_default())?;
        if options.json {
            print::json(&list::as_json(&items));
            return Ok(());
        }
        let upstreams = items
            .into_iter()
            .map(typed)
            .collect::<Result<Vec<UpstreamFacts>, _>>()?;
        let rows: Vec<_> = upstreams.iter().flat_map(rows).collect();
        let headings = ["UPSTREAM", "KIND", "POOL KEYS", "NODE", "ROLE", "URL"];
        print::text(&table::table(
            headings,
            &rows,
            "No upstreams in the configuration.",
        ));
        Ok(())
    }
}

fn rows(upstream: &UpstreamFacts) -> Vec<[String; 6]> {
    let kind = match upstream.kind {
        Kind::Novelai => "novelai",
        Kind::Openai => "openai",
        Kind::Http => "http",
    };
    let keyed = if upstream.keyed { "needed" } else { "none" };
    let nodes = upstream.nodes.iter().map(|node| {
        let role = match node.role {
            Role::Any => "",
            Role::Image => "image",
            Role::Text => "text",
            Role::Api => "api",
        };
        [
            upstream.name.clone(),
            kind.to_owned(),
            keyed.to_owned(),
            node.name.clone(),
            role.to_owned(),
            node.url.clone(),
        ]
    });
    nodes.collect()
}

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
            "NODES COOLING",
        ];
        print::text(&format!("\n{}", table::table(headings, &rows, "No upstreams.")));
    }
    Ok(())
}

fn pool_row(name: &str, report: &Value) -> [String; 6] {
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
