//! Credit: what requests use comes off the balances that the choice of a key goes by.

use std::collections::BTreeMap;

use potluck_fakes::fault::Fault;
use potluck_fakes::openai::OpenAiFake;
use potluck_fakes::openai::keys::PER_TOKEN;
use potluck_filters::credit::CreditTerms;
use potluck_filters::model::{Credit, PoolKey};
use potluck_filters::pool::Policy;
use potluck_filters::snapshot::PoolKeyChange;
use serde_json::{Value, json};

use crate::ask::{chat_request, sent};
use crate::world::{Plan, World, openai};

const UNIT: u64 = 1_000_000;
/// Tokens of [`chat_request`]: three words asked, and the answer of the fake.
const TOKENS: u64 = 3 + 5;

/// A relay whose keys have these balances, in millionths.
async fn bank(balances: &[u64]) -> (OpenAiFake, Vec<String>, Plan) {
    let (fake, keys, mut plan) = openai(balances.len()).await;
    let upstream = &mut plan.layout.upstreams[0];
    upstream.policy = Policy::CreditWeighted;
    upstream.credit = Some(CreditTerms {
        path: "/v1/credits".into(),
        balance: "/balance".into(),
        less: None,
        used: None,
    });
    for ((key, secret), balance) in plan.pool_keys.iter_mut().zip(&keys).zip(balances) {
        fake.keys.add(secret, *balance);
        key.credit = credit(*balance, 0);
    }
    (fake, keys, plan)
}

fn credit(balance: u64, asked_at: i64) -> Option<Credit> {
    let used = None;
    Some(Credit {
        balance,
        used,
        asked_at,
    })
}

/// What the edge thinks is left, by key.
fn left(world: &World) -> BTreeMap<i64, u64> {
    let reports = world.edge.pool_keys().into_iter();
    reports
        .map(|report| (report.key.0, report.left.unwrap()))
        .collect()
}

/// Tells the edge what the fake knows, as the jobs do.
fn look(world: &World, fake: &OpenAiFake, keys: &[(PoolKey, &str)], asked_at: i64) {
    let changes = keys.iter().map(|(key, secret)| {
        let balance = fake.keys.balance(secret).unwrap();
        let key = PoolKey {
            credit: credit(balance, asked_at),
            ..key.clone()
        };
        PoolKeyChange::Put(key.into())
    });
    world.change(vec![], changes.collect());
}

/// A time that the edge has not come to, in milliseconds since the Unix epoch.
fn later(seconds: i64) -> i64 {
    potluck::clock::unix_ms() + seconds * 1000
}

async fn chat(world: &World, stream: bool) -> String {
    let answer = sent(world.chat(stream)).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    world.idle().await;
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_upstream_says_it_cost_comes_off_at_once() {
    let (fake, keys, plan) = bank(&[10 * UNIT]).await;
    let world = plan.start();
    let answer = json!({"model": "m", "choices": [], "usage": {"prompt_tokens": 1, "cost": 0.25}});
    let event = format!("data: {answer}\n\ndata: [DONE]\n\n");
    for (content_type, body) in [
        ("application/json", answer.to_string()),
        ("text/event-stream", event),
    ] {
        let fault = Fault::Status {
            code: 200,
            content_type: content_type.to_owned(),
            body: body.into(),
            headers: vec![],
        };
        fake.server.faults.push(&keys[0], fault, 1);
        let before = left(&world)[&1];
        chat(&world, false).await;
        assert_eq!(before - left(&world)[&1], UNIT / 4, "{content_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_learned_from_what_balances_lost_and_then_taken_off_by_themselves() {
    let (fake, keys, plan) = bank(&[10 * UNIT]).await;
    let pool_keys: Vec<_> = plan
        .pool_keys
        .iter()
        .cloned()
        .zip(keys.iter().map(String::as_str))
        .collect();
    let world = plan.start();
    chat(&world, false).await;
    assert_eq!(left(&world)[&1], 10 * UNIT, "nothing is known of prices yet");
    look(&world, &fake, &pool_keys, later(60));
    assert_eq!(left(&world)[&1], 10 * UNIT - TOKENS * PER_TOKEN);
    chat(&world, false).await;
    assert_eq!(left(&world)[&1], fake.keys.balance(&keys[0]).unwrap());
    let mut request = chat_request(true);
    request["stream_options"] = json!({"include_usage": true});
    sent(world.post("/v1/chat/completions").json(&request))
        .await
        .text()
        .await
        .unwrap();
    world.idle().await;
    assert_eq!(left(&world)[&1], fake.keys.balance(&keys[0]).unwrap());
    chat(&world, true).await;
    let (thought, real) = (left(&world)[&1], fake.keys.balance(&keys[0]).unwrap());
    assert!(
        thought.abs_diff(real) < 40 * PER_TOKEN,
        "a guess: {thought}, {real}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_serve_in_proportion_to_their_credit_until_it_is_used_up() {
    let (fake, keys, mut plan) = bank(&[8 * UNIT, 4 * UNIT, UNIT, UNIT / 2]).await;
    // A cent too much for the last.
    plan.layout.upstreams[0].min_credit = UNIT / 2;
    let world = plan.start();
    for _ in 0..130 {
        chat(&world, false).await;
    }
    let count = |key: &String| fake.server.records.of(key).len();
    let counts: Vec<_> = keys.iter().map(count).collect();
    assert_eq!((counts.iter().sum::<usize>(), counts[3]), (130, 0));
    // Expected are 80, 40 and 10; each bound is at least five standard deviations away.
    assert!(
        (50..=110).contains(&counts[0]) && (12..=68).contains(&counts[1]) && counts[2] <= 26,
        "{counts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_or_left_counts_as_far_as_it_came() {
    let (fake, keys, plan) = bank(&[10 * UNIT]).await;
    let pool_keys: Vec<_> = plan
        .pool_keys
        .iter()
        .cloned()
        .zip(keys.iter().map(String::as_str))
        .collect();
    let world = plan.start();
    chat(&world, false).await;
    look(&world, &fake, &pool_keys, later(60));
    let before = left(&world)[&1];
    fake.server
        .faults
        .push(&keys[0], Fault::Truncate { after: 700 }, 1);
    sent(world.chat(true)).await.text().await.unwrap();
    world.idle().await;
    assert!(left(&world)[&1] < before);
    let before = left(&world)[&1];
    let refused = sent(
        world
            .post("/v1/chat/completions")
            .json(&json!({"model": "none", "messages": []})),
    )
    .await;
    assert_eq!(refused.status(), 404);
    world.idle().await;
    assert_eq!(left(&world)[&1], before, "what was refused costs nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn upstreams_that_are_not_asked_for_credit_are_not_metered() {
    let (fake, keys, mut plan) = bank(&[10 * UNIT]).await;
    plan.layout.upstreams[0].credit = None;
    let world = plan.start();
    let body = json!({"usage": {"prompt_tokens": 1, "cost": 5}}).to_string();
    let fault = Fault::Status {
        code: 200,
        content_type: "application/json".to_owned(),
        body: body.into(),
        headers: vec![],
    };
    fake.server.faults.push(&keys[0], fault, 1);
    let answer: Value = serde_json::from_str(&chat(&world, false).await).unwrap();
    assert_eq!(
        (answer["usage"]["cost"].as_u64(), left(&world)[&1]),
        (Some(5), 10 * UNIT)
    );
}
