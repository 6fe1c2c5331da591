//! The API on the public listener.

use reqwest::{Client, Method};
use serde_json::json;

use crate::api::told;
use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{chat_outcome, client, get, outcome, status_of};

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_on_the_public_listener_over_both_protocols() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let token = installation.admin_token();
    let h2 = Client::builder().no_proxy().http2_prior_knowledge();
    for client in [client(), h2.build().expect("a client")] {
        let ask = |method, path: &str| client.request(method, relay.url(&format!("/manage/v1/{path}")));
        let made = ask(Method::POST, "keys")
            .bearer_auth(&token)
            .json(&json!({ "name": "from outside" }));
        let (status, made) = told(made).await;
        assert_eq!(status, 201, "{made}");
        let key = made["text"].as_str().expect("a text");
        assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));
        let (status, problem) = told(ask(Method::GET, "keys")).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("unauthenticated")));
        let (status, _) = told(ask(Method::GET, "keys").bearer_auth(key)).await;
        assert_eq!(status, 401);
        let answer = ask(Method::HEAD, "status").bearer_auth(&token).send().await;
        assert_eq!(answer.expect("an answer").status(), 200);
    }
    let misled = client().get(relay.url("/manage/v1/keys")).bearer_auth(&token);
    let (status, problem) = told(misled.header("host", "evil.example")).await;
    assert_eq!((status, problem["code"].as_str()), (421, Some("wrong_host")));
    let log = relay.stop().await;
    assert!(
        log.contains("plane=\"control\"") && !log.contains(&token),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_can_be_kept_off_the_public_listener() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start_with(&installation, "--set listen.manage=false").await;
    for path in ["/", "/manage/v1/status", "/manage"] {
        assert_eq!(status_of(&get(&relay, path).await), Some(404), "{path}");
    }
}
