//! Pool keys over the API.

use axum::http::StatusCode;
use potluck_filters::id::PoolKeyId;
use potluck_filters::model::PoolCredential;
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;
use serde_json::json;

use super::{Relay, id};

#[tokio::test]
async fn an_added_key_is_bound_to_all_hosts_of_its_upstream_and_never_shown() {
    let relay = Relay::seeded().await;
    let added = relay.add(" pst-secret-0123456789\n").await;
    assert_eq!(added["origins"], json!(["image.example:443", "text.example:443"]));
    assert!(!added.to_string().contains("0123456789"));
    assert_eq!(added["state"], "pending");
    assert_eq!(relay.last_given().pool_keys, [PoolKeyChange::Gone(id(&added))]);
    relay.probed_well(&added).await;
    let delta = relay.last_given();
    let [PoolKeyChange::Put(key)] = delta.pool_keys.as_slice() else {
        panic!("{:?}", delta.pool_keys)
    };
    assert_eq!(
        key.credential,
        PoolCredential::bearer(&Secret::new("pst-secret-0123456789")).unwrap()
    );
    assert!(key.operator_owned);
}

#[tokio::test]
async fn a_key_can_be_bound_to_some_hosts_but_to_no_foreign_one() {
    let relay = Relay::seeded().await;
    let body = |origin: &str| json!({ "upstream": "novelai", "credential": "pst-a", "origins": [origin] });
    let (status, problem) = relay.post("/manage/v1/pool-keys", body("evil.example:443")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"].as_str().unwrap().contains("image.example:443"),
        "{problem}"
    );
    let (status, added) = relay.post("/manage/v1/pool-keys", body("text.example:443")).await;
    assert_eq!(
        (status, &added["origins"]),
        (StatusCode::CREATED, &json!(["text.example:443"]))
    );
}

#[tokio::test]
async fn only_upstreams_that_take_keys_get_keys() {
    let relay = Relay::seeded().await;
    for upstream in ["gpu", "nowhere"] {
        let body = json!({ "upstream": upstream, "credential": "pst-a" });
        let (status, problem) = relay.post("/manage/v1/pool-keys", body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_field"))
        );
    }
}

#[tokio::test]
async fn the_same_credential_twice_is_a_conflict() {
    let relay = Relay::seeded().await;
    relay.add("pst-a").await;
    let body = json!({ "upstream": "novelai", "credential": "pst-a" });
    let (status, problem) = relay.post("/manage/v1/pool-keys", body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("exists"))
    );
    let (_, all) = relay.get("/manage/v1/pool-keys").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_import_tells_each_line_by_its_number_and_none_by_its_text() {
    let relay = Relay::seeded().await;
    relay.add("pst-there-already").await;
    let lines = [
        "# my keys",
        "pst-one",
        "",
        "pst-there-already",
        "user@example.com hunter2pass",
        "pst-two\r",
    ];
    let (status, told) = relay
        .post(
            "/manage/v1/pool-keys/import",
            json!({ "upstream": "novelai", "lines": lines }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&told["added"], &told["duplicate"], &told["invalid"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let results: Vec<_> = told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_i64().unwrap(), &line["result"]))
        .collect();
    let expected = [(2, "added"), (4, "duplicate"), (5, "invalid"), (6, "added")];
    assert_eq!(
        results,
        expected.map(|(line, result)| (line, Box::leak(Box::new(json!(result))) as &_))
    );
    assert!(!told.to_string().contains("hunter2pass") && !told.to_string().contains("pst-"));
    assert_eq!(relay.last_given().pool_keys.len(), 2);
}

#[tokio::test]
async fn ten_thousand_keys_are_one_delta() {
    let relay = Relay::seeded().await;
    let lines: Vec<String> = (0..10_000).map(|n| format!("pst-{n:064}")).collect();
    let (_, told) = relay
        .post(
            "/manage/v1/pool-keys/import",
            json!({ "upstream": "novelai", "lines": lines }),
        )
        .await;
    assert_eq!(told["added"], 10_000);
    assert_eq!(relay.last_given().pool_keys.len(), 10_000);
}

#[tokio::test]
async fn a_paused_key_is_taken_from_the_edge_and_given_back_when_it_shows_that_it_works() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    relay.probed_well(&added).await;
    let path = format!("/manage/v1/pool-keys/{}", added["id"]);
    let (_, paused) = relay
        .patch(&path, json!({ "state": "paused", "concurrency": 3 }))
        .await;
    assert_eq!(
        (&paused["state"], &paused["concurrency"]),
        (&json!("paused"), &json!(3))
    );
    assert!(matches!(
        relay.last_given().pool_keys[..],
        [PoolKeyChange::Gone(_)]
    ));
    let (_, resumed) = relay
        .patch(&path, json!({ "state": "active", "concurrency": null }))
        .await;
    assert_eq!(
        (&resumed["state"], &resumed["next_probe_at"]),
        (&json!("pending"), &json!(super::NOW))
    );
    relay.probed_well(&added).await;
    let delta = relay.last_given();
    assert!(matches!(&delta.pool_keys[..], [PoolKeyChange::Put(key)] if key.concurrency.is_none()));
}

#[tokio::test]
async fn where_nothing_is_probed_a_key_serves_at_once_also_after_a_pause() {
    let relay = Relay::seeded().await;
    let body = json!({ "upstream": "vercel", "credential": "vck-a" });
    let (_, added) = relay.post("/manage/v1/pool-keys", body).await;
    assert_eq!(added["state"], "healthy");
    assert!(matches!(
        relay.last_given().pool_keys[..],
        [PoolKeyChange::Put(_)]
    ));
    let path = format!("/manage/v1/pool-keys/{}", added["id"]);
    for (switch, state) in [("paused", "paused"), ("active", "healthy"), ("active", "healthy")] {
        let (_, told) = relay.patch(&path, json!({ "state": switch })).await;
        assert_eq!(told["state"], state);
    }
    assert!(matches!(
        relay.last_given().pool_keys[..],
        [PoolKeyChange::Put(_)]
    ));
}

#[tokio::test]
async fn caps_are_set_edited_one_by_one_and_cleared() {
    let relay = Relay::seeded().await;
    let none = json!({
        "free_only": false, "anlas_per_day": null, "keep_anlas": 0, "requests_per_day": null, "hours": null
    });
    let caps = json!({ "free_only": true, "keep_anlas": 500, "hours": { "from": 22, "to": 6 } });
    let body = json!({ "upstream": "novelai", "credential": "pst-a", "caps": caps });
    let (_, added) = relay.post("/manage/v1/pool-keys", body).await;
    let path = format!("/manage/v1/pool-keys/{}", added["id"]);
    assert_eq!(
        added["caps"],
        json!({
            "free_only": true, "anlas_per_day": null, "keep_anlas": 500, "requests_per_day": null,
            "hours": { "from": 22, "to": 6, "zone": "UTC" }
        })
    );
    let edit = json!({ "caps": { "free_only": false, "anlas_per_day": 0, "hours": null } });
    let (_, edited) = relay.patch(&path, edit).await;
    assert_eq!(
        edited["caps"],
        json!({
            "free_only": false, "anlas_per_day": 0, "keep_anlas": 500, "requests_per_day": null, "hours": null
        })
    );
    let (_, renamed) = relay.patch(&path, json!({ "label": "mine" })).await;
    assert_eq!(renamed["caps"], edited["caps"]);
    let (_, cleared) = relay.patch(&path, json!({ "caps": null })).await;
    assert_eq!(cleared["caps"], none);
}

#[tokio::test]
async fn caps_that_cannot_be_are_refused() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    let path = format!("/manage/v1/pool-keys/{}", added["id"]);
    for (caps, code) in [
        (json!({ "hours": { "from": 25, "to": 6 } }), "invalid_field"),
        (json!({ "hours": { "from": 7, "to": 7 } }), "invalid_field"),
        (json!({ "hours": { "from": 0, "to": 24 } }), "invalid_field"),
        (json!({ "hours": "22-6" }), "unreadable_request"),
        (
            json!({ "hours": { "from": 1, "to": 2, "offset": 1 } }),
            "unreadable_request",
        ),
        (json!({ "anlas_a_day": 5 }), "unreadable_request"),
        (json!({ "anlas_per_day": -1 }), "unreadable_request"),
    ] {
        let (_, problem) = relay.patch(&path, json!({ "caps": caps })).await;
        assert_eq!(problem["code"], code, "{caps}: {problem}");
        let body = json!({ "upstream": "novelai", "credential": "pst-b", "caps": caps });
        let (_, problem) = relay.post("/manage/v1/pool-keys", body).await;
        assert_eq!(problem["code"], code, "{caps}: {problem}");
        let body = json!({ "upstream": "novelai", "lines": ["pst-c"], "caps": caps });
        let (_, problem) = relay.post("/manage/v1/pool-keys/import", body).await;
        assert_eq!(problem["code"], code, "{caps}: {problem}");
    }
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_for_ever() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    let path = format!("/manage/v1/pool-keys/{}", added["id"]);
    let (status, withdrawn) = relay.post(&format!("{path}/withdraw"), json!({})).await;
    assert_eq!(
        (status, &withdrawn["state"]),
        (StatusCode::OK, &json!("withdrawn"))
    );
    assert_eq!(withdrawn["key_id"], json!(null));
    let id = PoolKeyId(added["id"].as_i64().unwrap());
    assert_eq!(relay.last_given().pool_keys, [PoolKeyChange::Gone(id)]);
    assert_eq!(
        relay.post(&format!("{path}/withdraw"), json!({})).await,
        (StatusCode::OK, withdrawn)
    );
    let (status, problem) = relay.patch(&path, json!({ "state": "active" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("final_state"))
    );
    relay.add("pst-a").await;
}

#[tokio::test]
async fn where_members_would_see_each_others_objects_only_operators_bring_keys() {
    let relay = Relay::seeded().await;
    let mut facts = super::upstreams();
    facts[1].operators_only = true;
    relay.control.set_upstreams(facts);
    let member = json!({ "name": "member", "role": "user" });
    let (_, member) = relay.post("/manage/v1/users", member).await;
    let body = |credential: &str, more: serde_json::Value| json!({ "upstream": "vercel", "credential": credential, "contributor": more });
    let brought = body("vck_a", member["id"].clone());
    let (status, problem) = relay.post("/manage/v1/pool-keys", brought).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"].as_str().unwrap().contains("`reach: all`"),
        "{problem}"
    );
    let (status, _) = relay
        .post("/manage/v1/pool-keys", body("vck_b", serde_json::Value::Null))
        .await;
    assert_eq!(status, StatusCode::CREATED);
}
