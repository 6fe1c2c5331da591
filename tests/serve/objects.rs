//! Members' objects over restarts of the relay.

use nix::sys::signal::Signal;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::installation::{Installation, wide_world};
use crate::relay::Relay;
use crate::requests::client;

const OWNED: &str = "--set upstreams.vercel.stateful=owned";

async fn upload(relay: &Relay, key: &str, content: String) -> String {
    let file = Part::text(content).file_name("dish.txt");
    let form = Form::new().text("purpose", "user_data").part("file", file);
    let request = client().post(relay.url("/v1/files")).bearer_auth(key);
    let made: Value = asked(request.multipart(form)).await;
    made["id"].as_str().expect("an id").to_owned()
}

async fn asked(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

async fn content(relay: &Relay, key: &str, id: &str) -> String {
    let path = format!("/v1/files/{id}/content");
    let answer = client().get(relay.url(&path)).bearer_auth(key).send().await;
    answer.expect("an answer").text().await.expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_found_again_on_their_keys_after_a_stop_and_after_a_kill() {
    let world = wide_world(3).await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let relay = Relay::start_with(&installation, OWNED).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(upload(&relay, &key, format!("dish {number}")).await);
    }
    relay.stop().await;

    let relay = Relay::start_with(&installation, OWNED).await;
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(content(&relay, &key, id).await, format!("dish {number}"));
    }
    let last = upload(&relay, &key, "dish 3".to_owned()).await;
    until_stored(&installation, &last).await;
    relay.signal(Signal::SIGKILL);
    relay.end().await;

    let relay = Relay::start_with(&installation, OWNED).await;
    assert_eq!(content(&relay, &key, &last).await, "dish 3");
    let listed = asked(client().get(relay.url("/v1/files")).bearer_auth(&key)).await;
    assert_eq!(listed["data"].as_array().expect("files").len(), 4);
    relay.stop().await;
}

/// Waits until the database has the object: its id stands in one of the files.
async fn until_stored(installation: &Installation, id: &str) {
    let has = |bytes: &[u8]| bytes.windows(id.len()).any(|part| part == id.as_bytes());
    while !installation.data().iter().any(|(_, bytes)| has(bytes)) {
        tokio::task::yield_now().await;
    }
}
