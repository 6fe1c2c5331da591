//! Members' objects: each sees their own, and each request goes to the pool key that keeps what it names.

mod opened;
mod waiting;

use potluck::edge::Edge;
use potluck_fakes::openai::OpenAiFake;
use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::model::{ClientKey, Opened};
use potluck_filters::objects::{Change, Stored};
use potluck_filters::snapshot::PoolKeyChange;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::ask::{refusal, sent};
use crate::world::{CLIENT_KEY, Plan, World, client, client_key, openai, user};

/// The client key of the second user.
const OTHER: &str = "np-test-other-client-key-123456789abcdefghijklmn";

/// A relay whose upstream keeps objects for two users, who share so many pool keys.
async fn two_users(keys: usize) -> (OpenAiFake, Vec<String>, Plan) {
    let (fake, keys, mut plan) = openai(keys).await;
    plan.layout.upstreams[0].opened = Opened::Owned;
    plan.users.push(user(2));
    let other = ClientKey {
        id: ClientKeyId(2),
        user: UserId(2),
        ..client_key(2, OTHER)
    };
    plan.client_keys.push(other);
    (fake, keys, plan)
}

fn ask(world: &World, key: &str, method: Method, path: &str) -> RequestBuilder {
    client().request(method, world.url(path)).bearer_auth(key)
}

fn upload(world: &World, key: &str, purpose: &'static str, content: String) -> RequestBuilder {
    let file = Part::text(content).file_name("lines.jsonl");
    let form = Form::new().text("purpose", purpose).part("file", file);
    ask(world, key, Method::POST, "/v1/files").multipart(form)
}

async fn json_of(request: RequestBuilder) -> Value {
    let answer = sent(request).await;
    let status = answer.status();
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(status, 200, "{body}");
    body
}

async fn id_of(request: RequestBuilder) -> String {
    json_of(request).await["id"].as_str().expect("an id").to_owned()
}

fn respond(world: &World, key: &str, more: &Value) -> RequestBuilder {
    let mut body = json!({"model": "gpt-5-mini", "input": "hello there"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    ask(world, key, Method::POST, "/v1/responses").json(&body)
}

/// The pool keys that the fake saw, one for each request.
fn used(fake: &OpenAiFake) -> Vec<String> {
    fake.server
        .records
        .all()
        .into_iter()
        .map(|one| one.credential)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_stay_on_their_key_and_with_their_owner() {
    let (fake, _, plan) = two_users(3).await;
    let world = plan.start();
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(id_of(upload(&world, CLIENT_KEY, "user_data", format!("content {n}"))).await);
    }
    for (n, id) in ids.iter().enumerate() {
        let path = format!("/v1/files/{id}");
        assert_eq!(id_of(ask(&world, CLIENT_KEY, Method::GET, &path)).await, *id);
        let content = sent(ask(&world, CLIENT_KEY, Method::GET, &format!("{path}/content"))).await;
        assert_eq!(content.text().await.unwrap(), format!("content {n}"));
    }
    let used = used(&fake);
    assert_eq!(
        used[..3].iter().collect::<std::collections::HashSet<_>>().len(),
        3
    );
    for (n, made) in used[..3].iter().enumerate() {
        assert_eq!([&used[3 + 2 * n], &used[4 + 2 * n]], [made, made]);
    }
    // To the other user none of it is there, and nothing of it reaches the upstream.
    let before = fake.server.records.count();
    for (method, path) in [
        (Method::GET, format!("/v1/files/{}", ids[0])),
        (Method::GET, format!("/v1/files/{}/content", ids[0])),
        (Method::DELETE, format!("/v1/files/{}", ids[0])),
        (Method::GET, "/v1/files/file-unknown".to_owned()),
        (Method::GET, format!("/v1/files/%66{}", &ids[0][1..])),
    ] {
        let refused = refusal(ask(&world, OTHER, method, &path)).await;
        assert_eq!(refused, (404, "object_not_found".to_owned()), "{path}");
    }
    let none = json_of(ask(&world, OTHER, Method::GET, "/v1/files")).await;
    assert_eq!(none["data"], json!([]));
    assert_eq!(fake.server.records.count(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_the_askers_own_in_pages_and_a_deleted_file_is_gone() {
    let (fake, _, plan) = two_users(2).await;
    let world = plan.start();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(id_of(upload(&world, CLIENT_KEY, "user_data", "x".to_owned())).await);
    }
    let theirs = id_of(upload(&world, OTHER, "user_data", "x".to_owned())).await;
    let before = fake.server.records.count();
    let page = json_of(ask(
        &world,
        CLIENT_KEY,
        Method::GET,
        "/v1/files?limit=2&order=asc",
    ))
    .await;
    assert_eq!(page["data"][0]["filename"], "lines.jsonl");
    assert_eq!(
        (page["data"].as_array().unwrap().len(), &page["has_more"]),
        (2, &json!(true))
    );
    let after = page["last_id"].as_str().unwrap();
    let path = format!("/v1/files?limit=2&order=asc&after={after}");
    let rest = json_of(ask(&world, CLIENT_KEY, Method::GET, &path)).await;
    assert_eq!(
        (rest["data"].as_array().unwrap().len(), &rest["has_more"]),
        (1, &json!(false))
    );
    let other = json_of(ask(&world, OTHER, Method::GET, "/v1/files")).await;
    assert_eq!(
        (other["first_id"].as_str(), &other["has_more"]),
        (Some(&*theirs), &json!(false))
    );
    let foreign = ask(&world, OTHER, Method::GET, &format!("/v1/files?after={}", ids[0]));
    assert_eq!(refusal(foreign).await, (400, "bad_page".to_owned()));
    assert_eq!(
        fake.server.records.count(),
        before,
        "lists are answered by the relay"
    );

    let path = format!("/v1/files/{}", ids[1]);
    assert_eq!(
        json_of(ask(&world, CLIENT_KEY, Method::DELETE, &path)).await["deleted"],
        true
    );
    let gone = refusal(ask(&world, CLIENT_KEY, Method::GET, &path)).await;
    assert_eq!(gone, (404, "object_not_found".to_owned()));
    let left = json_of(ask(&world, CLIENT_KEY, Method::GET, "/v1/files")).await;
    assert_eq!(left["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_responses_are_continued_on_the_key_that_keeps_them() {
    let (fake, _, plan) = two_users(3).await;
    let world = plan.start();
    let first = id_of(respond(&world, CLIENT_KEY, &json!({}))).await;
    let next = respond(&world, CLIENT_KEY, &json!({"previous_response_id": first}));
    let second = id_of(next).await;
    for path in [
        format!("/v1/responses/{second}"),
        format!("/v1/responses/{second}/input_items"),
    ] {
        json_of(ask(&world, CLIENT_KEY, Method::GET, &path)).await;
    }
    let used = used(&fake);
    assert!(used.iter().all(|key| *key == used[0]), "{used:?}");
    // Neither by path nor by body does the other user reach it.
    let path = format!("/v1/responses/{first}");
    let not_found = (404, "object_not_found".to_owned());
    assert_eq!(refusal(ask(&world, OTHER, Method::GET, &path)).await, not_found);
    let continued = respond(&world, OTHER, &json!({"previous_response_id": first}));
    assert_eq!(refusal(continued).await, not_found);
    let twice = format!(
        r#"{{"model":"gpt-5-mini","input":"x","previous_response_id":"{first}","previous_response_id":null}}"#
    );
    let sneaked = ask(&world, OTHER, Method::POST, "/v1/responses")
        .header("content-type", "application/json")
        .body(twice);
    assert_eq!(refusal(sneaked).await, not_found);
    assert_eq!(
        json_of(ask(&world, CLIENT_KEY, Method::DELETE, &path)).await["deleted"],
        true
    );
    assert_eq!(
        refusal(ask(&world, CLIENT_KEY, Method::GET, &path)).await,
        not_found
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_response_is_known_from_its_first_event_on() {
    let (fake, _, plan) = two_users(3).await;
    let world = plan.start();
    let stream = sent(respond(&world, CLIENT_KEY, &json!({"stream": true}))).await;
    let text = stream.text().await.unwrap();
    let at = text.find("resp_").expect("an id");
    let id = &text[at..at + text[at..].find('"').unwrap()];
    id_of(ask(
        &world,
        CLIENT_KEY,
        Method::GET,
        &format!("/v1/responses/{id}"),
    ))
    .await;
    let used = used(&fake);
    assert_eq!(used[0], used[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_stored_is_not_remembered() {
    let (_fake, _, plan) = two_users(1).await;
    let world = plan.start();
    let id = id_of(respond(&world, CLIENT_KEY, &json!({"store": false}))).await;
    let path = format!("/v1/responses/{id}");
    let refused = refusal(ask(&world, CLIENT_KEY, Method::GET, &path)).await;
    assert_eq!(refused, (404, "object_not_found".to_owned()));
    assert_eq!(world.edge.take_objects(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_where_its_file_is_and_what_it_made_is_its_owners() {
    let (fake, _, plan) = two_users(3).await;
    let world = plan.start();
    let line = r#"{"custom_id":"1","method":"POST","url":"/v1/responses","body":{"model":"gpt-5-mini","input":"x"}}"#;
    let file = id_of(upload(&world, CLIENT_KEY, "batch", line.to_owned())).await;
    let batch = |key, file: &str| {
        let body = json!({"input_file_id": file, "endpoint": "/v1/responses", "completion_window": "24h"});
        ask(&world, key, Method::POST, "/v1/batches").json(&body)
    };
    assert_eq!(
        refusal(batch(OTHER, &file)).await,
        (404, "object_not_found".to_owned())
    );
    let id = id_of(batch(CLIENT_KEY, &file)).await;
    let path = format!("/v1/batches/{id}");
    let done = json_of(ask(&world, CLIENT_KEY, Method::GET, &path)).await;
    let output = done["output_file_id"].as_str().unwrap();
    let content = sent(ask(
        &world,
        CLIENT_KEY,
        Method::GET,
        &format!("/v1/files/{output}/content"),
    ))
    .await;
    assert_eq!(content.text().await.unwrap(), "{}\n");
    let listed = json_of(ask(&world, CLIENT_KEY, Method::GET, "/v1/batches")).await;
    assert_eq!(listed["data"][0]["status"], "completed", "as it was last seen");
    json_of(ask(&world, CLIENT_KEY, Method::POST, &format!("{path}/cancel"))).await;
    let used = used(&fake);
    assert!(used.iter().all(|key| *key == used[0]), "{used:?}");
    for path in [path, format!("/v1/files/{output}/content")] {
        let refused = refusal(ask(&world, OTHER, Method::GET, &path)).await;
        assert_eq!(refused, (404, "object_not_found".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_cannot_smuggle_in_what_is_anothers() {
    let (fake, _, plan) = two_users(1).await;
    let world = plan.start();
    let theirs = id_of(respond(&world, OTHER, &json!({}))).await;
    let before = fake.server.records.count();
    let line = json!({"body": {"model": "gpt-5-mini", "input": "x", "previous_response_id": theirs}});
    let refused = refusal(upload(&world, CLIENT_KEY, "batch", format!("{{}}\n{line}\n"))).await;
    assert_eq!(refused, (404, "object_not_found".to_owned()));
    let broken = refusal(upload(&world, CLIENT_KEY, "batch", "no JSON".to_owned())).await;
    assert_eq!(broken, (400, "objects_unreadable".to_owned()));
    assert_eq!(fake.server.records.count(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fine_tuned_model_is_its_owners_and_kept_on_its_key() {
    let (fake, _, plan) = two_users(2).await;
    let world = plan.start();
    let file = id_of(upload(&world, CLIENT_KEY, "fine-tune", "{}".to_owned())).await;
    let job = json!({"model": "gpt-5-mini", "training_file": file});
    let id = id_of(ask(&world, CLIENT_KEY, Method::POST, "/v1/fine_tuning/jobs").json(&job)).await;
    let done = json_of(ask(
        &world,
        CLIENT_KEY,
        Method::GET,
        &format!("/v1/fine_tuning/jobs/{id}"),
    ))
    .await;
    let chat = |key| {
        let body = json!({"model": done["fine_tuned_model"], "messages": [{"role": "user", "content": "x"}]});
        ask(&world, key, Method::POST, "/v1/chat/completions").json(&body)
    };
    // The fake does not know the model; what counts is where it was asked for.
    assert_eq!(
        refusal(chat(CLIENT_KEY)).await,
        (404, "model_not_found".to_owned())
    );
    let used = used(&fake);
    assert_eq!(used.len(), 4);
    assert!(used.iter().all(|key| *key == used[0]), "{used:?}");
    assert_eq!(refusal(chat(OTHER)).await, (404, "object_not_found".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_two_keys_do_not_go_together_and_a_missing_key_is_told() {
    let (fake, keys, plan) = two_users(2).await;
    let plan = plan.impatient();
    let second = plan.pool_keys[1].clone();
    let world = plan.start();
    let one = id_of(upload(&world, CLIENT_KEY, "user_data", "x".to_owned())).await;
    let two = id_of(upload(&world, CLIENT_KEY, "user_data", "x".to_owned())).await;
    assert_ne!(used(&fake)[0], used(&fake)[1]);
    let file = |id: &str| json!({"type": "input_file", "file_id": id});
    let both = json!({"input": [{"role": "user", "content": [file(&one), file(&two)]}]});
    assert_eq!(
        refusal(respond(&world, CLIENT_KEY, &both)).await,
        (400, "objects_apart".to_owned())
    );
    let kept = if used(&fake)[0] == keys[1] { one } else { two };
    world.change(vec![], vec![PoolKeyChange::Gone(second.id)]);
    let path = format!("/v1/files/{kept}");
    let asked = || ask(&world, CLIENT_KEY, Method::GET, &path);
    assert_eq!(refusal(asked()).await, (503, "object_unavailable".to_owned()));
    world.change(vec![], vec![PoolKeyChange::Put(second.into())]);
    assert_eq!(id_of(asked()).await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_outlive_the_process() {
    let (fake, _, plan) = two_users(2).await;
    let again = two_users(0).await.2;
    let (layout, keys) = (plan.layout.clone(), plan.pool_keys.clone());
    let world = plan.start();
    let id = id_of(upload(&world, CLIENT_KEY, "user_data", "kept".to_owned())).await;
    let stored: Vec<Stored> = world.edge.take_objects().into_iter().filter_map(stored).collect();
    assert_eq!(stored.len(), 1);
    drop(world);
    let next = Plan {
        layout,
        pool_keys: keys,
        ..again
    };
    let world = next.start();
    restore(&world.edge, stored);
    let path = format!("/v1/files/{id}/content");
    let content = sent(ask(&world, CLIENT_KEY, Method::GET, &path)).await;
    assert_eq!(content.text().await.unwrap(), "kept");
    assert_eq!(refusal(ask(&world, OTHER, Method::GET, &path)).await.0, 404);
    drop(fake);
}

fn stored(shelved: potluck_filters::objects::Shelved) -> Option<Stored> {
    match shelved.change {
        Change::Put(id, object) => Some(Stored {
            upstream: shelved.upstream,
            id,
            object,
        }),
        Change::Gone(_) => None,
    }
}

fn restore(edge: &Edge, stored: Vec<Stored>) {
    edge.restore_objects(stored);
}
