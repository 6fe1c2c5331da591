//! Limits over the API: the policy, what a change does to whom, and how each came about.

use axum::http::{Method, StatusCode};
use potluck_filters::limit::{Limit, LimitRule};
use serde_json::{Value, json};

use super::{NOW, OPUS, Relay};

const LIMITS: &str = "/manage/v1/limits";

fn automatic() -> Value {
    json!({ "rule": { "mode": "auto" }, "max": 40 })
}

#[tokio::test]
async fn a_changed_policy_is_one_small_delta_and_tells_its_revision() {
    let relay = Relay::seeded().await;
    for name in ["a", "b", "c"] {
        relay.member(name).await;
    }
    let (_, before) = relay.get(LIMITS).await;
    assert_eq!(
        (&before["rule"], &before["revision"]),
        (&json!({ "mode": "manual", "rate_limit": null }), &json!(0))
    );
    let (status, after) = relay.patch(LIMITS, automatic()).await;
    assert_eq!(status, StatusCode::OK, "{after}");
    let given = relay.last_given();
    assert_eq!((given.users.len(), given.client_keys.len()), (0, 0));
    let policy = given.limits.unwrap();
    assert_eq!((policy.rule, policy.max), (LimitRule::Auto, 40));
    let weights = json!({ "weights": { "tablet": 0.25 } });
    let (_, again) = relay.patch(LIMITS, weights).await;
    assert_eq!(again["weights"]["tablet"], json!(0.25));
    assert_eq!(again["weights"]["scroll"], after["weights"]["scroll"]);
    assert_eq!(relay.get(LIMITS).await.1, again);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let relay = Relay::seeded().await;
    for (body, code) in [
        (json!({ "base": 10_000_000 }), "invalid_field"),
        (json!({ "weights": { "opus": -1.0 } }), "invalid_field"),
        (json!({ "weights": { "opus": 0.0001 } }), "invalid_field"),
        (json!({ "weights": { "gold": 1.0 } }), "unreadable_request"),
        (
            json!({ "rule": { "mode": "auto", "rate_limit": 3 } }),
            "unreadable_request",
        ),
        (json!({ "bases": 1 }), "unreadable_request"),
    ] {
        for path in [LIMITS.to_owned(), format!("{LIMITS}/preview")] {
            let method = if path == LIMITS {
                Method::PATCH
            } else {
                Method::POST
            };
            let (_, problem) = relay.send(method, &path, body.to_string()).await;
            assert_eq!(problem["code"], code, "{body}");
        }
    }
    assert_eq!(relay.get(LIMITS).await.1["revision"], 0);
}

#[tokio::test]
async fn a_preview_says_who_loses_most_and_changes_nothing() {
    let relay = Relay::seeded().await;
    relay.patch(LIMITS, automatic()).await;
    let linh = relay.member("linh").await;
    let mai = relay.member("mai").await;
    let key = linh.bring("pst-linh").await;
    relay.probed_well(&key).await;
    let path = format!("/manage/v1/users/{}/limit", mai.id);
    let (_, own) = relay
        .patch(&path, json!({ "rule": { "mode": "manual", "rate_limit": 7 } }))
        .await;
    assert_eq!(own["limit"], json!({ "rate_limit": 7, "barred": null }));
    let edit = json!({ "base": 0, "per_key": 3 });
    let (status, preview) = relay.post(&format!("{LIMITS}/preview"), edit).await;
    assert_eq!(status, StatusCode::OK, "{preview}");
    assert_eq!(
        preview["users"],
        json!({ "refused": 1, "down": 1, "up": 0, "none": 1 })
    );
    let told: Vec<_> = preview["worst"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].clone(), one["effect"].clone(), one["after"].clone()))
        .collect();
    let none = json!({ "rate_limit": null, "barred": "no_contribution" });
    let three = json!({ "rate_limit": 3, "barred": null });
    assert_eq!(
        told,
        [
            (json!("owner"), json!("refused"), none),
            (json!("linh"), json!("down"), three)
        ]
    );
    assert_eq!(preview["worst"][1]["before"]["rate_limit"], 19);
    assert_eq!(relay.get(LIMITS).await.1["base"], 5);
}

#[tokio::test]
async fn a_limit_is_told_line_by_line_and_follows_the_pool_keys() {
    let relay = Relay::seeded().await;
    relay.patch(LIMITS, automatic()).await;
    let linh = relay.member("linh").await;
    let opus = linh.bring("pst-1").await;
    let waiting = linh.bring("pst-2").await;
    relay.probed_well(&opus).await;
    let (status, limit) = linh.get("/manage/v1/me/limit").await;
    assert_eq!(status, StatusCode::OK, "{limit}");
    assert_eq!(
        (&limit["limit"]["rate_limit"], &limit["automatic"]),
        (&json!(19), &json!(19))
    );
    let lines = &limit["lines"];
    assert_eq!(lines[0], json!({ "kind": "base", "amount": 5 }));
    assert_eq!(
        lines[1],
        json!({ "kind": "pool_key", "id": opus["id"], "label": "", "tier": "opus", "weight": 1.0,
                "amount": 14, "not_counted": null })
    );
    assert_eq!(
        (&lines[2]["id"], &lines[2]["not_counted"]),
        (&waiting["id"], &json!("pending"))
    );
    let user = relay.last_given().users.into_iter().next().unwrap();
    let policy = relay.control.store().limit_policy().await.unwrap().0;
    let limits = potluck_filters::limit::Limits::from(policy);
    assert_eq!(
        limits.of(&user, || NOW),
        Ok(Limit::AtMost(19)),
        "what the edge computes"
    );
    let path = format!("/manage/v1/me/pool-keys/{}", opus["id"]);
    linh.patch(&path, json!({ "state": "paused" })).await;
    let (_, limit) = linh.get("/manage/v1/me/limit").await;
    assert_eq!(limit["limit"]["rate_limit"], 5);
    assert_eq!(limit["lines"][1]["not_counted"], "paused");
    let user = relay.last_given().users.into_iter().next().unwrap();
    assert_eq!(limits.of(&user, || NOW), Ok(Limit::AtMost(5)));
    assert_eq!(OPUS.tier, 3);
}

#[tokio::test]
async fn a_users_own_rule_is_given_and_taken_back() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let path = format!("/manage/v1/users/{}/limit", linh.id);
    let (_, first) = relay.get(&path).await;
    assert_eq!(
        (&first["is_common_rule"], &first["limit"]["rate_limit"]),
        (&json!(true), &json!(null))
    );
    let (_, own) = relay.patch(&path, json!({ "rule": { "mode": "auto" } })).await;
    assert_eq!(
        (&own["is_common_rule"], &own["limit"]["rate_limit"]),
        (&json!(false), &json!(5))
    );
    assert_eq!(relay.last_given().users[0].limit, Some(LimitRule::Auto));
    let (_, same) = relay.patch(&path, json!({})).await;
    assert_eq!(same, own);
    let (_, back) = relay.patch(&path, json!({ "rule": null })).await;
    assert_eq!(back["is_common_rule"], true);
    let (status, _) = relay.get("/manage/v1/users/9999/limit").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_client_key_says_whose_limit_counts() {
    let relay = Relay::seeded().await;
    let created = relay.create_key(json!({ "name": "bot", "rate_limit": 9 })).await;
    let path = format!("/manage/v1/keys/{}", created["key"]["id"]);
    let counts = async || relay.get(&path).await.1["effective"].clone();
    let limit = |rate_limit| json!({ "rate_limit": rate_limit, "barred": null });
    assert_eq!(counts().await, json!({ "limit": limit(9), "is_keys_own": true }));
    relay.patch(LIMITS, automatic()).await;
    assert_eq!(counts().await, json!({ "limit": limit(5), "is_keys_own": false }));
}
