//! A pool key is known to its upstream and sealed in the database, and nowhere else in any form; a client key is
//! known to its client.

mod echoes;
mod traces;

use futures_util::{SinkExt as _, StreamExt as _};
use potluck_fakes::fault::ANY;
use potluck_fakes::{DemoWorld, Fault};
use reqwest::Response;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::installation::{Ended, Installation, wide_world};
use crate::relay::Relay;
use crate::requests::{chat, chat_request, client, get, image_request, post};
use traces::Traces;

/// What came out of the relay, each piece with what it is.
#[derive(Default)]
struct Gathered(Vec<(String, Vec<u8>)>);

impl Gathered {
    /// An answer with its head; gives its status.
    async fn answer(&mut self, what: &str, answer: Response) -> u16 {
        let status = answer.status().as_u16();
        let mut bytes = Vec::new();
        for (name, value) in answer.headers() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(&answer.bytes().await.unwrap_or_default());
        self.0.push((format!("{what} ({status})"), bytes));
        status
    }

    fn command(&mut self, line: &str, ended: Ended) {
        self.0.push((format!("output of {line}"), ended.out.into_bytes()));
        self.0
            .push((format!("messages of {line}"), ended.err.into_bytes()));
    }

    #[track_caller]
    fn are_free_of(&self, traces: &Traces) {
        for (what, bytes) in &self.0 {
            traces.are_not_in(what, bytes);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaks_where_the_log_is_text() {
    nothing_leaks("text").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaks_where_the_log_is_json() {
    nothing_leaks("json").await;
}

async fn nothing_leaks(format: &str) {
    let world = wide_world(3).await;
    let installation = Installation::furnished(&world).await;
    let rests = "--set upstreams.vercel.cool_downs.max=1ms --set upstreams.novelai.cool_downs.max=1ms \
                 --set upstreams.vercel.queue.max_wait=0s --set upstreams.novelai.queue.max_wait=0s";
    let arguments = format!("--set log.level=trace --set log.format={format} {rests}");
    let relay = Relay::start_with(&installation, &arguments).await;
    let (_, key) = installation.client_key().await;

    let mut seen = Gathered::default();
    successes(&world, &relay, &key, &mut seen).await;
    refusals(&relay, &key, &mut seen).await;
    broken_connections(&world, &relay, &key, &mut seen).await;
    managing(&world, &installation, &mut seen).await;
    over_the_network(&relay, &installation, &mut seen).await;
    seen.0.extend(installation.data());
    assert!(
        seen.0.iter().any(|(what, _)| what.ends_with("potluck.db-wal")),
        "no write-ahead log was looked at"
    );

    let log = relay.stop().await;
    assert!(
        log.contains("/v1/novelai/ai/generate-image-stream"),
        "requests are not in the log: {log}"
    );
    let mut kept = Gathered(installation.data());
    kept.0.push(("the log".to_owned(), log.into_bytes()));

    let tokens = world.novelai_accounts.iter().map(|account| &account.token);
    for secret in world.openai_keys.iter().chain(tokens) {
        let traces = Traces::of(secret);
        seen.are_free_of(&traces);
        kept.are_free_of(&traces);
    }
    let encryption_key = Traces::of(&installation.encryption_key());
    seen.are_free_of(&encryption_key);
    kept.are_free_of(&encryption_key);
    let admin_token = Traces::of(&installation.admin_token());
    seen.are_free_of(&admin_token);
    kept.are_free_of(&admin_token);
    kept.are_free_of(&Traces::of(&key));
    Gathered(installation.data()).are_free_of(&Traces::of(&key));
}

async fn successes(world: &DemoWorld, relay: &Relay, key: &str, seen: &mut Gathered) {
    let image = image_request();
    let mut stream = image.clone();
    stream["parameters"]["stream"] = json!("sse");
    let story = json!({"input": "Once", "model": "llama-3-erato-v1", "parameters": {"use_string": true, "max_length": 9}});
    let asked = [
        ("/v1/chat/completions", chat_request(false)),
        ("/v1/chat/completions", chat_request(true)),
        ("/v1/novelai/ai/generate-image", image),
        ("/v1/novelai/ai/generate-image-stream", stream),
        ("/v1/novelai/ai/generate-stream", story),
        ("/api/echo", json!({})),
    ];
    for (path, body) in asked {
        for _ in 0..world.openai_keys.len() {
            let status = seen.answer(path, post(relay, path, key, &body).await).await;
            assert!((200..300).contains(&status), "{path}: {status}");
        }
    }
    for path in [
        "/v1/models",
        "/v1/novelai/user/subscription",
        "/v1/novelai/user/data",
    ] {
        let answer = client()
            .get(relay.url(path))
            .bearer_auth(key)
            .send()
            .await
            .expect("an answer");
        assert_eq!(seen.answer(path, answer).await, 200, "{path}");
    }
    seen.0.push(("a WebSocket".to_owned(), socket(relay, key).await));
    for token in world
        .openai_keys
        .iter()
        .chain(world.novelai_accounts.iter().map(|account| &account.token))
    {
        let used = world.openai.server.records.of(token).len() + world.novelai.records().of(token).len();
        assert!(used > 0, "a pool key was never used, so nothing was shown of it");
    }
}

/// With the client key in the subprotocol, as browsers send it.
async fn socket(relay: &Relay, key: &str) -> Vec<u8> {
    let mut request = format!("ws://{}/api/ws", relay.address)
        .into_client_request()
        .expect("a request");
    let protocols = format!("realtime, openai-insecure-api-key.{key}");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocols.parse().expect("a header"));
    let (mut socket, answer) = tokio_tungstenite::connect_async(request)
        .await
        .expect("an upgrade");
    socket.send(Message::text("hello")).await.expect("a message");
    let echo = socket.next().await.expect("an echo").expect("an echo");
    let mut all = format!("{:?}", answer.headers()).into_bytes();
    all.extend_from_slice(&echo.into_data());
    all
}

async fn refusals(relay: &Relay, key: &str, seen: &mut Gathered) {
    for path in [
        "/healthz",
        "/readyz",
        "/nowhere",
        "/v1/models",
        "/v1/novelai/user/subscription",
        "/api/echo",
    ] {
        seen.answer(path, get(relay, path).await.expect("an answer"))
            .await;
    }
    seen.answer("unknown key", chat(relay, "np-unknown").await).await;
    for path in [
        "/v1/organization/admin_api_keys",
        "/v1/credits",
        "/v1/novelai/ai/module/all",
    ] {
        let status = seen.answer(path, post(relay, path, key, &json!({})).await).await;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    let broken = client()
        .post(relay.url("/v1/chat/completions"))
        .bearer_auth(key)
        .body("{\"model\":");
    seen.answer("broken JSON", broken.send().await.expect("an answer"))
        .await;
    let unknown = json!({"model": "no-such-model", "messages": []});
    seen.answer(
        "unknown model",
        post(relay, "/v1/chat/completions", key, &unknown).await,
    )
    .await;
}

/// What libraries say of errors tells the request's path, and some clients put their key there.
async fn broken_connections(world: &DemoWorld, relay: &Relay, key: &str, seen: &mut Gathered) {
    let path = format!("/v1/models?key={key}");
    for fault in [
        Fault::Reset,
        Fault::Truncate { after: 0 },
        Fault::ResetMidBody { after: 9 },
    ] {
        world.openai.server.faults.push(ANY, fault, usize::MAX);
        for request in [
            client().get(relay.url(&path)).bearer_auth(key),
            client().get(relay.url(&path)),
        ] {
            if let Ok(answer) = request.send().await {
                seen.answer("a broken connection", answer).await;
            }
        }
        world.openai.server.faults.clear_all();
    }
}

async fn managing(world: &DemoWorld, installation: &Installation, seen: &mut Gathered) {
    let again = installation.feed("pool add vercel", &world.openai_keys[0]).await;
    assert_ne!(again.code, Some(0), "{}", again.err);
    seen.command("pool add of one that is there", again);
    let again = installation
        .feed("pool import vercel --json", &world.openai_keys.join("\n"))
        .await
        .ok();
    seen.command("pool import of those that are there", again);
    let first = world.openai_keys[0].clone() + " with more";
    seen.command(
        "pool add of nonsense",
        installation.feed("pool add vercel", &first).await,
    );
    let id = installation.pool_keys("vercel").await[0];
    let lines = [
        "pool list",
        "pool list --json",
        &format!("pool show {id}"),
        &format!("pool show {id} --json"),
        &format!("pool pause {id} --json"),
        &format!("pool resume {id}"),
        "keys list --json",
        "upstreams list --json",
        "status",
        "status --json",
        "config show",
        "config show --json",
        "config check",
    ];
    for line in lines {
        seen.command(line, installation.run(line).await.ok());
    }
    for path in [
        "pool-keys",
        &format!("pool-keys/{id}"),
        "keys",
        "users",
        "upstreams",
        "status",
        "nowhere",
    ] {
        let path = format!("/manage/v1/{path}");
        seen.0.push((
            format!("control socket, {path}"),
            installation.control(&path).await,
        ));
    }
    let line = format!("pool withdraw {id} --yes --json");
    seen.command(&line, installation.run(&line).await.ok());
}

/// With the right token, and with it where it does not count.
async fn over_the_network(relay: &Relay, installation: &Installation, seen: &mut Gathered) {
    let (token, address) = (installation.admin_token(), relay.admin.expect("the API"));
    for path in ["pool-keys", "upstreams", "status", "nowhere"] {
        let asked = client().get(format!("http://{address}/manage/v1/{path}"));
        for request in [
            asked.try_clone().expect("a copy").bearer_auth(&token),
            asked
                .try_clone()
                .expect("a copy")
                .basic_auth("operator", Some(&token)),
            asked.header("x-api-key", &token),
        ] {
            let answer = request.send().await.expect("an answer");
            seen.answer(path, answer).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_pool_key_leaves_neither_ciphertext_nor_fingerprint() {
    let world = wide_world(1).await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let added = installation
        .feed("pool add vercel --json", &world.openai_keys[0])
        .await
        .ok()
        .json();
    assert!(added["key_id"].is_string(), "{added}");
    let line = format!("pool withdraw {} --yes --json", added["id"]);
    let withdrawn = installation.run(&line).await.ok().json();
    assert!(withdrawn["key_id"].is_null(), "{withdrawn}");
    // Nothing is left that tells that it was here, so it may be brought again.
    installation
        .feed("pool add vercel", &world.openai_keys[0])
        .await
        .ok();
    relay.stop().await;
}
