//! Two relays on one machine.

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{chat_outcome, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_in_different_folders_do_not_disturb_each_other() {
    let world = world().await;
    let (left, right) = (
        Installation::furnished(&world).await,
        Installation::furnished(&world).await,
    );
    let (left_relay, right_relay) = tokio::join!(Relay::start(&left), Relay::start(&right));
    assert_ne!(left_relay.address, right_relay.address);
    let (_, left_key) = left.client_key().await;
    let (_, right_key) = right.client_key().await;
    assert_eq!(chat_outcome(&left_relay, &left_key).await, outcome(200, ""));
    assert_eq!(chat_outcome(&right_relay, &right_key).await, outcome(200, ""));
    assert_eq!(
        chat_outcome(&right_relay, &left_key).await,
        outcome(401, "unknown_key")
    );

    let withdrawn = left.pool_keys("vercel").await[0];
    left.run(&format!("pool withdraw {withdrawn} --yes")).await.ok();
    assert_eq!(
        chat_outcome(&left_relay, &left_key).await,
        outcome(503, "pool_empty")
    );
    assert_eq!(chat_outcome(&right_relay, &right_key).await, outcome(200, ""));

    left_relay.stop().await;
    assert!(left.run("status").await.ok().out.contains("not running"));
    assert_eq!(chat_outcome(&right_relay, &right_key).await, outcome(200, ""));
    right.run("keys list").await.ok();
}
