//! The built-in plug-ins that look at heads and bodies of requests.

use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_filters::model::Account;
use reqwest::Method;
use serde_json::{Value, json};

use crate::ask::{chat_request, image_request, refusal, sent};
use crate::world::{CLIENT_KEY, client, client_key, gpu, novelai, openai};

fn account(tier: u8) -> Account {
    Account {
        tier,
        active: true,
        anlas: 1000,
        battery: None,
        battery_negative: false,
        expires_at: None,
        checked_at: 0,
    }
}

const PAGE: &str = "https://app.example";

#[tokio::test(flavor = "multi_thread")]
async fn cors_answers_preflights_without_a_key() {
    let (_fake, _, plan) = openai(1).await;
    let settings = json!([{ "name": "cors", "origins": [PAGE], "credentials": true }]);
    let world = plan.with_plugins(0, &settings).start();
    let preflight = |origin: &str| {
        client()
            .request(Method::OPTIONS, world.url("/v1/chat/completions"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, x-stainless-os")
    };
    let answer = sent(preflight(PAGE)).await;
    assert_eq!(answer.status(), 204);
    let said = |name: &str| {
        answer
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(said("access-control-allow-origin").as_deref(), Some(PAGE));
    assert_eq!(
        said("access-control-allow-headers").as_deref(),
        Some("authorization, x-stainless-os")
    );
    assert_eq!(
        said("access-control-allow-methods").as_deref(),
        Some("GET, HEAD, POST")
    );
    assert_eq!(said("access-control-allow-credentials").as_deref(), Some("true"));
    assert_eq!(
        (said("access-control-max-age").as_deref(), said("vary").as_deref()),
        (Some("600"), Some("origin"))
    );
    let stranger = sent(preflight("https://evil.example")).await;
    assert!(!stranger.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cors_marks_every_answer_refusals_too() {
    let (_fake, _, plan) = openai(1).await;
    let settings = json!([{ "name": "cors", "origins": [PAGE] }]);
    let world = plan.with_plugins(0, &settings).start();
    let answer = sent(world.chat(false).header("origin", PAGE)).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            &answer.headers()["access-control-allow-origin"]
        ),
        (200, &PAGE.parse().unwrap())
    );
    assert!(
        answer.headers()["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .contains("x-request-id")
    );
    // Pages read refusals, too.
    let unknown = client()
        .post(world.url("/v1/chat/completions"))
        .header("origin", PAGE)
        .bearer_auth("np-unknown");
    let refused = sent(unknown).await;
    assert_eq!(
        (
            refused.status().as_u16(),
            &refused.headers()["access-control-allow-origin"]
        ),
        (401, &PAGE.parse().unwrap())
    );
    let other = sent(world.chat(false).header("origin", "https://evil.example")).await;
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cors_takes_the_place_of_what_novelai_says() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream
        .plan()
        .with_plugins_everywhere(&json!([{ "name": "cors", "origins": [PAGE] }]))
        .start();
    for request in [
        world.image(),
        world.get("/user/subscription"),
        world.post("/ai/module/train"),
    ] {
        let plain = request.try_clone().unwrap();
        let answer = sent(request.header("origin", PAGE)).await;
        let all: Vec<_> = answer
            .headers()
            .get_all("access-control-allow-origin")
            .iter()
            .collect();
        assert_eq!(all, [PAGE]);
        assert!(
            !sent(plain)
                .await
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_set_added_and_removed_both_ways() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let settings = json!([{
        "name": "set-headers",
        "request": { "set": { "x-kitchen": "east" }, "add": { "accept": "text/plain" }, "remove": ["x-spoon"] },
        "response": { "set": { "x-kitchen": "west" }, "remove": ["x-fake-node"] },
    }]);
    let world = gpu(std::slice::from_ref(&node))
        .with_plugins(0, &settings)
        .start();
    let request = world
        .get("/api/echo")
        .header("x-kitchen", "client's")
        .header("x-spoon", "1");
    let answer = sent(request).await;
    assert_eq!(answer.headers()["x-kitchen"], "west");
    assert!(!answer.headers().contains_key("x-fake-node"));
    let record = node.server.records.all().remove(0);
    assert_eq!(
        (record.header("x-kitchen"), record.header("x-spoon")),
        (Some("east"), None)
    );
    assert_eq!(
        record.headers.iter().filter(|(name, _)| name == "accept").count(),
        2
    );
    // The relay's own answers are answers as well.
    let refused = sent(client().get(world.url("/api/echo"))).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["x-kitchen"]),
        (401, &"west".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_mapped_and_a_keys_list_holds_for_both_names() {
    let (fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].models = Some(["friendly", "gpt-5-mini"].map(Into::into).into());
    let mut narrow = client_key(2, "np-narrow");
    narrow.models = Some(["friendly"].map(Into::into).into());
    let mut other = client_key(3, "np-other");
    other.models = Some(["gpt-5-mini"].map(Into::into).into());
    plan.client_keys.extend([narrow, other]);
    let settings =
        json!([{ "name": "model-map", "models": { "friendly": "gpt-5-mini", "old-*": "gpt-5-mini" } }]);
    let world = plan.with_plugins(0, &settings).start();
    let ask = |key: &str, model: &str| {
        let mut body = chat_request(false);
        body["model"] = json!(model);
        client()
            .post(world.url("/v1/chat/completions"))
            .bearer_auth(key)
            .json(&body)
    };
    let answer: Value = sent(ask(CLIENT_KEY, "friendly")).await.json().await.unwrap();
    assert_eq!(answer["model"], "gpt-5-mini");
    let record = fake.server.records.all().remove(0);
    let mut expected = chat_request(false);
    expected["model"] = json!("gpt-5-mini");
    assert_eq!(
        record.body,
        expected.to_string().as_bytes(),
        "only the name has changed"
    );
    let denied = (403, "model_not_allowed".to_owned());
    assert_eq!(refusal(ask("np-narrow", "friendly")).await, denied, "as mapped");
    assert_eq!(refusal(ask("np-other", "friendly")).await, denied, "as sent");
    assert_eq!(refusal(ask(CLIENT_KEY, "old-3")).await, denied, "as sent");
    assert_eq!(fake.server.records.count(), 1);
    let twice = world
        .post("/v1/chat/completions")
        .header("content-type", "application/json")
        .body(r#"{"model":"friendly","model":"gpt-5-mini","messages":[]}"#);
    assert_eq!(refusal(twice).await, (400, "cost_unreadable".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_networks_get_in() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(std::slice::from_ref(&node))
        .with_plugged(
            "here",
            &json!([{ "name": "ip-allow", "networks": ["127.0.0.0/8"] }]),
        )
        .with_plugged(
            "there",
            &json!([{ "name": "ip-allow", "networks": ["10.0.0.0/8", "::1"] }]),
        )
        .start();
    assert_eq!(sent(world.get("/here/api/echo")).await.status(), 200);
    let denied = (403, "address_not_allowed".to_owned());
    assert_eq!(refusal(world.get("/there/api/echo")).await, denied);
    // What the relay answers itself is behind them, too.
    let upstream = novelai(1, Settings::default()).await;
    let far = json!([{ "name": "ip-allow", "networks": ["10.0.0.0/8"] }]);
    let world = upstream.plan().with_plugins_everywhere(&far).start();
    assert_eq!(refusal(world.get("/user/subscription")).await, denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_on_anlas_is_held_against_the_price_of_the_body_as_it_goes_on() {
    let upstream = novelai(1, Settings::default()).await;
    let settings = json!([
        { "name": "cost-cap", "max_anlas": 0 },
        { "name": "deny-params", "remove": ["parameters.director_reference_images"] },
    ]);
    let mut plan = upstream.plan().with_plugins(1, &settings);
    plan.pool_keys[0].account = Some(account(3));
    let world = plan.start();
    let ask = |steps: u32, reference: bool| {
        let mut body = image_request();
        body["parameters"]["steps"] = json!(steps);
        if reference {
            body["parameters"]["director_reference_images"] = json!(["aGVsbG8="]);
        }
        world.post("/ai/generate-image").json(&body)
    };
    assert_eq!(sent(ask(28, false)).await.status(), 200, "free on Opus");
    assert_eq!(
        sent(ask(28, true)).await.status(),
        200,
        "what would cost five is taken out"
    );
    assert_eq!(refusal(ask(50, false)).await, (402, "cost_capped".to_owned()));
    assert_eq!(upstream.accounts[0].images(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capped_request_goes_to_no_key_on_which_it_costs_more() {
    let upstream = novelai(1, Settings::default()).await;
    upstream.accounts[0].set_anlas(1000, 0);
    let capped = json!([{ "name": "cost-cap", "max_anlas": 0 }]);
    let mut plan = upstream.plan().with_plugins(1, &capped).impatient();
    // Not an Opus: what is free there costs Anlas here.
    plan.pool_keys[0].account = Some(account(2));
    let world = plan.start();
    assert_eq!(refusal(world.image()).await, (402, "unaffordable".to_owned()));
    assert_eq!(upstream.accounts[0].anlas(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_capped_by_refusing_lowering_and_adding() {
    let (fake, _, mut plan) = openai(1).await;
    for over in ["refuse", "lower"] {
        plan = plan.with_plugged(
            over,
            &json!([{ "name": "cost-cap", "max_tokens": 10, "over": over }]),
        );
    }
    let world = plan.start();
    for (over, asked, expected) in [
        (
            "refuse",
            json!({ "max_tokens": 10 }),
            Ok(json!({ "max_tokens": 10 })),
        ),
        ("refuse", json!({ "max_tokens": 11 }), Err("param_not_allowed")),
        (
            "lower",
            json!({ "max_tokens": 11 }),
            Ok(json!({ "max_tokens": 10 })),
        ),
        (
            "lower",
            json!({ "max_completion_tokens": 99, "n": 3 }),
            Ok(json!({ "max_completion_tokens": 3, "n": 3 })),
        ),
        ("refuse", json!({}), Ok(json!({ "max_completion_tokens": 10 }))),
        ("refuse", json!({ "max_tokens": "many" }), Err("cost_unreadable")),
        ("lower", json!({ "n": 11 }), Err("param_not_allowed")),
    ] {
        let mut body = chat_request(false);
        for (key, value) in asked.as_object().unwrap() {
            body[key] = value.clone();
        }
        let request = world.post(&format!("/{over}/v1/chat/completions")).json(&body);
        match expected {
            Err(code) => assert_eq!(refusal(request).await, (400, code.to_owned()), "{asked}"),
            Ok(expected) => {
                assert_eq!(sent(request).await.status(), 200, "{asked}");
                let seen: Value =
                    serde_json::from_slice(&fake.server.records.all().pop().unwrap().body).unwrap();
                for name in ["max_tokens", "max_completion_tokens", "n"] {
                    assert_eq!(seen.get(name), expected.get(name), "{asked}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_refused_or_taken_out() {
    let (fake, _, plan) = openai(1).await;
    let settings =
        json!([{ "name": "deny-params", "refuse": ["tools[].type"], "remove": ["user", "messages[].name"] }]);
    let world = plan.with_plugins(0, &settings).start();
    let mut body = chat_request(false);
    body["user"] = json!("me");
    body["messages"][0]["name"] = json!("me");
    assert_eq!(
        sent(world.post("/v1/chat/completions").json(&body))
            .await
            .status(),
        200
    );
    assert_eq!(
        fake.server.records.all()[0].body,
        chat_request(false).to_string().as_bytes()
    );
    body["tools"] = json!([{ "type": "function" }]);
    let refused = sent(world.post("/v1/chat/completions").json(&body)).await;
    assert_eq!(refused.status(), 400);
    let said: Value = refused.json().await.unwrap();
    assert_eq!(said["error"]["code"], "param_not_allowed");
    assert!(
        said["error"]["message"]
            .as_str()
            .unwrap()
            .contains("tools[].type"),
        "{said}"
    );
    // What cannot be looked through does not pass.
    let packed = world
        .post("/v1/chat/completions")
        .header("content-encoding", "gzip")
        .json(&body);
    assert_eq!(refusal(packed).await, (400, "cost_unreadable".to_owned()));
    let form = reqwest::multipart::Form::new()
        .text("User", "me")
        .text("model", "whisper-1");
    let form = world.post("/v1/audio/transcriptions").multipart(form);
    assert_eq!(refusal(form).await, (400, "param_not_allowed".to_owned()));
    assert_eq!(sent(world.get("/v1/models")).await.status(), 200);
}
