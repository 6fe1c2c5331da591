//! A change's way to the edge.

use axum::http::StatusCode;
use potluck_filters::id::Revision;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Relay;
use crate::api::CreateClientKey;
use crate::caller::By;
use crate::control::Control;

#[tokio::test]
async fn deltas_follow_one_another_without_a_gap() {
    let relay = Relay::seeded().await;
    let calls: Vec<_> = (0..8)
        .map(|n| {
            let control = Arc::clone(&relay.control);
            let new = CreateClientKey {
                name: format!("key {n}"),
                ..CreateClientKey::default()
            };
            tokio::spawn(async move { control.create_client_key(&By::OPERATOR, new).await.unwrap() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let given = relay.edge.given.lock();
    let ends: Vec<_> = given.iter().map(|delta| (delta.from.0, delta.to.0)).collect();
    assert_eq!(ends, (0..9).map(|n| (n, n + 1)).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_the_edge_refuses_is_not_stored() {
    let relay = Relay::seeded().await;
    relay.edge.refuses.store(true, Ordering::SeqCst);
    let (status, problem) = relay.post("/manage/v1/keys", json!({ "name": "a" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("refused_by_edge"))
    );
    assert!(problem["detail"].as_str().unwrap().contains("no such thing"));
    assert_eq!(relay.get("/manage/v1/keys").await.1["items"], json!([]));
    assert_eq!(relay.control.load().await.unwrap().revision, Revision(1));
}

#[tokio::test]
async fn what_the_edge_did_not_take_is_part_of_the_next_delta() {
    let relay = Relay::seeded().await;
    relay.edge.is_stuck.store(true, Ordering::SeqCst);
    let (status, problem) = relay.post("/manage/v1/keys", json!({ "name": "a" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("stored_not_served"))
    );
    relay.edge.is_stuck.store(false, Ordering::SeqCst);
    relay.create_key(json!({ "name": "b" })).await;
    let delta = relay.last_given();
    assert_eq!(
        (delta.from, delta.to, delta.client_keys.len()),
        (Revision(1), Revision(3), 2)
    );
}

#[tokio::test]
async fn after_loading_only_what_is_new_is_published() {
    let relay = Relay::seeded().await;
    let parts = relay.control.load().await.unwrap();
    assert_eq!((parts.revision, parts.users.len()), (Revision(1), 1));
    relay.create_key(json!({ "name": "a" })).await;
    let delta = relay.last_given();
    assert_eq!(
        (delta.from, delta.users.len(), delta.client_keys.len()),
        (Revision(1), 0, 1)
    );
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_its_change() {
    let relay = Relay::seeded().await;
    let turn = relay.control.published.lock().await;
    let call = relay.post("/manage/v1/keys", json!({ "name": "a" }));
    let mut call = Box::pin(call);
    assert!(futures_util::poll!(&mut call).is_pending());
    tokio::task::yield_now().await;
    drop(call);
    drop(turn);
    // Turns are given in order, so this one comes after the call's.
    relay.create_key(json!({ "name": "b" })).await;
    assert_eq!(relay.control.load().await.unwrap().client_keys.len(), 2);
    assert_eq!(relay.edge.given.lock().len(), 3);
}

#[tokio::test]
async fn status_shows_database_and_edge() {
    let relay = Relay::seeded().await;
    let (_, status) = relay.get("/manage/v1/status").await;
    assert_eq!(
        (&status["database"]["kind"], &status["database"]["revision"]),
        (&json!("sqlite"), &json!(1))
    );
    assert_eq!(status["edge"]["in_flight"], 3);
}

#[tokio::test]
async fn anybody_is_told_where_the_relay_is_reached() {
    let relay = Relay::seeded().await;
    let (status, about) = relay.get("/manage/v1/about").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&about["version"], &about["public_base_url"]),
        (&json!(env!("CARGO_PKG_VERSION")), &json!(null))
    );
    let control = Control::without_edge(relay.control.store.clone(), super::upstreams(), || super::NOW).await;
    let control = control
        .unwrap()
        .reached_at(Some("https://pool.example".to_owned()));
    let about = control.about().await.unwrap();
    assert_eq!(about.public_base_url.as_deref(), Some("https://pool.example"));
}

#[tokio::test]
async fn beside_a_stopped_relay_changes_are_stored_for_its_next_start() {
    let relay = Relay::seeded().await;
    let offline = Control::without_edge(relay.control.store.clone(), super::upstreams(), || super::NOW).await;
    let offline = offline.unwrap();
    let new = CreateClientKey {
        name: "a".to_owned(),
        ..CreateClientKey::default()
    };
    let created = offline.create_client_key(&By::OPERATOR, new).await.unwrap();
    assert_eq!(
        relay.control.load().await.unwrap().client_keys[0].id,
        created.key.id
    );
    assert_eq!(offline.status().await.unwrap().edge, json!(null));
}
