//! What a monitoring system reads while requests wait for the one account there is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::Api;
use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{chat, client, image_outcome};

#[tokio::test(flavor = "multi_thread")]
async fn waits_are_counted_told_with_bounded_labels_and_without_a_secret() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    assert_eq!(
        value(&told(&relay).await, "potluck_queue_waiting{upstream=\"novelai\"}"),
        Some(0.0)
    );

    let (_, key) = installation.client_key().await;
    let many = (0..6).map(|_| image_outcome(&relay, &key));
    let ended = futures_util::future::join_all(many).await;
    assert!(ended.iter().all(|(status, _)| *status == 200), "{ended:?}");

    let text = settled(&relay).await;
    let waited = value(&text, "potluck_queue_waited_seconds_count{upstream=\"novelai\"}").unwrap_or_default();
    let ahead = value(&text, "potluck_queue_ahead_count{upstream=\"novelai\"}").unwrap_or_default();
    let served = "potluck_queue_ended_total{upstream=\"novelai\",how=\"served\"}";
    assert!(waited > 0.0 && waited == ahead, "{text}");
    assert_eq!(value(&text, served), Some(waited), "{text}");
    let health = "potluck_node_health{upstream=\"novelai\",node=\"image\",health=\"unknown\"}";
    assert_eq!(value(&text, health), Some(1.0), "{text}");
    let latency = "potluck_node_latency_seconds{upstream=\"novelai\",node=\"image\"}";
    assert!(
        value(&text, latency).is_some_and(|seconds| seconds < 60.0),
        "{text}"
    );
    let answered = "potluck_requests_total{upstream=\"novelai\",class=\"2xx\",source=\"upstream\"}";
    assert_eq!(value(&text, answered), Some(6.0), "{text}");
    let first_bytes = value(&text, "potluck_first_byte_seconds_count{upstream=\"novelai\"}");
    assert_eq!(first_bytes, Some(6.0), "{text}");
    // Each worked for far less than it waited for its image and for the others.
    let seconds = |name: &str| {
        value(
            &text,
            &format!("potluck_{name}_seconds_sum{{upstream=\"novelai\"}}"),
        )
    };
    let (own, whole) = (seconds("own_overhead"), seconds("request"));
    assert!(
        own.is_some_and(|own| own > 0.0) && own < whole,
        "{own:?} of {whole:?}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains(&key) && !text.contains("pst-"), "{text}");
}

/// A metric's name, kind and labels.
type Metric = (String, String, BTreeSet<String>);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_what_the_documentation_says() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let (_, key) = installation.client_key().await;
    assert_eq!(image_outcome(&relay, &key).await.0, 200);
    assert_eq!(image_outcome(&relay, "np-nobodys").await.0, 401);
    let text = settled(&relay).await;
    let refused = "potluck_refusals_total{code=\"unknown_key\"}";
    assert_eq!(value(&text, refused), Some(1.0), "{text}");
    let nowhere = "potluck_requests_total{upstream=\"-\",class=\"4xx\",source=\"relay\"}";
    assert_eq!(value(&text, nowhere), Some(1.0), "{text}");

    let documented = documented();
    for (name, kind, labels) in exposed(&text) {
        let found = documented.iter().find(|metric| metric.0 == name);
        let (_, as_kind, as_labels) = found.unwrap_or_else(|| panic!("{name} is not in docs/metrics.md"));
        assert_eq!(*as_kind, kind, "{name}");
        assert!(labels.is_empty() || labels == *as_labels, "{name}: {labels:?}");
    }
    let names: BTreeSet<_> = exposed(&text).into_iter().map(|metric| metric.0).collect();
    for (name, ..) in &documented {
        assert!(names.contains(name), "{name} is told nowhere");
    }
    for file in ["alerts.yml", "grafana-dashboard.json"] {
        let asked = asked_for(&observability(file));
        assert!(asked.len() > 8, "{file}: {asked:?}");
        let unknown: Vec<_> = asked.difference(&names).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}");
    }
}

#[test]
fn prometheus_takes_the_alert_rules_and_they_speak_up_when_they_should() {
    for check in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let mut promtool = std::process::Command::new("promtool");
        promtool.args(check).current_dir(FOLDER);
        let output = promtool.output().expect("promtool: see .ci/deps");
        let told = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));
    }
}

/// What operators copy for Prometheus and Grafana.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/observability");

fn observability(file: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(FOLDER).join(file)).expect("a file")
}

/// The metrics that a text asks for.
fn asked_for(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words = words.filter(|word| word.starts_with("potluck_"));
    words
        .map(|word| {
            let ends = ["_bucket", "_sum", "_count"];
            ends.into_iter()
                .find_map(|end| word.strip_suffix(end))
                .unwrap_or(word)
                .to_owned()
        })
        .collect()
}

/// The tables of docs/metrics.md.
fn documented() -> Vec<Metric> {
    let page = include_str!("../../docs/metrics.md");
    let rows = page.lines().filter(|line| line.starts_with("| `potluck_"));
    let words = |cell: &str| {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let name = words(cells[1]).remove(0);
        (name, cells[2].to_owned(), words(cells[3]).into_iter().collect())
    })
    .collect()
}

/// What a page tells of. A metric without a series yet has no labels.
fn exposed(text: &str) -> Vec<Metric> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|line| {
            let (name, kind) = line.split_once(' ').expect("a kind");
            let name = match kind {
                "counter" => format!("{name}_total"),
                "info" => format!("{name}_info"),
                _ => name.to_owned(),
            };
            let series = text.lines().find_map(|line| {
                let rest = line.strip_prefix(&name)?;
                let rest = ["_bucket", "_sum", "_count"]
                    .into_iter()
                    .find_map(|end| rest.strip_prefix(end))
                    .unwrap_or(rest);
                let labels = rest.strip_prefix('{')?.split_once('}')?.0;
                Some(labels.to_owned())
            });
            (name, kind.to_owned(), labels(&series.unwrap_or_default()))
        })
        .collect()
}

fn labels(series: &str) -> BTreeSet<String> {
    let pairs = series.split("\",").filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != "le")
        .collect()
}

/// What is told once every request so far has ended and was counted.
async fn settled(relay: &Relay) -> String {
    loop {
        let text = told(relay).await;
        if value(&text, "potluck_requests_in_flight") == Some(0.0) {
            return text;
        }
    }
}

pub(crate) async fn told(relay: &Relay) -> String {
    let url = format!("http://{}/metrics", relay.metrics.expect("an address"));
    let answer = client().get(url).send().await.expect("an answer");
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    answer.text().await.expect("text")
}

/// The value of a series, by its name with its labels.
pub(crate) fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series))?;
    line.trim().parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_in_the_last_minutes_is_told_as_it_happens() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let (_, key) = installation.client_key().await;
    for _ in 0..3 {
        assert_eq!(chat(&relay, &key).await.status(), 200);
    }
    settled(&relay).await;
    let (status, told) = Api::of(&installation, &relay).get("usage/recent").await;
    assert_eq!(status, 200, "{told}");
    let sum = |steps: &Value, figure: &str| -> u64 {
        let steps = steps.as_array().expect("steps").iter();
        steps.map(|step| step[figure].as_u64().expect("a figure")).sum()
    };
    let upstreams = told["upstreams"].as_array().expect("upstreams").iter();
    let vercel = upstreams.into_iter().find(|one| one["upstream"] == "vercel");
    for steps in [&vercel.expect("its steps")["steps"], &told["all"]] {
        assert!(sum(steps, "requests") >= 3 && sum(steps, "failed") == 0, "{told}");
        assert!(sum(steps, "prompt") > 0 && sum(steps, "completion") > 0, "{told}");
        let last = steps.as_array().and_then(|steps| steps.last()).expect("a step");
        assert!(
            last["ms"].as_i64() <= told["step_ms"].as_i64().map(|ms| ms + 5_000),
            "{told}"
        );
    }
    relay.stop().await;
}
