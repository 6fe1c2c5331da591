//! Nodes as people read them.

use potluck_admin::api::{Node, NodeSource, UpstreamFacts};
use potluck_filters::health::Condition;
use potluck_filters::model::{HttpVersion, Role};
use potluck_filters::pool::{CheckReport, NodeReport, NodeState};
use serde_json::Value;

use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{self as lists, typed};
use crate::cli::{Options, date, print, table};

/// `potluck nodes list`.
pub(super) async fn list(upstream: Option<&str>, api: &Api, options: &Options) -> Result<(), Failure> {
    let upstreams = match upstream {
        Some(name) => vec![name.to_owned()],
        None => upstreams(api).await?,
    };
    let mut items = Vec::new();
    for upstream in &upstreams {
        let answer = api.get(&super::all(upstream)?).await?;
        items.extend(typed::<Vec<Value>>(
            answer.get("items").cloned().unwrap_or_default(),
        )?);
    }
    if options.json {
        print::json(&lists::as_json(&items));
        return Ok(());
    }
    let nodes = items.into_iter().map(typed).collect::<Result<Vec<Node>, _>>()?;
    let rows: Vec<_> = nodes.iter().map(row).collect();
    let headings = [
        "UPSTREAM",
        "NODE",
        "ROLE",
        "URL",
        "STATE",
        "HEALTH",
        "LATENCY",
        "IN FLIGHT",
    ];
    print::text(&table::table(
        headings,
        &rows,
        "No upstreams in the configuration.",
    ));
    Ok(())
}

async fn upstreams(api: &Api) -> Result<Vec<String>, Failure> {
    let answer = api.get("/manage/v1/upstreams").await?;
    let items: Vec<UpstreamFacts> = typed(answer.get("items").cloned().unwrap_or_default())?;
    Ok(items.into_iter().map(|facts| facts.name).collect())
}

fn row(node: &Node) -> [String; 8] {
    let live = node.live.as_ref();
    let unknown = || "-".to_owned();
    [
        node.upstream.clone(),
        node.name.clone(),
        role(node.role).to_owned(),
        node.url.clone(),
        state(node),
        live.map_or_else(unknown, health),
        live.and_then(|live| live.latency_ms)
            .map_or_else(unknown, |ms| format!("{ms} ms")),
        live.map_or_else(unknown, |live| live.in_flight.to_string()),
    ]
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Any => "",
        Role::Image => "image",
        Role::Text => "text",
        Role::Api => "api",
    }
}

fn state(node: &Node) -> String {
    let state = match node.state {
        NodeState::Active => "active",
        NodeState::Draining => "draining",
        NodeState::Removed => "removed",
    };
    let first = if node.preferred { ", first" } else { "" };
    format!("{state}{first}")
}

pub(super) fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Unknown => "unknown",
        Condition::Healthy => "healthy",
        Condition::Unhealthy => "unhealthy",
        Condition::Recovering => "recovering",
    }
}

fn health(live: &NodeReport) -> String {
    let cooling = if live.cooling { ", resting" } else { "" };
    format!("{}{cooling}", condition(live.health))
}

/// A span in the largest unit that tells enough.
fn span(ms: u64) -> String {
    match ms {
        0..=9_999 => format!("{ms} ms"),
        10_000..=119_999 => format!("{} s", ms / 1000),
        120_000..=7_199_999 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}

fn checked(check: &CheckReport) -> String {
    let what = match (&check.error, check.status) {
        (Some(error), _) => error.clone(),
        (None, Some(status)) => format!("ok ({status})"),
        (None, None) => "ok".to_owned(),
    };
    format!(
        "{what}, in {}, {} ago",
        span(check.latency_ms),
        span(check.ago_ms)
    )
}

fn live_rows(live: &NodeReport) -> Vec<(&'static str, String)> {
    let since = live.health_for_ms.map(|ms| format!(" for {}", span(ms)));
    let mut rows = vec![("health", health(live) + &since.unwrap_or_default())];
    rows.extend(
        live.last_check
            .as_ref()
            .map(|check| ("last check", checked(check))),
    );
    rows.extend(
        live.latency_ms
            .map(|ms| ("begins to answer in", format!("{ms} ms (average)"))),
    );
    rows.push(("in flight", live.in_flight.to_string()));
    rows
}

/// One node with all that is known of it.
pub(super) fn one(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let node: Node = typed(answer)?;
    let http = match node.http {
        HttpVersion::Auto => "auto",
        HttpVersion::H1 => "h1",
        HttpVersion::H2 => "h2",
    };
    let mut rows = vec![
        ("upstream", node.upstream.clone()),
        ("node", node.name.clone()),
        ("url", node.url.clone()),
    ];
    rows.extend((node.role != Role::Any).then(|| ("role", role(node.role).to_owned())));
    rows.extend([
        ("http", http.to_owned()),
        ("state", state(&node)),
        ("comes from", source(&node)),
    ]);
    rows.extend(node.live.iter().flat_map(live_rows));
    let notes: Vec<_> = node
        .metadata
        .iter()
        .map(|(key, note)| format!("{key}={note}"))
        .collect();
    rows.extend((!notes.is_empty()).then(|| ("metadata", notes.join(", "))));
    print::text(&table::card(&rows));
    Ok(())
}

fn source(node: &Node) -> String {
    match (node.source, node.created_at) {
        (NodeSource::Configured, _) | (NodeSource::Added, None) => "the configuration".to_owned(),
        (NodeSource::Added, Some(at)) => format!("added {}", date::shown(at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_checks_are_told_in_few_words() {
        for (ms, shown) in [
            (7, "7 ms"),
            (12_345, "12 s"),
            (130_000, "2 min"),
            (7_300_000, "2 h"),
        ] {
            assert_eq!(span(ms), shown);
        }
        let mut check = CheckReport {
            ok: true,
            status: Some(204),
            error: None,
            latency_ms: 5,
            ago_ms: 61_000,
        };
        assert_eq!(checked(&check), "ok (204), in 5 ms, 61 s ago");
        check.error = Some("no connection".to_owned());
        assert_eq!(checked(&check), "no connection, in 5 ms, 61 s ago");
    }
}
