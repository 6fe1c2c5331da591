//! Two members who cannot see or touch each other's anything: every operation of members with an id in its path,
//! from the published document, tried with the id of somebody else's thing and then with one's own.
//!
//! The second half is the proof of the first: with the same path and the same body the owner gets what they ask for,
//! so that it was nothing but the owner that was refused.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Relay;
use super::member::Member;
use crate::access::Access;
use crate::doc::Operation;
use crate::router::document;

/// What the owner's things are called, so that they are found wherever they turn up.
const MARK: &str = "zephyr-of-anh";

/// Makes a thing of the owner's and returns its id. One arm for each list that ids come from.
async fn make(owner: &Member<'_>, list: &str) -> Value {
    let (path, body, id) = match list {
        "/manage/v1/me/keys" => (list, json!({ "name": MARK }), "/key/id"),
        "/manage/v1/me/pool-keys" => (
            list,
            json!({ "upstream": "novelai", "credential": "pst-of-anh", "label": MARK, "accepted_risk": true }),
            "/id",
        ),
        "/manage/v1/me/jobs" => (
            "/manage/v1/me/pool-keys/import?wait=false",
            json!({ "upstream": "novelai", "lines": ["pst-in-a-job"], "label": MARK, "accepted_risk": true }),
            "/id",
        ),
        other => panic!("how is something made that {other}/{{id}} is about?"),
    };
    let (status, made) = owner.post(path, body).await;
    assert!(status.is_success(), "{list}: {made}");
    made.pointer(id)
        .unwrap_or_else(|| panic!("{id} in {made}"))
        .clone()
}

/// A body that the owner's call succeeds with. One arm for each operation that has a body to be filled.
fn body_of(operation: &Operation) -> Value {
    match operation.id {
        "editMyKey" => json!({ "name": MARK }),
        "editMyPoolKey" => json!({ "label": MARK }),
        _ => json!({}),
    }
}

fn for_members() -> Vec<Operation> {
    let document = document();
    let operations = document.operations().iter();
    operations
        .filter(|operation| matches!(operation.access, Some(Access::Member(_))))
        .cloned()
        .collect()
}

#[tokio::test]
async fn an_id_of_anothers_is_no_id() {
    let relay = Relay::seeded().await;
    let (anh, binh) = (relay.member("anh").await, relay.member("binh").await);
    let operations = for_members();
    let with_id = operations
        .iter()
        .filter(|operation| operation.path.contains("/{id}"));
    let mut tried = 0;
    for operation in with_id {
        assert_eq!(
            operation.path.matches('{').count(),
            1,
            "{}: one id can be made up here",
            operation.id
        );
        let (list, _) = operation.path.split_once("/{id}").unwrap();
        let id = make(&anh, list).await;
        let path = operation.path.replace("{id}", id.to_string().trim_matches('"'));
        let (method, body) = (operation.method.clone(), body_of(operation));
        let (status, told) = binh.send(method.clone(), &path, body.clone()).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found")),
            "{} with another's id",
            operation.id
        );
        let (status, told) = anh.send(method, &path, body).await;
        assert!(
            status.is_success(),
            "{} with one's own: {status} {told}",
            operation.id
        );
        tidy(&relay, list, &id).await;
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

/// Takes a thing away again where the next of its kind would be the same one.
async fn tidy(relay: &Relay, list: &str, id: &Value) {
    match list {
        "/manage/v1/me/pool-keys" => withdraw(relay, id).await,
        "/manage/v1/me/jobs" => {
            let (_, keys) = relay.get("/manage/v1/pool-keys").await;
            for key in keys["items"].as_array().unwrap() {
                withdraw(relay, &key["id"]).await;
            }
        }
        _ => {}
    }
}

async fn withdraw(relay: &Relay, id: &Value) {
    let (status, told) = relay
        .post(&format!("/manage/v1/pool-keys/{id}/withdraw"), json!({}))
        .await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

#[tokio::test]
async fn what_is_anothers_is_in_no_list_and_no_answer() {
    let relay = Relay::seeded().await;
    let (anh, binh) = (relay.member("anh").await, relay.member("binh").await);
    let operations = for_members();
    let without_id = |operation: &&Operation| {
        operation.method == Method::GET && !operation.path.contains('{') && !operation.streams()
    };
    for list in [
        "/manage/v1/me/keys",
        "/manage/v1/me/pool-keys",
        "/manage/v1/me/jobs",
    ] {
        make(&anh, list).await;
    }
    let (mut hers, mut tried) = (0, 0);
    for operation in operations.iter().filter(without_id) {
        let (status, told) = binh.get(operation.path).await;
        assert_eq!(status, StatusCode::OK, "{}: {told}", operation.id);
        assert!(!told.to_string().contains(MARK), "{}: {told}", operation.id);
        hers += usize::from(anh.get(operation.path).await.1.to_string().contains(MARK));
        tried += 1;
    }
    assert!(tried >= 4 && hers >= 2, "{tried} lists, the owner is in {hers}");
}
