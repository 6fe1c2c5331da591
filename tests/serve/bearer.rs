//! The API's own listener: shut without a token, and open for those who log in.

use std::net::TcpListener;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::address::free_address;
use crate::api::{Api, told};
use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{chat_outcome, client, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn programs_with_the_token_manage_the_relay_over_the_network() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let (api, token) = (Api::of(&installation, &relay), installation.admin_token());
    let (status, made) = api.post("keys", &json!({ "name": "by a program" })).await;
    assert_eq!(status, 201, "{made}");
    let key = made["text"].as_str().expect("a text");
    assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));

    let ask = |path| api.bare(Method::GET, path);
    for (request, expected) in [
        (ask("keys"), (401, "unauthenticated")),
        (ask("nothing"), (404, "no_such_path")),
        (ask("keys").bearer_auth(key), (401, "unauthenticated")),
        (
            ask("keys").bearer_auth(installation.encryption_key()),
            (401, "unauthenticated"),
        ),
        (
            ask("keys").bearer_auth(&token).header("host", "evil.example"),
            (421, "wrong_host"),
        ),
        (ask("nothing").bearer_auth(&token), (404, "no_such_path")),
    ] {
        let (status, problem) = told(request).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (expected.0, Some(expected.1)),
            "{problem}"
        );
    }
    // The control socket needs none: whoever may open it is the operator.
    installation.run("keys list").await.ok();
    let log = relay.stop().await;
    assert!(!log.contains(&token) && !log.contains(key), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_keeps_guessing_is_told_to_wait() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start_with(&installation, "--set auth.failures_per_minute=3").await;
    let api = Api::of(&installation, &relay);
    for expected in [401, 401, 401, 429, 429] {
        let request = api.bare(Method::GET, "status").bearer_auth("wrong");
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected);
        let wait = answer
            .headers()
            .get("retry-after")
            .map(reqwest::header::HeaderValue::as_bytes);
        assert_eq!(wait, (expected == 429).then_some(b"60".as_slice()));
    }
    assert_eq!(api.get("status").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_operators_token_people_log_in_and_where_it_is_off_nothing_listens() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let off = Relay::start_with(&installation, "--set admin.listen=off").await;
    assert_eq!(off.admin, None);
    off.stop().await;
    let file = installation.path("conf/secrets.env");
    let secrets = std::fs::read_to_string(&file).expect("the secrets");
    let without: String = secrets
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("ADMIN_TOKEN="))
        .collect();
    std::fs::write(&file, without).expect("a write");
    let relay = Relay::start(&installation).await;
    let api = relay.admin.expect("the API listens");
    let url = |path: &str| format!("http://{api}/manage/v1/{path}");
    let client = client();
    let (status, _) = told(client.get(url("status"))).await;
    assert_eq!(status, 401);
    let wrong = json!({ "name": "admin", "password": "wrong" });
    let (status, problem) = told(client.post(url("session")).json(&wrong)).await;
    assert_eq!((status, &problem["code"]), (401, &json!("wrong_password")));
    let made = installation.run("users reset-password admin").await.ok();
    let set = json!({ "token": made.out.trim(), "password": "tram quilt obey lunar" });
    let answer = client
        .post(url("password-reset"))
        .json(&set)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 204);
    let login = json!({ "name": "admin", "password": "tram quilt obey lunar" });
    let (status, tokens) = told(client.post(url("session")).json(&login)).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().expect("a token");
    let (status, _) = told(client.get(url("status")).bearer_auth(token)).await;
    assert_eq!(status, 200);
    let log = relay.stop().await;
    assert!(log.contains("no ADMIN_TOKEN"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_token_or_an_occupied_port_is_refused_at_the_start() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let key = installation.encryption_key();
    let repeated = "Secret-1".repeat(8);
    for (token, why) in [
        ("hunter2", "ADMIN_TOKEN (from ADMIN_TOKEN) is too short"),
        (repeated.as_str(), "is guessable"),
        (key.as_str(), "is the ENCRYPTION_KEY"),
    ] {
        let ended = installation.run_with("serve", "ADMIN_TOKEN", token).await;
        assert!(!ended.err.contains(token), "{}", ended.err);
        ended.refused(64, why);
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let line = format!("serve --set admin.listen={address}");
    installation
        .run(&line)
        .await
        .refused(69, "set `admin.listen` to another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_does_not_hold_the_stop_up() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let own = format!("--set listen.address={}", free_address());
    let relay = Relay::start_with(&installation, &own).await;
    let silent = std::net::TcpStream::connect(relay.admin.expect("the API")).expect("a connection");
    let address = relay.address;
    relay.signal(nix::sys::signal::Signal::SIGTERM);
    let (status, log) = relay.end_within(Duration::from_secs(20)).await;
    assert!(status.success(), "{log}");
    assert!(std::net::TcpStream::connect(address).is_err());
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_to_the_api_take_only_so_many_places() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let address = relay.admin.expect("the API");
    let mut silent = Vec::new();
    for _ in 0..256 {
        silent.push(TcpStream::connect(address).await.expect("a connection"));
    }
    // One too many is closed without a word, as soon as all others have their places.
    let mut last = TcpStream::connect(address).await.expect("a connection");
    assert_eq!(last.read(&mut [0]).await.expect("an end"), 0);
    installation.run("status").await.ok();
    silent.clear();
    let api = Api::of(&installation, &relay);
    while api.request(Method::GET, "status").send().await.is_err() {
        tokio::task::yield_now().await;
    }
}
