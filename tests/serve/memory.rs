//! What an idle relay holds, printed for whoever reads the test's output (`--nocapture`).

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::client;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_relay_says_how_much_memory_it_holds() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let resident = relay.resident_kib();
    assert!(resident > 0);
    println!(
        "idle resident memory of `potluck serve`: {} MB",
        resident * 1024 / 1_000_000
    );
}

/// Answers that nobody reads wait at the upstream. The time that a relay without bounds would need to take them in is
/// that of an answer that is read.
#[tokio::test(flavor = "multi_thread")]
async fn large_answers_are_not_held() {
    const BYTES: usize = 64 << 20;
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let relay = Relay::start(&installation).await;
    let ask = async || {
        let url = relay.url(&format!("/api/big?bytes={BYTES}"));
        let answer = client()
            .get(url)
            .bearer_auth(&key)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        answer
    };
    let before = relay.resident_kib();
    let mut unread = Vec::new();
    for _ in 0..4 {
        unread.push(ask().await);
    }
    let mut length = 0;
    let mut read = ask().await;
    while let Some(piece) = read.chunk().await.expect("a piece") {
        length += piece.len();
    }
    assert_eq!(length, BYTES);
    let grown = relay.resident_kib().saturating_sub(before);
    assert!(grown < 48 << 10, "{grown} KiB more than before");
    drop(unread);
    relay.stop().await;
}
