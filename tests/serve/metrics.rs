//! What a monitoring system reads while requests wait for the one account there is.

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{client, image_outcome};

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

    let text = told(&relay).await;
    let waited = value(&text, "potluck_queue_waited_seconds_count{upstream=\"novelai\"}").unwrap_or_default();
    let ahead = value(&text, "potluck_queue_ahead_count{upstream=\"novelai\"}").unwrap_or_default();
    let served = "potluck_queue_ended_total{upstream=\"novelai\",how=\"served\"}";
    assert!(waited > 0.0 && waited == ahead, "{text}");
    assert_eq!(value(&text, served), Some(waited), "{text}");
    assert_eq!(value(&text, "potluck_requests_in_flight"), Some(0.0), "{text}");
    let health = "potluck_node_health{upstream=\"novelai\",node=\"image\",health=\"unknown\"}";
    assert_eq!(value(&text, health), Some(1.0), "{text}");
    let latency = "potluck_node_latency_seconds{upstream=\"novelai\",node=\"image\"}";
    assert!(
        value(&text, latency).is_some_and(|seconds| seconds < 60.0),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains(&key) && !text.contains("pst-"), "{text}");
}

async fn told(relay: &Relay) -> String {
    let url = format!("http://{}/metrics", relay.metrics.expect("an address"));
    let answer = client().get(url).send().await.expect("an answer");
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    answer.text().await.expect("text")
}

/// The value of a series, by its name with its labels.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series))?;
    line.trim().parse().ok()
}
