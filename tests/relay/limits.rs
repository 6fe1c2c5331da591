//! Who may send how much, and how changes take effect.

use potluck_fakes::novelai::Settings;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::limit::{Contribution, Limit, LimitPolicy, LimitRule, Tier};
use potluck_filters::model::{Caps, ClientKey, ClientKeyState, FormerText, KeyHash, User};
use potluck_filters::snapshot::{Delta, PoolKeyChange};
use reqwest::Response;

use crate::ask::{refusal, sent};
use crate::world::{CLIENT_KEY, Plan, client, client_key, novelai, openai};

fn number(answer: &Response, name: &str) -> u64 {
    let text = answer
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .to_str()
        .unwrap();
    text.trim_end_matches('s').parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_as_many_requests_pass_as_the_limit_says() {
    for of_user in [false, true] {
        let (fake, _, mut plan) = openai(1).await;
        if of_user {
            plan.users[0].limit = Some(LimitRule::Manual(Limit::AtMost(3)));
        } else {
            plan.client_keys[0].rate_limit = Limit::AtMost(3);
        }
        let world = plan.start();
        for left in [2, 1, 0] {
            let answer = sent(world.chat(false)).await;
            assert_eq!(answer.status(), 200);
            assert_eq!(number(&answer, "x-ratelimit-limit-requests"), 3);
            assert_eq!(number(&answer, "x-ratelimit-remaining-requests"), left);
            assert!((1..=60).contains(&number(&answer, "x-ratelimit-reset-requests")));
        }
        for _ in 0..2 {
            let answer = sent(world.chat(false)).await;
            assert_eq!(answer.status(), 429);
            assert_eq!(answer.headers()["x-potluck-limit-source"], "relay");
            assert_eq!(number(&answer, "x-ratelimit-remaining-requests"), 0);
            assert!((1..=60).contains(&number(&answer, "retry-after")));
        }
        assert_eq!(fake.server.records.count(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_once_exactly_as_many_pass_as_the_limit_says() {
    let (fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].rate_limit = Limit::AtMost(20);
    let world = plan.start();
    let all = futures_util::future::join_all((0..50).map(|_| sent(world.chat(false)))).await;
    assert_eq!(all.iter().filter(|answer| answer.status() == 200).count(), 20);
    assert_eq!(fake.server.records.count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_are_limited_and_come_back() {
    let (fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].concurrency = Limit::AtMost(1);
    let world = plan.start();
    fake.pace.step();
    let stream = sent(world.chat(true)).await;
    assert_eq!(
        refusal(world.chat(false)).await,
        (429, "concurrency_limited".to_owned())
    );
    fake.pace.set_interval(std::time::Duration::ZERO);
    stream.text().await.unwrap();
    world.idle().await;
    assert_eq!(sent(world.chat(false)).await.status(), 200);
}

fn with_state(change: impl Fn(&mut ClientKey)) -> ClientKey {
    let mut key = client_key(1, CLIENT_KEY);
    change(&mut key);
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_why_a_key_is_no_good_has_its_code() {
    for (key, expected) in [
        (with_state(|key| key.expires_at = Some(1)), (401, "expired_key")),
        (
            with_state(|key| key.state = ClientKeyState::Revoked),
            (401, "revoked_key"),
        ),
        (
            with_state(|key| key.state = ClientKeyState::Disabled),
            (401, "disabled_key"),
        ),
        (
            with_state(|key| key.addresses = Some(["10.0.0.0/8".parse().unwrap()].into())),
            (403, "address_not_allowed"),
        ),
        (
            with_state(|key| key.rate_limit = Limit::AtMost(0)),
            (429, "rate_limited"),
        ),
    ] {
        let (fake, _, mut plan) = openai(1).await;
        plan.client_keys = vec![key];
        let world = plan.start();
        assert_eq!(
            refusal(world.chat(false)).await,
            (expected.0, expected.1.to_owned())
        );
        assert_eq!(fake.server.records.count(), 0);
    }
    let (fake, _, mut plan) = openai(1).await;
    plan.users[0].enabled = false;
    let world = plan.start();
    assert_eq!(
        refusal(world.chat(false)).await,
        (403, "user_disabled".to_owned())
    );
    assert_eq!(
        refusal(client().get(world.url("/v1/models"))).await,
        (401, "missing_key".to_owned())
    );
    assert_eq!(fake.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_on_the_list_passes() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].addresses = Some(["127.0.0.0/8".parse().unwrap()].into());
    assert_eq!(sent(plan.start().chat(false)).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_failed_look_ups_count_against_an_address_and_a_valid_key_always_passes() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.settings.failures_per_minute = 3;
    let world = plan.start();
    let with = |key: &str| client().get(world.url("/v1/models")).bearer_auth(key);
    for _ in 0..10 {
        assert_eq!(sent(with(CLIENT_KEY)).await.status(), 200);
        assert_eq!(
            refusal(client().get(world.url("/v1/models"))).await.1,
            "missing_key"
        );
    }
    for _ in 0..3 {
        assert_eq!(refusal(with("np-wrong")).await, (401, "unknown_key".to_owned()));
    }
    for _ in 0..3 {
        assert_eq!(
            refusal(with("np-wrong")).await,
            (429, "too_many_failures".to_owned())
        );
        assert_eq!(sent(with(CLIENT_KEY)).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_by_the_pool_keeps_its_place() {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan().impatient();
    plan.client_keys[0].rate_limit = Limit::AtMost(2);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    for _ in 0..5 {
        let refused = sent(world.image()).await;
        assert_eq!(refused.status(), 503);
        assert_eq!(number(&refused, "x-ratelimit-remaining-requests"), 1);
        assert!(number(&refused, "retry-after") >= 1);
    }
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!(sent(world.image()).await.status(), 200);
    assert_eq!(refusal(world.image()).await, (429, "rate_limited".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_refused_keeps_its_place() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].rate_limit = Limit::AtMost(1);
    plan.layout.upstreams[0].bodies.max = 1_000;
    let world = plan.start();
    for _ in 0..3 {
        assert_eq!(
            refusal(world.post("/v1/chat/completions").body("x".repeat(2_000)))
                .await
                .0,
            413
        );
    }
    assert_eq!(sent(world.chat(false)).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_from_the_next_request_on() {
    let (_fake, _, plan) = openai(1).await;
    let world = plan.start();
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    world.change(
        vec![with_state(|key| key.state = ClientKeyState::Revoked)],
        vec![],
    );
    assert_eq!(refusal(world.chat(false)).await, (401, "revoked_key".to_owned()));
    world.change(
        vec![client_key(1, CLIENT_KEY), client_key(2, "np-second")],
        vec![],
    );
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    let second = client().get(world.url("/v1/models")).bearer_auth("np-second");
    assert_eq!(sent(second).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_key_that_is_brought_serves_the_next_request() {
    let (fake, keys, plan) = openai(1).await;
    let Plan {
        settings,
        layout,
        users,
        client_keys,
        pool_keys,
        egress,
        limits,
    } = plan;
    let world = Plan {
        settings,
        layout,
        users,
        client_keys,
        pool_keys: vec![],
        egress,
        limits,
    }
    .start();
    assert_eq!(refusal(world.chat(false)).await, (503, "pool_empty".to_owned()));
    world.change(
        vec![],
        pool_keys
            .into_iter()
            .map(|key| PoolKeyChange::Put(key.into()))
            .collect(),
    );
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    assert_eq!(fake.server.records.all()[0].credential, keys[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_key_that_is_withdrawn_ends_what_it_does_and_does_no_more() {
    let upstream = novelai(1, Settings::default()).await;
    let plan = upstream.plan().impatient();
    let again = plan.pool_keys[0].clone();
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    world.change(vec![], vec![PoolKeyChange::Gone(PoolKeyId(1))]);
    assert_eq!(refusal(world.image()).await, (503, "pool_empty".to_owned()));
    // Brought back while it still works: not leased twice.
    world.change(vec![], vec![PoolKeyChange::Put(again.into())]);
    assert_eq!(refusal(world.image()).await, (503, "pool_busy".to_owned()));
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!(world.leases(), 0);
    assert_eq!(sent(world.image()).await.status(), 200);
    assert_eq!(upstream.accounts[0].lock_refusals(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_never_asked_for_two_images_at_once() {
    let upstream = novelai(3, Settings::default()).await;
    let world = upstream.plan().start();
    let all = futures_util::future::join_all((0..30).map(|_| sent(world.image()))).await;
    let made = all.iter().filter(|answer| answer.status() == 200).count();
    assert!(
        made >= 3
            && all
                .iter()
                .all(|answer| matches!(answer.status().as_u16(), 200 | 503))
    );
    assert!(
        upstream
            .accounts
            .iter()
            .all(|account| account.lock_refusals() == 0 && account.most_at_once() == 1)
    );
    drop(all);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

fn contributes(count: u32) -> User {
    User {
        limit: Some(LimitRule::Auto),
        contribution: Contribution::of([(Tier::Opus, Caps::default(), count)]),
        ..crate::world::user(1)
    }
}

fn policy(per_key: u32) -> LimitPolicy {
    LimitPolicy {
        base: 0,
        per_key,
        ..LimitPolicy::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_comes_of_contributions_follows_them_and_the_policy_at_once() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.users = vec![contributes(0)];
    plan.limits = policy(3);
    let world = plan.start();
    let no = (403, "no_contribution".to_owned());
    assert_eq!(refusal(world.chat(false)).await, no);
    world.put(Delta {
        users: vec![contributes(2)],
        ..Delta::default()
    });
    let answer = sent(world.chat(false)).await;
    assert_eq!(number(&answer, "x-ratelimit-limit-requests"), 6);
    for per_key in [1, 10, 5] {
        world.put(Delta {
            limits: Some(policy(per_key)),
            ..Delta::default()
        });
        let answer = sent(world.chat(false)).await;
        let limit = number(&answer, "x-ratelimit-limit-requests");
        assert_eq!(limit, u64::from(2 * per_key));
    }
    world.put(Delta {
        limits: Some(LimitPolicy {
            require_contribution: true,
            ..policy(0)
        }),
        users: vec![contributes(0)],
        ..Delta::default()
    });
    let required = (403, "contribution_required".to_owned());
    assert_eq!(refusal(world.chat(false)).await, required);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_works_on_with_the_same_window_until_its_old_text_ends() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].rate_limit = Limit::AtMost(2);
    let world = plan.start();
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    let new = "np-another-client-key-0123456789abcdefghijklmn";
    let rotated = |until| Delta {
        client_keys: vec![ClientKey {
            rate_limit: Limit::AtMost(2),
            ..client_key(1, new)
        }],
        former_texts: vec![FormerText {
            hash: KeyHash::of(CLIENT_KEY),
            now: KeyHash::of(new),
            until,
        }],
        ..Delta::default()
    };
    world.put(rotated(i64::MAX));
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    let with = |key: &str| client().get(world.url("/v1/models")).bearer_auth(key);
    assert_eq!(refusal(with(new)).await, (429, "rate_limited".to_owned()));
    world.put(rotated(1));
    assert_eq!(refusal(world.chat(false)).await, (401, "expired_key".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_small_change_moves_the_limits_of_ten_thousand_users() {
    let (_fake, _, mut plan) = openai(1).await;
    plan.users = (1..=10_000)
        .map(|id| User {
            id: UserId(id),
            ..contributes(2)
        })
        .collect();
    plan.limits = policy(3);
    let world = plan.start();
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    world.put(Delta {
        limits: Some(policy(4)),
        ..Delta::default()
    });
    let answer = sent(world.chat(false)).await;
    assert_eq!(number(&answer, "x-ratelimit-limit-requests"), 8);
}
