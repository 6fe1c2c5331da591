//! Several upstreams behind one route: the model chooses, others stand in, and models are listed together.

use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::openai::{OpenAiFake, OpenAiOptions, Refusal};
use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::model::{ClientKey, Kind, ModelRoutes, ModelRule, Opened, Role};
use potluck_filters::route::Pattern;
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::ask::{refusal, sent};
use crate::world::{CLIENT_KEY, Plan, World, client, client_key, openai, route, upstream, user};

async fn fake(models: &[&str]) -> OpenAiFake {
    let options = OpenAiOptions {
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        ..OpenAiOptions::default()
    };
    OpenAiFake::start_with(options).await.expect("a fake")
}

fn rule(pattern: &str, upstream: usize) -> ModelRule {
    ModelRule {
        patterns: vec![Pattern::new(pattern)],
        upstream,
    }
}

/// `gpt-*` at the first upstream, `claude-*` at the second; the third stands in for both.
async fn three() -> ([OpenAiFake; 3], Plan) {
    let fakes = [
        fake(&["gpt-5-mini", "gpt-9", "other"]).await,
        fake(&["claude-5", "gpt-5-mini"]).await,
        fake(&["gpt-5-mini", "claude-5"]).await,
    ];
    let names = ["first", "second", "third"];
    let upstreams = names.iter().zip(&fakes).map(|(name, fake)| {
        let url = fake.server.url();
        fake.keys.add(&format!("vck_{name}"), 1_000_000);
        upstream(name, Kind::Openai, &[("main", Role::Any, &url)])
    });
    let mut chosen = route("/v1", 0, false);
    let routes = ModelRoutes {
        rules: vec![rule("gpt-*", 0), rule("claude-*", 1)],
        default: None,
        fallback: vec![2],
    };
    chosen.models = Some(routes.into());
    let mut plan = Plan::new(upstreams.collect(), vec![chosen]).impatient();
    for name in names {
        plan = plan.with_pool_keys(name, &[format!("vck_{name}")]);
    }
    (fakes, plan)
}

fn chat(world: &World, model: &str) -> RequestBuilder {
    world
        .post("/v1/chat/completions")
        .json(&json!({"model": model, "messages": [{"role": "user", "content": "hello"}]}))
}

fn counts(fakes: &[OpenAiFake; 3]) -> [usize; 3] {
    [0, 1, 2].map(|n| fakes[n].server.records.count())
}

async fn ids(request: RequestBuilder) -> Vec<String> {
    let answer = sent(request).await;
    assert_eq!(answer.status(), 200);
    let list: Value = answer.json().await.expect("a list");
    let data = list["data"].as_array().expect("entries").iter();
    data.map(|model| model["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn not_found() -> (u16, String) {
    (404, "model_not_found".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_chooses_the_upstream() {
    let (fakes, plan) = three().await;
    let world = plan.start();
    assert_eq!(sent(chat(&world, "gpt-5-mini")).await.status(), 200);
    assert_eq!(counts(&fakes), [1, 0, 0]);
    assert_eq!(sent(chat(&world, "claude-5")).await.status(), 200);
    assert_eq!(counts(&fakes), [1, 1, 0]);
    assert_eq!(refusal(chat(&world, "llama")).await, not_found());
    let nameless = world.post("/v1/chat/completions").json(&json!({"messages": []}));
    assert_eq!(refusal(nameless).await, not_found());
    let form = Form::new()
        .text("model", "claude-5")
        .part("file", Part::bytes(vec![0_u8; 16]).file_name("a.wav"));
    sent(world.post("/v1/audio/transcriptions").multipart(form)).await;
    assert_eq!(counts(&fakes), [1, 2, 0], "forms name their model, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_rule_matches_goes_to_the_default_if_there_is_one() {
    let (fakes, mut plan) = three().await;
    let routes = ModelRoutes {
        rules: vec![rule("claude-*", 1)],
        default: Some(0),
        fallback: vec![],
    };
    plan.layout.routes[0].models = Some(routes.into());
    let world = plan.start();
    assert_eq!(sent(chat(&world, "other")).await.status(), 200);
    assert_eq!(counts(&fakes), [1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_can_be_read_in_two_ways_reaches_nobody() {
    let (fakes, plan) = three().await;
    let world = plan.start();
    for body in [
        r#"{"model":"gpt-5-mini","model":"claude-5","messages":[]}"#,
        r#"{"model":"gpt-5-mini","Model":"claude-5","messages":[]}"#,
        r#"{"model":5,"messages":[]}"#,
        "no JSON",
    ] {
        let ask = world
            .post("/v1/chat/completions")
            .header("content-type", "application/json");
        let refused = refusal(ask.body(body)).await;
        assert_eq!(refused, (400, "cost_unreadable".to_owned()), "{body}");
    }
    assert_eq!(counts(&fakes), [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_upstream_stands_in_where_the_chosen_one_has_no_way() {
    let (fakes, mut plan) = three().await;
    // Nobody has brought a key for the second.
    plan.pool_keys.retain(|key| &*key.upstream != "second");
    let world = plan.start();
    assert_eq!(sent(chat(&world, "claude-5")).await.status(), 200);
    assert_eq!(counts(&fakes), [0, 0, 1]);
    for fault in [
        Fault::from(Refusal::RateLimited { retry_after: None }),
        Fault::from(Refusal::InvalidKey { key: "x".to_owned() }),
        Fault::from(Refusal::QuotaExceeded),
    ] {
        fakes[0].server.faults.push("vck_first", fault, 1);
        assert_eq!(sent(chat(&world, "gpt-5-mini")).await.status(), 200);
        world.edge.recheck_all("first");
    }
    assert_eq!(counts(&fakes), [3, 0, 4]);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_wait_for_the_chosen_upstream_gets_a_free_key_of_the_next() {
    let (fakes, mut plan) = three().await;
    for upstream in &mut plan.layout.upstreams {
        upstream.key_concurrency = 1;
        upstream.queue.max_wait = Duration::from_secs(60);
    }
    let world = plan.start();
    fakes[0]
        .server
        .faults
        .push("vck_first", Fault::HangBeforeHeaders, 1);
    let hanging = tokio::spawn(chat(&world, "gpt-5-mini").send());
    fakes[0].server.records.wait_for(1).await;
    let hurried = chat(&world, "gpt-5-mini").header("x-potluck-max-wait", "0");
    assert_eq!(sent(hurried).await.status(), 200);
    assert_eq!(counts(&fakes), [1, 0, 1]);
    fakes[0].server.faults.release();
    let _ = hanging.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_cannot_be_reached_is_stood_in_for() {
    let (mut fakes, plan) = three().await;
    let world = plan.start();
    let gone = fake(&[]).await;
    std::mem::replace(&mut fakes[0], gone).server.stop().await;
    assert_eq!(sent(chat(&world, "gpt-5-mini")).await.status(), 200);
    assert_eq!(fakes[2].server.records.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_own_fault_and_work_that_may_be_done_go_to_nobody_else() {
    let (fakes, mut plan) = three().await;
    for upstream in &mut plan.layout.upstreams {
        upstream.timeouts.first_byte = Duration::from_secs(2);
    }
    let world = plan.start();
    // The first upstream does not know this one; to ask elsewhere would only hide the mistake.
    assert_eq!(refusal(chat(&world, "gpt-unknown")).await, not_found());
    fakes[0]
        .server
        .faults
        .push("vck_first", Fault::HangBeforeHeaders, 1);
    assert_eq!(refusal(chat(&world, "gpt-5-mini")).await.0, 504);
    assert_eq!(counts(&fakes), [2, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_stands_in_the_most_telling_refusal_is_heard() {
    let (fakes, mut plan) = three().await;
    plan.pool_keys.retain(|key| &*key.upstream == "first");
    let world = plan.start();
    fakes[0]
        .server
        .faults
        .push("vck_first", Refusal::InvalidKey { key: "x".to_owned() }.into(), 1);
    let (status, code) = refusal(chat(&world, "gpt-5-mini")).await;
    assert_ne!(code, "pool_empty", "{status}");
    assert_eq!(
        refusal(chat(&world, "claude-5")).await,
        (503, "pool_empty".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_together_each_where_it_is_served() {
    let (fakes, plan) = three().await;
    let world = plan.start();
    assert_eq!(
        ids(world.get("/v1/models")).await,
        ["gpt-5-mini", "gpt-9", "claude-5"]
    );
    assert_eq!(ids(world.get("/v1/models")).await.len(), 3);
    assert_eq!(counts(&fakes), [1, 1, 1], "the second time from memory");
    let one: Value = sent(world.get("/v1/models/claude-5")).await.json().await.unwrap();
    assert_eq!(one["id"], "claude-5");
    assert_eq!(refusal(world.get("/v1/models/other")).await, not_found());
    assert_eq!(counts(&fakes), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_lists_are_shown_while_an_upstream_is_away_and_new_ones_come_behind() {
    let (mut fakes, mut plan) = three().await;
    plan.settings.models_refresh = Duration::ZERO;
    let world = plan.start();
    assert_eq!(ids(world.get("/v1/models")).await.len(), 3);
    let gone = fake(&[]).await;
    std::mem::replace(&mut fakes[1], gone).server.stop().await;
    // Each answer is the old list, and has the next one asked for behind it.
    let before = fakes[0].server.records.count();
    while fakes[0].server.records.count() < before + 2 {
        assert_eq!(
            ids(world.get("/v1/models")).await,
            ["gpt-5-mini", "gpt-9", "claude-5"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_have_a_list_asked_for_once() {
    let (fakes, plan) = three().await;
    let world = plan.start();
    let asked = (0..16).map(|_| ids(world.get("/v1/models")));
    let lists = futures_util::future::join_all(asked).await;
    assert!(lists.iter().all(|list| list.len() == 3));
    assert_eq!(counts(&fakes), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sees_the_models_that_it_may_use() {
    let (fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].models = Some(["gpt-5-mini".into(), "openai/*".into()].into_iter().collect());
    let free = "np-test-free-client-key-0123456789abcdefghijklmnop";
    let other = ClientKey {
        id: ClientKeyId(2),
        ..client_key(2, free)
    };
    plan.client_keys.push(other);
    let world = plan.start();
    assert_eq!(
        ids(world.get("/v1/models")).await,
        ["gpt-5-mini", "openai/gpt-5-mini"]
    );
    let one: Value = sent(world.get("/v1/models/openai%2Fgpt-5-mini"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(one["id"], "openai/gpt-5-mini");
    assert_eq!(refusal(world.get("/v1/models/whisper-1")).await, not_found());
    assert_eq!(fake.server.records.count(), 1);
    let all = client().get(world.url("/v1/models")).bearer_auth(free);
    assert_eq!(ids(all).await.len(), 8, "relayed as it is");
    assert_eq!(fake.server.records.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_without_a_list_says_why() {
    let (fakes, mut plan) = three().await;
    plan.pool_keys.clear();
    let world = plan.start();
    assert_eq!(
        refusal(world.get("/v1/models")).await,
        (503, "pool_empty".to_owned())
    );
    assert_eq!(counts(&fakes), [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_choose_the_upstream_that_keeps_them() {
    let (fakes, mut plan) = three().await;
    for upstream in &mut plan.layout.upstreams {
        upstream.opened = Opened::Owned;
    }
    let stranger = "np-test-stranger-client-key-56789abcdefghijklmnop";
    plan.users.push(user(2));
    plan.client_keys.push(ClientKey {
        user: UserId(2),
        ..client_key(2, stranger)
    });
    let world = plan.start();
    let respond = |model: &str, more: &Value| {
        let mut body = json!({"model": model, "input": "x"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        world.post("/v1/responses").json(&body)
    };
    let made: Value = sent(respond("claude-5", &json!({}))).await.json().await.unwrap();
    let id = made["id"].as_str().unwrap();
    assert_eq!(counts(&fakes), [0, 1, 0]);
    assert_eq!(
        sent(world.get(&format!("/v1/responses/{id}"))).await.status(),
        200
    );
    let next = json!({"previous_response_id": id});
    assert_eq!(sent(respond("claude-5", &next)).await.status(), 200);
    assert_eq!(counts(&fakes), [0, 3, 0]);
    let apart = refusal(respond("gpt-5-mini", &next)).await;
    assert_eq!(apart, (400, "objects_apart".to_owned()));
    let foreign = client()
        .get(world.url(&format!("/v1/responses/{id}")))
        .bearer_auth(stranger);
    assert_eq!(refusal(foreign).await, (404, "object_not_found".to_owned()));

    // A file goes to the first of them, and a batch of it after it.
    let file = Part::text("{}").file_name("x.jsonl");
    let form = Form::new().text("purpose", "batch").part("file", file);
    let file: Value = sent(world.post("/v1/files").multipart(form))
        .await
        .json()
        .await
        .unwrap();
    let batch = json!({"input_file_id": file["id"], "endpoint": "/v1/responses", "completion_window": "24h"});
    assert_eq!(sent(world.post("/v1/batches").json(&batch)).await.status(), 200);
    assert_eq!(counts(&fakes), [2, 3, 0]);
    assert_eq!(
        ids(client().get(world.url("/v1/files")).bearer_auth(CLIENT_KEY))
            .await
            .len(),
        1
    );
}
