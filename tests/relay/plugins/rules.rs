//! What holds for every plug-in, whoever made it.

use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::probe;
use super::probe::calls;
use crate::ask::{image_request, image_stream_request, refusal, sent};
use crate::world::{CLIENT_KEY, World, client, gpu, novelai, openai, route};

async fn node(entries: &Value) -> (NodeFake, World) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(std::slice::from_ref(&node)).with_plugins(0, entries).start();
    (node, world)
}

/// Until the request's last hook has run: its answer may be there before.
async fn logged(tag: &str) -> Vec<String> {
    loop {
        let calls = calls(tag);
        if calls.iter().any(|call| call.starts_with("on_log")) {
            return calls;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_meet_plugins_as_listed_and_answers_in_reverse() {
    let entries = json!([probe("order-1", &json!({})), probe("order-2", &json!({}))]);
    let (node, world) = node(&entries).await;
    let answer = sent(world.get("/api/echo")).await;
    let traces: Vec<_> = answer.headers().get_all("x-trace").iter().cloned().collect();
    assert_eq!(traces, ["order-2", "order-1"]);
    let record = node.server.records.all().remove(0);
    let sent: Vec<_> = record
        .headers
        .iter()
        .filter(|(name, _)| name == "x-trace")
        .collect();
    assert_eq!(
        sent.iter().map(|(_, tag)| tag.as_str()).collect::<Vec<_>>(),
        ["order-1", "order-2"]
    );
    let hooks = ["on_request", "on_upstream_request", "on_response"];
    let mut all: Vec<String> = hooks.map(str::to_owned).into();
    all.push(format!("on_log 200 none {}", hooks.join(" ")));
    assert_eq!(logged("order-1").await, all);
    assert_eq!(logged("order-2").await, all, "each has a state of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_without_plugins_calls_none() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.routes.push(route("/api/echo", 0, false));
    let plan = plan.with_plugins(0, &json!([probe("plain", &json!({}))]));
    assert!(plan.layout.routes[1].plugins.is_none());
    let world = plan.start();
    assert_eq!(sent(world.get("/api/echo")).await.status(), 200);
    world.idle().await;
    assert!(calls("plain").is_empty(), "{:?}", calls("plain"));
    assert_eq!(sent(world.get("/api/big?bytes=1")).await.status(), 200);
    assert_eq!(logged("plain").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_any_hook_is_the_clients_and_nobody_is_blamed() {
    let hooks = [
        "on_request",
        "on_upstream_request",
        "on_response",
        "on_response_body",
    ];
    let node = NodeFake::start("gpu-1").await.unwrap();
    let plan = hooks.iter().fold(gpu(std::slice::from_ref(&node)), |plan, hook| {
        let entry = probe(
            &format!("refuses-{hook}"),
            &json!({ "refuses": hook, "deliver": "whole" }),
        );
        plan.with_plugged(hook, &json!([entry]))
    });
    let world = plan.start();
    for hook in hooks {
        let before = node.server.records.count();
        let request = world.get(&format!("/{hook}/api/echo"));
        assert_eq!(
            refusal(request).await,
            (403, "plugin_refused".to_owned()),
            "{hook}"
        );
        let last = logged(&format!("refuses-{hook}")).await.pop().unwrap();
        assert!(last.starts_with("on_log 403 plugin_refused"), "{last}");
        let reached = usize::from(hook.starts_with("on_response"));
        assert_eq!(node.server.records.count() - before, reached, "{hook}");
        world.idle().await;
        assert_eq!((world.leases(), world.pool("gpu", "cooling")), (0, 0), "{hook}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_any_hook_fails_its_request_alone() {
    let hooks = [
        "on_request",
        "on_upstream_request",
        "on_response",
        "on_response_body",
        "on_log",
    ];
    let upstream = novelai(1, Settings::default()).await;
    let plan = hooks.iter().fold(upstream.plan().impatient(), |plan, hook| {
        let entry = probe(
            &format!("panics-{hook}"),
            &json!({ "panics": hook, "deliver": "whole" }),
        );
        plan.with_plugged(hook, &json!([entry]))
    });
    let world = plan.start();
    for hook in hooks {
        let expected = if hook == "on_log" { 418 } else { 500 };
        let answer = sent(
            world
                .post(&format!("/{hook}/ai/generate-image"))
                .json(&image_request()),
        )
        .await;
        assert_eq!(answer.status(), expected, "{hook}");
        if hook != "on_log" {
            assert!(answer.text().await.unwrap().contains("plugin_failed"), "{hook}");
        }
        world.idle().await;
        assert_eq!(world.leases(), 0, "{hook}");
        // Another route of the same upstream, with the same one account.
        assert_eq!(sent(world.image()).await.status(), 200, "{hook}");
        world.idle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plugin_sees_a_key() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream
        .plan()
        .with_plugins(1, &json!([probe("keys", &json!({}))]))
        .start();
    assert_eq!(sent(world.image()).await.status(), 200);
    let seen = calls("keys sees").join("\n");
    assert!(
        seen.contains("content-type") && !seen.contains("pst-") && !seen.contains(CLIENT_KEY),
        "{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plugin_sets_what_is_the_relays() {
    let reserved = [
        "authorization",
        "x-api-key",
        "cookie",
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "expect",
        "x-request-id",
        "x-potluck-max-wait",
    ];
    let node = NodeFake::start("gpu-1").await.unwrap();
    let plan = reserved
        .iter()
        .fold(gpu(std::slice::from_ref(&node)), |plan, name| {
            plan.with_plugged(name, &json!([probe("sets", &json!({ "sets": [name] }))]))
        });
    let world = plan.start();
    for name in reserved {
        let request = world.get(&format!("/{name}/api/echo"));
        assert_eq!(
            refusal(request).await,
            (500, "plugin_failed".to_owned()),
            "{name}"
        );
    }
    assert_eq!(node.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_and_whole_answers_can_be_changed() {
    let (_node, world) = node(&json!([probe("pieces", &json!({ "deliver": "chunks" }))])).await;
    let answer = sent(world.get("/api/stream?events=2")).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert!(
        text.contains("DATA: {") && text.contains("EVENT: DONE") && text.ends_with("the end"),
        "{text}"
    );

    let answer = sent(world.get("/api/status/404")).await;
    assert!(
        answer.headers().get("content-length").is_none(),
        "its length is not known any more"
    );
    assert!(answer.text().await.unwrap().ends_with("the end"));

    let (_node, world) = node(&json!([probe("whole", &json!({ "deliver": "whole" }))])).await;
    let answer = sent(world.get("/api/big?bytes=70000")).await;
    assert_eq!(
        (answer.status().as_u16(), answer.content_length()),
        (418, Some(11))
    );
    assert_eq!(answer.text().await.unwrap(), "70000 bytes");
    let head = sent(
        client()
            .head(world.url("/api/big?bytes=70000"))
            .bearer_auth(CLIENT_KEY),
    )
    .await;
    assert_eq!(head.status(), 200, "there is no body to make anything of");
    assert_eq!(head.headers()["content-length"], "70000");
    assert_eq!(
        refusal(world.get("/api/big?bytes=1048577")).await,
        (500, "plugin_failed".to_owned())
    );
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_a_plugin_stops_says_so_and_the_account_is_given_back() {
    let upstream = novelai(1, Settings::default()).await;
    let entries = json!([probe(
        "stops",
        &json!({ "deliver": "chunks", "refuses": "on_response_chunk" })
    )]);
    let world = upstream.plan().with_plugins(1, &entries).impatient().start();
    let request = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("sse"));
    let text = sent(request).await.text().await.unwrap();
    assert!(
        text.contains("event: error") && text.contains("plugin_refused"),
        "{text}"
    );
    world.idle().await;
    assert_eq!(world.leases(), 0);
    let again = world.post("/v1/novelai/generate-image").json(&image_request());
    assert_eq!(sent(again).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_a_plugin_reads_are_bounded_and_websockets_refused() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].bodies.replay = 1000;
    plan.layout.routes.push(route("/api/echo", 0, false));
    let world = plan
        .with_plugins(0, &json!([probe("reads", &json!({ "reads": true }))]))
        .start();
    // Without plug-ins it streams past.
    assert_eq!(
        sent(world.post("/api/echo").body(vec![b'x'; 1001]))
            .await
            .status(),
        200
    );
    let long = world.post("/api/chunked").body(vec![b'x'; 1001]);
    assert_eq!(refusal(long).await, (413, "body_too_large".to_owned()));

    let mut request = format!("ws://{}/api/ws", world.address)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {CLIENT_KEY}").parse().unwrap());
    let refused = tokio_tungstenite::connect_async(request).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(answer) = refused else {
        panic!("{refused}")
    };
    assert_eq!(answer.status(), 403);
    assert_eq!(
        calls("reads")
            .iter()
            .filter(|call| *call == "on_upstream_request")
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn websockets_and_long_bodies_pass_plugins_that_read_none() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].bodies.replay = 1000;
    let world = plan
        .with_plugins(0, &json!([probe("native", &json!({}))]))
        .start();
    let mut request = format!("ws://{}/api/ws", world.address)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {CLIENT_KEY}").parse().unwrap());
    let (socket, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(answer.headers()["x-trace"], "native");
    drop(socket);
    let answer = sent(world.post("/api/echo").body(vec![b'x'; 1001])).await;
    assert_eq!(answer.headers()["x-trace"], "native");
    let seen: Value = answer.json().await.unwrap();
    assert_eq!(seen["body_bytes"], 1001);
    assert!(
        seen["headers"]
            .as_array()
            .unwrap()
            .contains(&json!(["x-trace", "native"])),
        "{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_on_the_long_way_is_the_clients_too() {
    let hooks = ["on_upstream_request", "on_response"];
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = hooks.iter().fold(gpu(std::slice::from_ref(&node)), |plan, hook| {
        plan.with_plugged(hook, &json!([probe("long", &json!({ "refuses": hook }))]))
    });
    plan.layout.upstreams[0].bodies.replay = 1000;
    let world = plan.start();
    for hook in hooks {
        let request = world.post(&format!("/{hook}/api/echo")).body(vec![b'x'; 1001]);
        assert_eq!(
            refusal(request).await,
            (403, "plugin_refused".to_owned()),
            "{hook}"
        );
        world.idle().await;
        assert_eq!(world.leases(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_shown_to_plugins_and_only_the_last_answer() {
    let (fake, keys, plan) = openai(2).await;
    let world = plan
        .with_plugins(0, &json!([probe("attempts", &json!({}))]))
        .start();
    fake.server
        .faults
        .push(&keys[0], Fault::Early { code: 401 }, usize::MAX);
    for _ in 0..2 {
        assert_eq!(sent(world.chat(false)).await.status(), 200);
    }
    world.idle().await;
    let count = |hook: &str| calls("attempts").iter().filter(|call| *call == hook).count();
    assert_eq!((count("on_upstream_request"), count("on_response")), (3, 2));
}
