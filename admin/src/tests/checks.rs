//! Looking at pool keys anew.

use axum::http::StatusCode;
use potluck_filters::id::PoolKeyId;
use potluck_filters::model::PoolKeyState;
use potluck_filters::snapshot::PoolKeyChange;
use potluck_store::Probed;
use serde_json::{Value, json};

use super::{NOW, Relay, id};
use crate::caller::By;

async fn refused(relay: &Relay, id: PoolKeyId) {
    let probed = Probed {
        state: PoolKeyState::Invalid,
        reason: Some("unauthorized"),
        account: None,
        credit: potluck_store::Told::default(),
        account_id: None,
        probe_streak: 2,
        next_probe_at: Some(NOW + 5),
        at: NOW,
    };
    relay.control.save_probe(id, &probed).await.unwrap();
}

async fn shown(relay: &Relay, id: PoolKeyId) -> Value {
    relay.get(&format!("/manage/v1/pool-keys/{id}")).await.1
}

#[tokio::test]
async fn what_a_probe_found_is_shown() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    assert!(relay.is_probe_due());
    assert_eq!(
        (&added["account"], &added["kind"]),
        (&Value::Null, &json!("token"))
    );
    relay.probed_well(&added).await;
    let told = shown(&relay, id(&added)).await;
    assert_eq!(told["state"], "healthy");
    assert_eq!(
        told["account"],
        json!({
            "tier": 3, "active": true, "anlas": 9000, "battery": null, "battery_negative": false,
            "expires_at": 1_800_000_000_000_i64, "checked_at": NOW - 5
        })
    );
    assert_eq!(told["next_probe_at"], NOW + 600_000);
    let delta = relay.last_given();
    let [PoolKeyChange::Put(key)] = delta.pool_keys.as_slice() else {
        panic!("{delta:?}")
    };
    assert_eq!(key.account, Some(super::OPUS));
    refused(&relay, id(&added)).await;
    let told = shown(&relay, id(&added)).await;
    assert_eq!(
        (&told["state"], &told["state_reason"], &told["probe_streak"]),
        (&json!("invalid"), &json!("unauthorized"), &json!(2))
    );
    assert_eq!(relay.last_given().pool_keys, [PoolKeyChange::Gone(id(&added))]);
}

#[tokio::test]
async fn a_check_makes_a_probe_due_at_once_and_forgets_the_refusal() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    refused(&relay, id(&added)).await;
    assert!(relay.is_probe_due());
    let (status, told) = relay
        .post(&format!("/manage/v1/pool-keys/{}/check", added["id"]), json!({}))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&told["state"], &told["state_reason"], &told["next_probe_at"]),
        (&json!("pending"), &Value::Null, &json!(NOW))
    );
    assert!(relay.is_probe_due());
    relay.probed_well(&added).await;
    let (_, told) = relay
        .post(&format!("/manage/v1/pool-keys/{}/check", added["id"]), json!({}))
        .await;
    assert_eq!(
        (&told["state"], &told["next_probe_at"]),
        (&json!("healthy"), &json!(NOW))
    );
    let told = format!("Key(PoolKeyId({}))", added["id"]);
    assert_eq!(
        *relay.edge.rechecked.lock(),
        [told.clone(), told],
        "what it rests for ends, too"
    );
}

#[tokio::test]
async fn a_paused_or_withdrawn_key_cannot_be_checked() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    let path = format!("/manage/v1/pool-keys/{}", added["id"]);
    relay.patch(&path, json!({ "state": "paused" })).await;
    let (status, problem) = relay.post(&format!("{path}/check"), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("paused"))
    );
    relay.post(&format!("{path}/withdraw"), json!({})).await;
    let (status, problem) = relay.post(&format!("{path}/check"), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("final_state"))
    );
    let (status, _) = relay.post("/manage/v1/pool-keys/999/check", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_keys_are_checked_by_upstream_and_state_and_paused_ones_left_alone() {
    let relay = Relay::seeded().await;
    let bad = relay.add("pst-bad").await;
    let good = relay.add("pst-good").await;
    let paused = relay.add("pst-paused").await;
    let body = json!({ "upstream": "vercel", "credential": "vck-a" });
    relay.post("/manage/v1/pool-keys", body).await;
    refused(&relay, id(&bad)).await;
    relay.probed_well(&good).await;
    let path = format!("/manage/v1/pool-keys/{}", paused["id"]);
    relay.patch(&path, json!({ "state": "paused" })).await;

    let check = async |body: Value| {
        let (_, told) = relay.post("/manage/v1/pool-keys/check", body).await;
        assert!(told.get("due").is_none() || told["at"] == NOW, "{told}");
        told.get("due").cloned().unwrap_or_else(|| told["code"].clone())
    };
    assert_eq!(
        check(json!({ "state": "healthy", "upstream": "novelai" })).await,
        1
    );
    assert_eq!(shown(&relay, id(&good)).await["next_probe_at"], NOW);
    assert_eq!(check(json!({ "upstream": "novelai" })).await, 2);
    assert_eq!(shown(&relay, id(&bad)).await["state"], "pending");
    assert_eq!(shown(&relay, id(&paused)).await["state"], "paused");
    assert_eq!(check(json!({ "state": "paused" })).await, 0);
    assert_eq!(check(json!({})).await, 3);
    for body in [json!({ "upstream": "nowhere" }), json!({ "upstream": "gpu" })] {
        assert_eq!(check(body).await, "invalid_field");
    }
    assert_eq!(check(json!({ "since": 1 })).await, "unreadable_request");
}

#[tokio::test]
async fn what_waits_for_a_probe_serves_when_probes_are_switched_off() {
    let relay = Relay::seeded().await;
    let waiting = relay.add("pst-a").await;
    let bad = relay.add("pst-b").await;
    refused(&relay, id(&bad)).await;
    assert_eq!(relay.control.settle_pending().await.unwrap(), 0);
    let mut upstreams = relay.control.upstreams().to_vec();
    for facts in &mut upstreams {
        facts.probed = false;
    }
    relay.control.set_upstreams(upstreams);
    assert_eq!(relay.control.settle_pending().await.unwrap(), 1);
    assert_eq!(shown(&relay, id(&waiting)).await["state"], "healthy");
    assert_eq!(shown(&relay, id(&bad)).await["state"], "invalid");
    assert!(matches!(
        relay.last_given().pool_keys[..],
        [PoolKeyChange::Put(_)]
    ));
}

#[tokio::test]
async fn a_quiet_probe_publishes_nothing() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    relay.probed_well(&added).await;
    let published = relay.edge.given.lock().len();
    relay.probed_well(&added).await;
    assert_eq!(relay.edge.given.lock().len(), published);
}

#[tokio::test]
async fn a_jobs_change_goes_the_way_of_all_changes() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    let mut turn = relay.control.turn(&By::job("test")).await.unwrap();
    turn.change().schedule_probe(id(&added), 42).await.unwrap();
    drop(turn);
    assert_eq!(shown(&relay, id(&added)).await["next_probe_at"], NOW);
    let mut turn = relay.control.turn(&By::job("test")).await.unwrap();
    turn.change().schedule_probe(id(&added), 42).await.unwrap();
    turn.end_job().await.unwrap();
    assert_eq!(shown(&relay, id(&added)).await["next_probe_at"], 42);
}
