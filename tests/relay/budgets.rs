//! What may be spent: contributors' caps on their accounts, and budgets of client keys.
//!
//! Prices are those that the relay reads from the request itself; what the fake's accounts are charged is
//! compared with them.

use potluck_fakes::novelai::Settings;
use potluck_filters::cost::{Price, read_cost};
use potluck_filters::limit::Limit;
use potluck_filters::model::Account;
use serde_json::{Value, json};

use crate::ask::{image_request, refusal, sent};
use crate::world::{NovelAiWorld, Plan, World, novelai};

/// An image that is dear on every account.
fn dear() -> Value {
    let mut request = image_request();
    request["parameters"]["steps"] = json!(40);
    request
}

fn price(request: &Value) -> Price {
    let body = request.to_string();
    let asked = read_cost(
        "/ai/generate-image",
        Some("application/json"),
        None,
        body.as_bytes(),
    );
    asked.expect("a price").price
}

/// What a probe would have said of an account.
fn account(tier: u8, anlas: u32) -> Account {
    Account {
        tier,
        active: true,
        anlas,
        battery: Some(100),
        battery_negative: false,
        expires_at: None,
        checked_at: 1,
    }
}

/// So many Opus accounts with ten thousand Anlas, all of it known to the relay.
async fn known(accounts: usize) -> (NovelAiWorld, Plan) {
    let upstream = novelai(accounts, Settings::default()).await;
    let mut plan = upstream.plan();
    for key in &mut plan.pool_keys {
        key.account = Some(account(3, 10_000));
    }
    (upstream, plan)
}

impl World {
    fn dear(&self) -> reqwest::RequestBuilder {
        self.post("/ai/generate-image").json(&dear())
    }
}

/// What each account was charged.
fn charged(upstream: &NovelAiWorld) -> Vec<u32> {
    upstream
        .accounts
        .iter()
        .map(|account| 10_000 - account.anlas())
        .collect()
}

fn spent_today(world: &World) -> Vec<u64> {
    world
        .edge
        .pool_keys()
        .into_iter()
        .map(|key| key.anlas_today)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dear_image_goes_to_a_key_that_may_spend_and_is_booked_on_it() {
    let (upstream, mut plan) = known(3).await;
    plan.pool_keys[0].caps.free_only = true;
    plan.pool_keys[2].caps.free_only = true;
    let world = plan.start();
    let cost = price(&dear()).full;
    assert!(cost > 0);
    for times in 1..=2 {
        assert_eq!(sent(world.dear()).await.status(), 200);
        world.idle().await;
        assert_eq!(charged(&upstream), [0, times * cost, 0]);
        assert_eq!(spent_today(&world), [0, u64::from(times * cost), 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_free_on_opus_goes_to_an_opus_account_first() {
    let (upstream, mut plan) = known(2).await;
    plan.pool_keys[0].account = Some(account(1, 10_000));
    let world = plan.start();
    for _ in 0..3 {
        assert_eq!(sent(world.image()).await.status(), 200);
        world.idle().await;
    }
    assert_eq!(upstream.accounts[1].images(), 3);
    assert_eq!(
        (charged(&upstream), spent_today(&world)),
        (vec![0, 0], vec![0, 0])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_key_may_spend_is_refused_with_its_price_and_nothing_is_sent() {
    let (upstream, mut plan) = known(2).await;
    plan.client_keys[0].rate_limit = Limit::AtMost(1);
    plan.pool_keys[0].caps.free_only = true;
    plan.pool_keys[1].caps.anlas_per_day = Limit::AtMost(0);
    let world = plan.start();
    let cost = price(&dear()).full;
    let answer = sent(world.dear()).await;
    assert_eq!(answer.status(), 402);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], "unaffordable");
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains(&format!("{cost} Anlas")),
        "{body}"
    );
    assert_eq!(upstream.server.records.count(), 0);
    // Its place in the limit was given back, and what is free is still served.
    assert_eq!(sent(world.image()).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn anlas_per_day_are_never_overrun_by_requests_at_once() {
    let cost = price(&dear()).full;
    let (upstream, mut plan) = known(1).await;
    plan.pool_keys[0].concurrency = Some(4);
    plan.pool_keys[0].caps.anlas_per_day = Limit::AtMost(2 * cost - 1);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.dear()));
    upstream.accounts[0].until_busy().await;
    // What the first may cost is reserved: the cap says no while nothing is spent yet.
    assert_eq!(
        refusal(world.dear().header("x-potluck-max-wait", "0")).await.1,
        "unaffordable"
    );
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!(refusal(world.dear()).await, (402, "unaffordable".to_owned()));
    assert_eq!(
        (charged(&upstream), spent_today(&world)),
        (vec![cost], vec![u64::from(cost)])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_kept_on_an_account_stays_there() {
    let cost = price(&dear()).full;
    let (upstream, mut plan) = known(1).await;
    plan.pool_keys[0].caps.keep_anlas = 10_000 - cost;
    let world = plan.start();
    assert_eq!(sent(world.dear()).await.status(), 200);
    world.idle().await;
    assert_eq!(refusal(world.dear()).await, (402, "unaffordable".to_owned()));
    assert_eq!(charged(&upstream), [cost]);
    assert_eq!(
        sent(world.image()).await.status(),
        200,
        "what is free takes nothing away"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_serves_no_more_requests_a_day_than_its_contributor_allows() {
    let (upstream, mut plan) = known(1).await;
    plan.pool_keys[0].caps.requests_per_day = Limit::AtMost(2);
    let world = plan.start();
    for _ in 0..2 {
        assert_eq!(sent(world.image()).await.status(), 200);
        world.idle().await;
    }
    let refused = sent(world.image()).await;
    assert_eq!(refused.status(), 503);
    let told: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=86_400).contains(&told), "by midnight: {told}");
    assert_eq!(upstream.server.records.count(), 2);
    assert_eq!(world.edge.pool_keys()[0].requests_today, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_key_spends_no_more_than_its_budget() {
    let cost = price(&dear()).full;
    let (upstream, mut plan) = known(2).await;
    plan.client_keys[0].anlas_per_day = Limit::AtMost(2 * cost - 1);
    let world = plan.start();
    assert_eq!(sent(world.dear()).await.status(), 200);
    world.idle().await;
    let refused = sent(world.dear()).await;
    assert_eq!(refused.status(), 402);
    assert!(refused.headers().contains_key("retry-after"), "by midnight");
    assert!(refused.text().await.unwrap().contains("budget_spent"));
    assert_eq!(charged(&upstream).iter().sum::<u32>(), cost);
    assert_eq!(
        sent(world.image()).await.status(),
        200,
        "what is free costs no budget"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_at_once_never_overrun_a_budget() {
    let cost = price(&dear()).full;
    let (upstream, mut plan) = known(2).await;
    plan.client_keys[0].anlas_per_day = Limit::AtMost(cost);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.dear()));
    upstream.server.records.wait_for(1).await;
    assert_eq!(refusal(world.dear()).await, (402, "budget_spent".to_owned()));
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!(charged(&upstream).iter().sum::<u32>(), cost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_covers_the_price_on_opus_only_is_spent_on_opus_only() {
    let free = image_request();
    assert_eq!(price(&free).on_opus, 0);
    let (upstream, mut plan) = known(2).await;
    plan.pool_keys[0].account = Some(account(1, 10_000));
    plan.client_keys[0].anlas_per_day = Limit::AtMost(price(&free).full - 1);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[1].until_busy().await;
    // The other account is free, and dearer than what is left.
    let second = tokio::spawn(sent(world.image()));
    world.until_waiting(1).await;
    upstream.fake.release();
    for answer in [first, second] {
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    assert_eq!(
        (upstream.accounts[0].images(), upstream.accounts[1].images()),
        (0, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_refused_costs_nobody_anything() {
    use potluck_fakes::fault::Fault;
    let (upstream, mut plan) = known(1).await;
    let cost = price(&dear()).full;
    plan.client_keys[0].anlas_per_day = Limit::AtMost(cost);
    upstream
        .server
        .faults
        .push("*", Fault::novelai(400, "Validation error"), 3);
    let world = plan.start();
    for _ in 0..3 {
        assert_eq!(sent(world.dear()).await.status(), 400);
        world.idle().await;
    }
    assert_eq!(spent_today(&world), [0]);
    assert_eq!(sent(world.dear()).await.status(), 200, "the budget is whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_can_be_read_in_two_ways_is_refused_and_costs_nothing() {
    let (upstream, plan) = known(2).await;
    let world = plan.start();
    let before = world.edge.pool_keys();
    let plain = dear().to_string();
    for trick in [
        plain.replace("\"steps\":40", "\"steps\":40,\"steps\":1"),
        plain.replace("\"steps\":40", "\"steps\":1,\"Steps\":40"),
        plain.replace("\"steps\":40", "\"steps\":-40"),
        plain.replace("\"steps\":40", "\"steps\":\"forty\""),
        plain.replace("\"n_samples\":1", "\"n_samples\":1,\"N_SAMPLES\":4"),
        plain.replace("\"width\":832", "\"width\":1e300"),
        format!("{plain}{plain}"),
        format!("\u{feff}{plain}"),
    ] {
        assert_ne!(trick, plain);
        let request = world
            .post("/ai/generate-image")
            .header("content-type", "application/json");
        assert_eq!(
            refusal(request.body(trick.clone())).await,
            (400, "cost_unreadable".to_owned()),
            "{trick}"
        );
    }
    for (name, value) in [("content-encoding", "gzip"), ("content-type", "text/plain")] {
        let request = world
            .post("/ai/generate-image")
            .header(name, value)
            .body(plain.clone());
        assert_eq!(
            refusal(request).await,
            (400, "cost_unreadable".to_owned()),
            "{name}"
        );
    }
    assert_eq!(
        (world.edge.pool_keys(), upstream.server.records.count()),
        (before, 0)
    );
}
