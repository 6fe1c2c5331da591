//! Client keys of one's own.

use axum::http::StatusCode;
use potluck_filters::model::KeyHash;
use serde_json::json;

use super::{NOW, Relay};

const MINE: &str = "/manage/v1/me/keys";

#[tokio::test]
async fn a_member_makes_edits_and_revokes_keys_and_nobody_elses() {
    let relay = Relay::seeded().await;
    let (linh, mai) = (relay.member("linh").await, relay.member("mai").await);
    let (status, created) = linh.post(MINE, json!({ "name": "bot", "concurrency": 2 })).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!(created["key"]["user"], linh.id);
    let path = format!("{MINE}/{}", created["key"]["id"]);
    let (_, edited) = linh.patch(&path, json!({ "name": "old bot" })).await;
    assert_eq!(linh.get(&path).await.1["name"], edited["name"]);
    assert_eq!(linh.get(MINE).await.1["items"][0]["name"], "old bot");
    assert_eq!(mai.get(MINE).await.1["items"], json!([]));
    for (status, _) in [
        mai.get(&path).await,
        mai.patch(&path, json!({ "name": "mine" })).await,
        mai.post(&format!("{path}/revoke"), json!({})).await,
        mai.post(&format!("{path}/rotate"), json!({})).await,
    ] {
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let (_, revoked) = linh.post(&format!("{path}/revoke"), json!({})).await;
    assert_eq!(revoked["state"], "revoked");
}

#[tokio::test]
async fn a_member_cannot_name_another_owner_or_go_above_their_own_limit() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let path = format!("/manage/v1/users/{}/limit", linh.id);
    relay
        .patch(&path, json!({ "rule": { "mode": "manual", "rate_limit": 10 } }))
        .await;
    for (body, code) in [
        (json!({ "name": "a", "user": 1 }), "unreadable_request"),
        (json!({ "name": "a", "rate_limit": 11 }), "invalid_field"),
    ] {
        assert_eq!(linh.post(MINE, body).await.1["code"], code);
    }
    let (_, created) = linh.post(MINE, json!({ "name": "a", "rate_limit": 10 })).await;
    let path = format!("{MINE}/{}", created["key"]["id"]);
    let (status, _) = linh.patch(&path, json!({ "rate_limit": 11 })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, all) = linh.patch(&path, json!({ "rate_limit": 0 })).await;
    assert_eq!(all["rate_limit"], 0);
}

#[tokio::test]
async fn keys_are_bounded_and_revoked_ones_do_not_count() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    relay
        .patch("/manage/v1/limits", json!({ "keys_per_user": 2 }))
        .await;
    let (_, first) = linh.post(MINE, json!({ "name": "a" })).await;
    linh.post(MINE, json!({ "name": "b" })).await;
    let (status, problem) = linh.post(MINE, json!({ "name": "c" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("too_many"))
    );
    linh.post(&format!("{MINE}/{}/revoke", first["key"]["id"]), json!({}))
        .await;
    let (status, _) = linh.post(MINE, json!({ "name": "c" })).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_rotated_key_has_a_new_text_and_its_old_one_lives_as_long_as_was_said() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let (_, created) = linh.post(MINE, json!({ "name": "bot" })).await;
    let path = format!("{MINE}/{}/rotate", created["key"]["id"]);
    let (status, rotated) = linh.post(&path, json!({ "old_lives": 3600 })).await;
    assert_eq!(status, StatusCode::CREATED, "{rotated}");
    assert_eq!(rotated["key"]["id"], created["key"]["id"]);
    let hash = |answer: &serde_json::Value| KeyHash::of(answer["text"].as_str().unwrap());
    let given = relay.last_given();
    assert_eq!(given.client_keys[0].hash, hash(&rotated));
    let former = given.former_texts[0];
    assert_eq!(
        (former.hash, former.now, former.until),
        (hash(&created), hash(&rotated), NOW + 3_600_000)
    );
    let (status, _) = linh.post(&path, json!({ "old_lives": 604_801 })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let admins = format!("/manage/v1/keys/{}/rotate", created["key"]["id"]);
    let (_, again) = relay.post(&admins, json!({})).await;
    let former = relay.last_given().former_texts;
    assert_eq!(former.len(), 2);
    assert!(
        former
            .iter()
            .all(|one| one.now == hash(&again) && one.until == NOW)
    );
}

#[tokio::test]
async fn a_key_for_the_playground_is_short_lived_bounded_in_number_and_in_no_list() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let path = "/manage/v1/me/playground-key";
    let (status, created) = linh.post(path, json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!(created["key"]["expires_at"], NOW + 15 * 60_000);
    assert_eq!(linh.get(MINE).await.1["items"], json!([]));
    assert_eq!(relay.get("/manage/v1/keys").await.1["items"], json!([]));
    let (status, _) = linh.get(&format!("{MINE}/{}", created["key"]["id"])).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let ended = async || {
        let audit = relay
            .get("/manage/v1/audit?limit=100&act=client_key.revoked")
            .await
            .1;
        let entries = audit["items"].as_array().unwrap();
        let ids = entries.iter().map(|entry| entry["object_id"].clone());
        ids.collect::<Vec<_>>()
    };
    for _ in 1..5 {
        assert_eq!(linh.post(path, json!({})).await.0, StatusCode::CREATED);
    }
    assert!(ended().await.is_empty(), "five live at once");
    assert_eq!(linh.post(path, json!({})).await.0, StatusCode::CREATED);
    assert_eq!(
        ended().await,
        [created["key"]["id"].clone()],
        "the first made way"
    );
}
