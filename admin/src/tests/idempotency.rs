//! Creating requests that are sent again, and callers that send too many.

use super::events::{ask_as, member};
use super::*;
use crate::caller::Caller;

const KEYS: &str = "/manage/v1/keys";

async fn create(relay: &Relay, caller: Caller, key: &str, body: Value) -> (u16, bool, Value) {
    let header = Some(("idempotency-key", key));
    let (status, headers, body) = ask_as(relay, caller, (Method::POST, KEYS), header, body).await;
    let body = body.collect().await.unwrap().to_bytes();
    let replayed = headers.contains_key("idempotent-replayed");
    (status.as_u16(), replayed, serde_json::from_slice(&body).unwrap())
}

async fn count(relay: &Relay) -> usize {
    relay.get(KEYS).await.1["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_request_that_is_sent_again_does_nothing_and_shows_no_secret() {
    let relay = Relay::seeded().await;
    let operator = Caller::Operator;
    let body = json!({ "name": "laptop" });
    let (status, replayed, first) = create(&relay, operator, "a-1", body.clone()).await;
    assert_eq!((status, replayed), (201, false));
    assert!(first["text"].as_str().unwrap().starts_with("np-"));
    let (status, replayed, again) = create(&relay, operator, "a-1", body.clone()).await;
    assert_eq!((status, replayed), (201, true));
    assert_eq!(again["key"], first["key"]);
    assert_eq!(
        (&again["text"], &again["secret_shown"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(count(&relay).await, 1);

    let (status, _, problem) = create(&relay, operator, "a-1", json!({ "name": "other" })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("idempotency_mismatch")));
    assert_eq!(create(&relay, operator, "a-2", body.clone()).await.0, 201);
    let (_, admin) = member(&relay, "me").await;
    let Caller::User(mut signed_in) = admin else {
        panic!("a user")
    };
    signed_in.role = potluck_store::table::users::UserRole::Admin;
    let (status, replayed, _) = create(&relay, Caller::User(signed_in), "a-1", body).await;
    assert_eq!((status, replayed), (201, false));
    assert_eq!(count(&relay).await, 3);
}

#[tokio::test]
async fn a_refused_request_frees_its_key_and_one_with_an_unknown_end_does_not() {
    let relay = Relay::seeded().await;
    let operator = Caller::Operator;
    assert_eq!(create(&relay, operator, "a", json!({ "name": "" })).await.0, 422);
    assert_eq!(
        create(&relay, operator, "a", json!({ "name": "good" })).await.0,
        201
    );
    relay.edge.is_stuck.store(true, Ordering::SeqCst);
    let body = json!({ "name": "stored, but not served" });
    assert_eq!(create(&relay, operator, "b", body.clone()).await.0, 500);
    relay.edge.is_stuck.store(false, Ordering::SeqCst);
    let (status, _, problem) = create(&relay, operator, "b", body).await;
    assert_eq!((status, &problem["code"]), (409, &json!("idempotency_in_flight")));
    let long = "x".repeat(256);
    assert_eq!(
        create(&relay, operator, &long, json!({ "name": "long" })).await.0,
        400
    );
    assert_eq!(count(&relay).await, 2);
}

#[tokio::test]
async fn a_caller_over_the_network_makes_so_many_calls_and_whoever_sits_here_all() {
    let relay = Relay::seeded().await;
    relay.control.allow_calls(2);
    let (_, caller) = member(&relay, "me").await;
    let ask = async |caller| ask_as(&relay, caller, (Method::GET, KEYS), None, Value::Null).await;
    for _ in 0..2 {
        assert_eq!(ask(caller).await.0, StatusCode::FORBIDDEN);
    }
    let (status, headers, body) = ask(caller).await;
    assert_eq!(
        (status, &headers["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"30".parse().unwrap())
    );
    let body = body.collect().await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["code"], "too_many_calls");
    assert_eq!(ask(Caller::Operator).await.0, StatusCode::OK);
    for _ in 0..5 {
        assert_eq!(relay.get(KEYS).await.0, StatusCode::OK);
    }
}
