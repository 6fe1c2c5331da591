//! What generations cost, and what an account is told of it.

use super::*;
use crate::novelai::{Battery, Tier};

fn large(model: &str, samples: u32) -> Value {
    image_of(
        model,
        &json!({ "width": 1024, "height": 1024, "steps": 28, "n_samples": samples }),
    )
}

/// The status of an answer to a request for so many large images.
async fn asked(table: &Table, samples: u32) -> u16 {
    let request = large("nai-diffusion-4-5-full", samples);
    table.post("/ai/generate-image", &request).await.status
}

#[tokio::test]
async fn opus_has_one_sample_free() {
    let table = Table::laid();
    assert_eq!(asked(&table, 1).await, 200);
    assert_eq!(table.guest.anlas(), 10_000);
    assert_eq!(asked(&table, 2).await, 200);
    assert_eq!(table.guest.anlas(), 10_000 - 20);
}

#[tokio::test]
async fn bought_anlas_work_without_a_subscription() {
    let account = Account {
        purchased_anlas: 25,
        ..Account::paper("a@example.com", TOKEN)
    };
    let table = Table::laid_for(account);
    assert_eq!(asked(&table, 1).await, 200);
    assert_eq!(table.guest.anlas(), 5);
    assert_eq!(asked(&table, 1).await, 402);
}

#[tokio::test]
async fn v5_is_free_while_the_battery_lasts() {
    let table = Table::laid();
    table.guest.set_battery(Battery::at(0.0));
    assert_eq!(
        table
            .post("/ai/generate-image", &large("nai-diffusion-5-full", 1))
            .await
            .status,
        200
    );
    assert_eq!(
        (table.guest.anlas(), table.guest.battery().is_negative()),
        (10_000, true)
    );
    assert_eq!(
        table
            .post("/ai/generate-image", &large("nai-diffusion-5-full", 1))
            .await
            .status,
        200
    );
    assert_eq!(table.guest.anlas(), 10_000 - 30);
    assert_eq!(
        table.get("/user/subscription").await.json()["usage"]["isNegative"],
        true
    );
}

#[tokio::test]
async fn a_subscription_says_what_is_left() {
    let table = Table::laid();
    table.guest.set_anlas(9646, 12);
    let told = table.get("/user/subscription").await.json();
    assert_eq!((&told["tier"], &told["active"]), (&json!(3), &json!(true)));
    assert_eq!(
        told["trainingStepsLeft"],
        json!({ "fixedTrainingStepsLeft": 9646, "purchasedTrainingSteps": 12 })
    );
    assert_eq!(
        told["usage"],
        json!({ "percent": 100, "isNegative": false, "timeUntilNextPercent": 0 })
    );
    assert_eq!(table.get("/user/data").await.json()["subscription"]["tier"], 3);
}

#[tokio::test]
async fn only_opus_has_a_battery() {
    let table = Table::laid_for(Account {
        tier: Tier::Scroll,
        ..Account::opus("a@example.com", TOKEN)
    });
    assert!(
        table
            .get("/user/subscription")
            .await
            .json()
            .get("usage")
            .is_none()
    );
}

#[tokio::test]
async fn the_perks_of_old_come_back_on_demand() {
    let table = Table::laid();
    let perks = async || table.get("/user/subscription").await.json()["perks"].clone();
    assert!(perks().await.get("unlimitedImageGeneration").is_none());
    table.fake.change(|settings| settings.legacy_perks = true);
    assert_eq!(perks().await["unlimitedImageGeneration"], true);
}
