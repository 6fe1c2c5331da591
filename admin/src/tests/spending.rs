//! What was spent today, in the answers about keys.

use potluck_filters::id::{ClientKeyId, PoolKeyId};
use potluck_filters::spending::{Spending, Whose, day_of};
use serde_json::{Value, json};

use super::{NOW, Relay};

#[tokio::test]
async fn keys_are_shown_with_what_they_spent_today() {
    let relay = Relay::seeded().await;
    let pool = relay.add("pst-a").await;
    let other = relay.add("pst-b").await;
    let client = relay
        .create_key(json!({ "name": "laptop", "anlas_per_day": 100 }))
        .await;
    let key = &client["key"];
    assert_eq!(
        (&key["anlas_per_day"], &key["spent_today"]),
        (&json!(100), &json!({ "requests": 0, "anlas": 0 }))
    );
    let number = |value: &Value| value["id"].as_i64().unwrap();
    let spent = |whose, day, anlas| Spending {
        whose,
        day,
        requests: 2,
        anlas,
    };
    let (pool_key, client_key) = (
        Whose::PoolKey(PoolKeyId(number(&pool))),
        Whose::ClientKey(ClientKeyId(number(key))),
    );
    let today = day_of(NOW);
    let booked = [
        spent(pool_key, today, 20),
        spent(pool_key, today - 1, 999),
        spent(client_key, today, 30),
    ];
    relay.control.store().book(&booked).await.unwrap();
    let told = async |path: String| relay.get(&path).await.1["spent_today"].clone();
    assert_eq!(
        told(format!("/manage/v1/pool-keys/{}", pool["id"])).await,
        json!({ "requests": 2, "anlas": 20 })
    );
    assert_eq!(
        told(format!("/manage/v1/keys/{}", key["id"])).await,
        json!({ "requests": 2, "anlas": 30 })
    );
    let (_, all) = relay.get("/manage/v1/pool-keys").await;
    let anlas: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["id"], &item["spent_today"]["anlas"]))
        .collect();
    assert_eq!(anlas, [(&pool["id"], &json!(20)), (&other["id"], &json!(0))]);
    let (_, all) = relay.get("/manage/v1/keys").await;
    assert_eq!(all["items"][0]["spent_today"]["anlas"], 30);
}

#[tokio::test]
async fn a_client_keys_daily_anlas_are_lifted_by_null() {
    let relay = Relay::seeded().await;
    let created = relay
        .create_key(json!({ "name": "laptop", "anlas_per_day": 0 }))
        .await;
    let path = format!("/manage/v1/keys/{}", created["key"]["id"]);
    assert_eq!(created["key"]["anlas_per_day"], 0);
    for (edit, expected) in [
        (json!({ "name": "other" }), json!(0)),
        (json!({ "anlas_per_day": 7 }), json!(7)),
        (json!({ "anlas_per_day": null }), Value::Null),
    ] {
        let (_, edited) = relay.patch(&path, edit).await;
        assert_eq!(edited["anlas_per_day"], expected);
    }
}
