//! The command line at a relay elsewhere, and what it tells of who did what.

use crate::installation::{Installation, world};
use crate::relay::Relay;

#[tokio::test(flavor = "multi_thread")]
async fn commands_reach_a_relay_elsewhere_with_a_token() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let token = installation.admin_token();
    let at = format!("--server http://{}", relay.address);
    let with_token = |line: &str| format!("{line} {at}");
    let made = installation
        .run_with(
            &with_token("keys create --name afar --json"),
            "POTLUCK_TOKEN",
            &token,
        )
        .await
        .ok()
        .json();
    assert!(made["text"].as_str().expect("a text").starts_with("np-"));
    let listed = installation
        .run_with(&with_token("audit list --json"), "POTLUCK_TOKEN", &token)
        .await
        .ok()
        .json();
    let last = &listed["items"][0];
    assert_eq!(
        (&last["act"], &last["address"]),
        (&"client_key.created".into(), &"127.0.0.1".into())
    );
    assert!(last["request_id"].is_string(), "{last}");
    let wrong = installation
        .run_with(&with_token("keys list"), "POTLUCK_TOKEN", "wrong")
        .await;
    wrong.refused(1, "/manage/v1/me/tokens");
    installation
        .run(&with_token("keys list"))
        .await
        .refused(2, "POTLUCK_TOKEN");
    let clear = "keys list --server http://relay.example --token x";
    installation.run(clear).await.refused(2, "--insecure");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_verified_with_the_relay_running_or_not() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let head = installation.run("audit head").await.ok();
    std::fs::write(installation.path("head.json"), &head.out).expect("a file");
    installation.run("keys create --name laptop").await.ok();
    let relay = Relay::start(&installation).await;
    let verified = installation.run("audit verify --head head.json").await.ok();
    assert!(verified.out.contains("is whole"), "{}", verified.out);
    let csv = installation.run("audit export --format csv").await.ok();
    assert!(csv.out.contains("\"client_key.created\""), "{}", csv.out);
    relay.stop().await;
    let later = head.out.replace("\"entries\": ", "\"entries\": 9");
    std::fs::write(installation.path("head.json"), later).expect("a file");
    let cut = installation.run("audit verify --head head.json").await;
    cut.refused(1, "(missing)");
}
