//! Log lines in files.

use serde_json::Value;

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::chat;

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_kept_in_files_as_they_are_shown_and_tell_no_key() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start_with(&installation, "--set log.folder=logs --set log.format=json").await;
    let (_, key) = installation.client_key().await;
    assert_eq!(chat(&relay, &key).await.status(), 200);
    let shown = relay.stop().await;
    let kept = std::fs::read_to_string(installation.path("logs/potluck.log")).expect("the log");
    let lines = told(&kept);
    assert_eq!(lines, told(&shown));
    let access = lines.iter().filter(|line| line["target"] == "access").count();
    assert!(access > 0, "{kept}");
    assert!(
        !kept.contains(&key) && !kept.contains(&world.openai_keys[0]),
        "{kept}"
    );
}

/// The lines without the moments at which they were written.
fn told(log: &str) -> Vec<Value> {
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let timeless = |mut line: Value| {
        line["timestamp"].take();
        line
    };
    lines.map(|line| timeless(line.expect("JSON"))).collect()
}
