//! Two members who cannot see or touch each other's anything: every operation of members with an id in its path,
//! from the published document, tried with the id of somebody else's thing and then with one's own.
//!
//! The second half is the proof of the first: with the same path and the same body the owner gets what they ask for,
//! so that it was nothing but the owner that was refused.

use axum::http::Method;
use potluck_filters::usage::UsageEvent;
use serde_json::{Value, json};

use super::accounts::Net;
use super::usage;
use crate::access::Access;
use crate::doc::Operation;
use crate::router::document;

/// What the owner's things are called, so that they are found wherever they turn up.
const MARK: &str = "zephyr-of-ann";

/// Where ids of members' things come from.
const LISTS: [&str; 6] = [
    "/me/keys",
    "/me/pool-keys",
    "/me/jobs",
    "/me/tokens",
    "/me/sessions",
    "/me/requests",
];

/// Makes a thing of Ann's and returns its id. One arm for each list.
async fn make(net: &Net, ann: &Value, list: &str) -> Value {
    let (path, body, id) = match list {
        "/me/keys" => (list, json!({ "name": MARK }), "/key/id"),
        "/me/pool-keys" => (
            list,
            json!({ "upstream": "novelai", "credential": "pst-of-ann", "label": MARK, "accepted_risk": true }),
            "/id",
        ),
        "/me/jobs" => (
            "/me/pool-keys/import?wait=false",
            json!({ "upstream": "novelai", "lines": ["pst-in-a-job"], "label": MARK, "accepted_risk": true }),
            "/id",
        ),
        "/me/tokens" => (
            list,
            json!({ "name": MARK, "scopes": ["keys:read"] }),
            "/token/id",
        ),
        "/me/requests" => {
            let event = UsageEvent {
                model: Some(MARK.into()),
                ..usage::event(1, net.user("ann").await, 1)
            };
            let id = json!(event.request.to_string());
            net.relay.book(1, vec![event]).await;
            return id;
        }
        "/me/sessions" => return net.log_in("ann").await["session"].clone(),
        other => panic!("how is something made that {other}/{{id}} is about?"),
    };
    let made = net.post(path, ann, body).await;
    assert!(made.status.is_success(), "{list}: {}", made.body);
    let id = made.body.pointer(id);
    id.unwrap_or_else(|| panic!("no id in {}", made.body)).clone()
}

/// A body that the owner's call succeeds with. One arm for each operation that has a body to be filled.
fn body_of(operation: &Operation) -> Value {
    match operation.id {
        "editMyKey" => json!({ "name": MARK }),
        "editMyPoolKey" => json!({ "label": MARK }),
        _ => json!({}),
    }
}

/// Paths without the part that all of them begin with.
fn short(operation: &Operation) -> &'static str {
    operation.path.strip_prefix("/manage/v1").unwrap()
}

fn for_members() -> Vec<Operation> {
    let document = document();
    let operations = document.operations().iter();
    operations
        .filter(|operation| match operation.access.unwrap() {
            Access::Member(_) | Access::InPerson(_) => true,
            Access::Anyone | Access::Admin(_) => false,
        })
        .cloned()
        .collect()
}

#[tokio::test]
async fn an_id_of_anothers_is_no_id() {
    let net = Net::with_books().await;
    let (ann, bob) = (net.token("ann").await, net.token("bob").await);
    let operations = for_members();
    let with_id = operations.iter().filter(|operation| operation.path.contains('{'));
    let mut tried = 0;
    for operation in with_id {
        let (list, rest) = short(operation).split_once("/{id}").unwrap();
        assert!(
            !rest.contains('{'),
            "{}: one id can be made up here",
            operation.id
        );
        let id = make(&net, &ann, list).await;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let path = format!("{list}/{id}{rest}");
        let call = |token| {
            let call = net.call(operation.method.as_str(), &path).bearer(token);
            call.send(body_of(operation))
        };
        let answer = call(&bob).await;
        assert_eq!(answer.code(), "not_found", "{} with another's id", operation.id);
        assert!(!answer.body.to_string().contains(MARK), "{}", operation.id);
        let answer = call(&ann).await;
        assert!(
            answer.status.is_success(),
            "{} with one's own: {}",
            operation.id,
            answer.body
        );
        tidy(&net).await;
        tried += 1;
    }
    assert!(tried >= 12, "{tried}");
}

/// Withdraws what was brought: a credential is in the pool but once.
async fn tidy(net: &Net) {
    let keys = net.relay.get("/manage/v1/pool-keys").await.1;
    for key in keys["items"].as_array().unwrap() {
        let path = format!("/manage/v1/pool-keys/{}/withdraw", key["id"]);
        net.relay.post(&path, json!({})).await;
    }
}

#[tokio::test]
async fn what_is_anothers_is_in_no_list_and_no_answer() {
    let net = Net::with_books().await;
    let (ann, bob) = (net.token("ann").await, net.token("bob").await);
    for list in LISTS {
        make(&net, &ann, list).await;
    }
    let operations = for_members();
    let lists = operations.iter().filter(|operation| {
        operation.method == Method::GET && !operation.path.contains('{') && !operation.streams()
    });
    let (mut hers, mut tried) = (0, 0);
    for operation in lists {
        let his = net.get(short(operation), &bob).await;
        assert!(his.status.is_success(), "{}: {}", operation.id, his.body);
        let all = his.body.to_string();
        assert!(!all.contains(MARK), "{}: {all}", operation.id);
        let own = net.get(short(operation), &ann).await.body.to_string();
        hers += usize::from(own.contains(MARK));
        tried += 1;
    }
    assert!(tried >= 8 && hers >= 3, "{tried} lists, the owner is in {hers}");
}
