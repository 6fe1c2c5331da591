//! The demo world starts, accepts what it says it accepts, and makes new credentials each time.

use super::*;
use crate::client::{Client, json};

#[tokio::test]
async fn every_credential_of_the_world_works_and_every_node_is_healthy() {
    let world = DemoWorld::start().await.unwrap();
    for account in &world.novelai_accounts {
        let answer = Client::new(&world.novelai.image.url(), &account.token)
            .get("/user/subscription")
            .await;
        assert_eq!(json(answer).await["tier"], 3);
    }
    for key in &world.openai_keys {
        let credits = json(Client::new(&world.openai.base_url(), key).get("/credits").await).await;
        assert_eq!(credits["balance"], "95.50");
    }
    for node in &world.nodes {
        assert_eq!(
            Client::new(&node.server.url(), "").get("/health").await.status(),
            200
        );
    }
}

#[tokio::test]
async fn two_worlds_share_no_credential() {
    let (one, other) = (
        DemoWorld::start().await.unwrap(),
        DemoWorld::start().await.unwrap(),
    );
    let token = &one.novelai_accounts[0].token;
    assert!(
        other
            .novelai_accounts
            .iter()
            .all(|account| account.token != *token)
    );
    assert!(one.openai_keys.iter().all(|key| !other.openai_keys.contains(key)));
}

#[tokio::test]
async fn its_description_names_each_fake_and_its_debug_form_no_credential() {
    let world = DemoWorld::start().await.unwrap();
    let kinds: Vec<Value> = world.describe().iter().map(|fake| fake["fake"].clone()).collect();
    assert_eq!(kinds, ["novelai", "openai", "node", "node"]);
    let shown = format!("{world:?}");
    assert!(world.openai_keys.iter().all(|key| !shown.contains(key.as_str())));
}
