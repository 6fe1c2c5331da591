//! What is marked on plots: starts, changes of how requests are served, findings.

use std::sync::Arc;

use axum::http::StatusCode;
use potluck_filters::health::Condition;
use potluck_store::table::starts::Start;
use serde_json::{Value, json};

use super::{NOW, Relay, clock, pass};
use crate::sight::SightSettings;
use crate::sight::keeper::Keeper;
use crate::sight::start::StartNote;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn start(epoch: i64) -> Start {
    Start {
        edge: "hk-1".to_owned(),
        epoch,
        at: clock(),
        version: "1.2.3".to_owned(),
    }
}

async fn started(relay: &Relay, epoch: i64) {
    let mut note = StartNote::new(Arc::clone(&relay.control), start(epoch));
    note.keep().await;
    note.keep().await;
}

async fn marks(relay: &Relay, query: &str) -> Value {
    let (status, marks) = relay.get(&format!("/manage/v1/marks{query}")).await;
    assert_eq!(status, StatusCode::OK, "{marks}");
    marks
}

#[tokio::test]
async fn what_happened_is_told_in_its_order_with_where_to_look_and_without_what_it_changed() {
    let relay = Relay::seeded().await;
    assert_eq!(marks(&relay, "").await["items"], json!([]));
    started(&relay, 1).await;
    pass(1000);
    let settings = json!({ "notice": "maintenance on Sunday" });
    let (status, _) = relay.patch("/manage/v1/settings", settings).await;
    assert_eq!(status, StatusCode::OK);
    relay.add("pst-one").await;
    pass(1000);
    *relay.edge.condition.lock() = Condition::Unhealthy;
    let mut keeper = Keeper::new(Arc::clone(&relay.control), SightSettings::default(), clock);
    for _ in 0..3 {
        pass(5000);
        keeper.look().await;
    }
    let told = marks(&relay, "?range=1h").await;
    let items = told["items"].as_array().unwrap();
    let kinds: Vec<_> = items.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..3], ["start", "policy", "finding"], "{told}");
    assert_eq!(
        items[0],
        json!({ "kind": "start", "at": NOW, "edge": "hk-1", "version": "1.2.3" })
    );
    assert_eq!(
        (&items[1]["act"], &items[1]["at"]),
        (&json!("settings.edited"), &json!(NOW + 1000))
    );
    let entry = format!(
        "/manage/v1/audit?after={}&limit=1",
        items[1]["audit_id"].as_i64().unwrap() + 1
    );
    let (_, audit) = relay.get(&entry).await;
    assert_eq!(audit["items"][0]["act"], "settings.edited");
    assert!(!told.to_string().contains("Sunday"), "{told}");
    assert_eq!(
        (&items[2]["trouble"], &items[2]["subject"]),
        (&json!("node_down"), &json!("gpu/gpu-1"))
    );
    let finding = format!("/manage/v1/findings/{}", items[2]["finding_id"]);
    assert_eq!(relay.get(&finding).await.0, StatusCode::OK);
    assert_eq!(told["cut_before"], Value::Null);
}

#[tokio::test]
async fn starts_are_forgotten_with_the_histories_but_for_the_last_one() {
    let relay = Relay::seeded().await;
    started(&relay, 1).await;
    pass(1000);
    started(&relay, 2).await;
    let all = marks(&relay, "?range=60d").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "one a start: {all}");
    pass(31 * DAY);
    let mut keeper = Keeper::new(Arc::clone(&relay.control), SightSettings::default(), clock);
    keeper.look().await;
    let left = marks(&relay, "?range=60d").await;
    assert_eq!(left["items"][0]["at"], NOW + 1000, "{left}");
    assert_eq!(left["items"].as_array().unwrap().len(), 1, "{left}");
    let day = marks(&relay, "").await;
    assert_eq!(
        (&day["items"], &day["last_start_at"]),
        (&json!([]), &json!(NOW + 1000))
    );
}

#[tokio::test]
async fn more_than_fits_is_cut_and_that_is_said() {
    let relay = Relay::seeded().await;
    for epoch in 0..502 {
        let store = relay.control.store();
        store.note_start(&start(epoch)).await.unwrap();
        pass(10);
    }
    let told = marks(&relay, "").await;
    let items = told["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["at"]), (500, &json!(NOW + 20)));
    assert_eq!(told["cut_before"], NOW + 20);
    let (status, problem) = relay.get("/manage/v1/marks?range=never").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
}
