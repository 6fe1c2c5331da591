//! What was used, and by whom it may be seen.

mod exporting;
mod recent;
mod requests;

use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::meter::Figure;
use potluck_filters::rejection::Code;
use potluck_filters::usage::{Ended, Endpoint, KeyUse, Program, RequestNumber, Times, UsageEvent, Used};
use potluck_store::usage::{Batch, UsageOptions, UsageStore};

use super::accounts::Net;
use super::*;

const MINUTE: i64 = 60_000;

impl Relay {
    /// A relay with books.
    pub(super) async fn with_books() -> Self {
        let Self {
            router,
            control,
            edge,
            folder,
        } = Self::new().await;
        drop(router);
        let url = format!("sqlite:{}/control.db", folder.path().display());
        let control = Arc::into_inner(control).unwrap();
        let epoch = control.store().epoch().to_owned();
        let books = UsageStore::open(&url, &epoch, UsageOptions::default()).await;
        let control = Arc::new(control.with_usage(books.unwrap()));
        Self {
            router: operator_router(Arc::clone(&control)),
            control,
            edge,
            folder,
        }
    }

    /// Writes requests into the books; `epoch` tells this writing from others.
    pub(super) async fn book(&self, epoch: i64, events: Vec<UsageEvent>) {
        let batch = Batch {
            edge: "edge-1".into(),
            epoch,
            first: 1,
            events,
        };
        self.control
            .usage()
            .unwrap()
            .record(&batch, clock())
            .await
            .unwrap();
    }
}

impl Net {
    pub(super) async fn with_books() -> Self {
        Self::of(Relay::with_books().await).await
    }

    pub(super) async fn user(&self, name: &str) -> UserId {
        UserId(self.id(name).await.as_i64().unwrap())
    }
}

/// An answered request of somebody that ended so many minutes ago.
pub(super) fn event(number: u16, user: UserId, minutes_ago: i64) -> UsageEvent {
    UsageEvent {
        request: RequestNumber::parse(&format!("feed{number:016x}")).unwrap(),
        ended_at: NOW - minutes_ago * MINUTE,
        user: Some(user),
        client_key: Some(ClientKeyId(1)),
        key_use: KeyUse::default(),
        pool_key: None,
        upstream: Some("vercel".into()),
        node: Some("vercel".into()),
        model: Some("gpt-5".into()),
        endpoint: Endpoint::Chat,
        status: 200,
        ended: Ended::Whole,
        code: None,
        attempts: 1,
        times: Times {
            queued: 0,
            first_byte: Some(20_000),
            total: 1_000_000,
            own: Some(90),
        },
        asked_bytes: 1000,
        answered_bytes: 2000,
        used: Used {
            prompt: Figure::Reported(100),
            completion: Figure::Estimated(10),
            ..Used::default()
        },
        trace: None,
    }
}

/// One that the relay refused.
pub(super) fn refused(event: UsageEvent) -> UsageEvent {
    UsageEvent {
        status: 429,
        ended: Ended::Refused,
        code: Some(Code::RateLimited),
        attempts: 0,
        used: Used::default(),
        ..event
    }
}

#[tokio::test]
async fn a_members_usage_is_theirs_alone_and_says_what_is_known() {
    let net = Net::with_books().await;
    let (ann, bob) = (net.user("ann").await, net.user("bob").await);
    let events = vec![
        event(1, ann, 1),
        event(2, ann, 30),
        refused(event(3, ann, 30)),
        event(4, ann, 25 * 60),
        event(5, bob, 1),
    ];
    net.relay.book(1, events).await;
    let token = net.token("ann").await;
    let usage = net.get("/me/usage?range=24h&step=1h", &token).await.ok();
    let total = &usage["total"];
    assert_eq!(total["sums"]["requests"], 3, "{usage}");
    assert_eq!(total["classes"]["ok"], 2);
    assert_eq!(total["classes"]["limited"], 1);
    let figure = json!({ "reported": 200, "estimated": 0, "unknown": 1 });
    assert_eq!(total["sums"]["prompt_tokens"], figure);
    let figure = json!({ "reported": 0, "estimated": 20, "unknown": 1 });
    assert_eq!(total["sums"]["completion_tokens"], figure);
    assert_eq!(usage["before"]["sums"]["requests"], 1);
    assert_eq!(usage["step_ms"], 60 * MINUTE);
    let points = usage["points"].as_array().unwrap();
    let all: u64 = points
        .iter()
        .map(|point| point["requests"].as_u64().unwrap())
        .sum();
    assert_eq!(all, 3, "{usage}");
    assert_eq!(
        (&usage["times"]["of"], &usage["times"]["requests"]),
        (&json!("all"), &json!(3))
    );
    assert!(usage["times"]["total"]["p50_us"].as_u64().unwrap() > 700_000);

    let by = net.get("/me/usage/by?by=class&limit=1", &token).await.ok();
    assert_eq!(by["items"][0]["name"], "ok");
    assert_eq!(
        (&by["items"][0]["sums"]["requests"], &by["rest"]["requests"]),
        (&json!(2), &json!(1))
    );
    for path in [
        "/me/usage?user=1",
        "/me/usage/by?by=user",
        "/me/requests?pool_key=1",
    ] {
        assert_eq!(net.get(path, &token).await.code(), "unreadable_request", "{path}");
    }
}

#[tokio::test]
async fn a_range_that_is_none_is_refused() {
    let net = Net::with_books().await;
    let token = net.token("ann").await;
    for query in ["range=soon", "from=5&to=5", "range=1h&from=5", "range=99999999d"] {
        for path in ["/me/usage", "/me/usage/by", "/me/requests", "/me/requests/export"] {
            let answer = net.get(&format!("{path}?{query}"), &token).await;
            assert_eq!(answer.code(), "invalid_field", "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn what_no_relay_saw_is_a_gap_and_no_zero() {
    let net = Net::with_books().await;
    let store = net.relay.control.store();
    let gap = (NOW - 120 * MINUTE, NOW - MINUTE);
    store.add_watch_gap(gap, "stopped").await.unwrap();
    let usage = net.relay.get("/manage/v1/usage?range=3h").await.1;
    let gap = json!([{ "from": NOW - 120 * MINUTE, "to": NOW - MINUTE }]);
    assert_eq!(usage["gaps"], gap, "{usage}");
    assert_eq!(usage["points"], json!([]));
}

#[tokio::test]
async fn admins_see_who_and_through_which_key_but_not_both_at_once() {
    let net = Net::with_books().await;
    let relay = &net.relay;
    let (ann, bob) = (net.user("ann").await, net.user("bob").await);
    let pool_key = id(&relay.add("pst-one").await);
    let mut events = vec![event(1, ann, 1), event(2, ann, 2), event(3, bob, 3)];
    events[0].pool_key = Some(pool_key);
    relay.book(1, events).await;
    let by = relay.get("/manage/v1/usage/by?by=user&limit=1").await.1;
    assert_eq!(
        (&by["items"][0]["name"], &by["items"][0]["id"]),
        (&json!("ann"), &json!(ann.0))
    );
    assert_eq!(by["rest"]["requests"], 1, "{by}");
    let by = relay.get("/manage/v1/usage/by?by=pool_key").await.1;
    assert_eq!(by["items"][0]["id"], pool_key.0);
    assert_eq!(
        (&by["total"]["requests"], &by["rest"]),
        (&json!(1), &Value::Null),
        "{by}"
    );
    let of = relay.get(&format!("/manage/v1/users/{}/usage", bob.0)).await.1;
    assert_eq!(of["usage"]["total"]["sums"]["requests"], 1);
    assert_eq!(of["by_model"][0]["name"], "gpt-5");
    assert_eq!(of["by_endpoint"][0]["name"], "chat");
    assert_eq!(of["recent"][0]["request_id"], "feed0000000000000003");
    let path = format!("/manage/v1/usage?user={}&pool_key={}", ann.0, pool_key.0);
    let (status, problem) = relay.get(&path).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("unanswerable"))
    );
}

#[tokio::test]
async fn all_requests_have_times_step_by_step() {
    let net = Net::with_books().await;
    let ann = net.user("ann").await;
    net.relay.book(1, vec![event(1, ann, 1)]).await;
    let usage = net.relay.get("/manage/v1/usage?range=1h").await.1;
    assert_eq!(usage["times"]["of"], "all");
    assert!(
        usage["points"][0]["total"]["p99_us"].as_u64().unwrap() > 700_000,
        "{usage}"
    );
}

#[tokio::test]
async fn a_client_key_tells_its_endpoints_models_and_newest_requests() {
    let net = Net::with_books().await;
    let ann = net.token("ann").await;
    let key = net.post("/me/keys", &ann, json!({ "name": "bot" })).await.ok();
    let key = key["key"]["id"].as_i64().unwrap();
    let of_key = |number, minutes| UsageEvent {
        client_key: Some(ClientKeyId(key)),
        pool_key: Some(PoolKeyId(77)),
        ..event(number, UserId(1), minutes)
    };
    net.relay.book(1, vec![of_key(1, 5), of_key(2, 6)]).await;
    let own = net.get(&format!("/me/keys/{key}/usage"), &ann).await.ok();
    assert_eq!(own["by_model"][0]["sums"]["requests"], 2, "{own}");
    assert_eq!(own["recent"][0]["request_id"], "feed0000000000000001");
    assert_eq!(
        (&own["recent"][0]["pool_key"], &own["recent"][0]["node"]),
        (&Value::Null, &Value::Null)
    );
    let all = net
        .relay
        .get(&format!("/manage/v1/keys/{key}/usage?range=1h"))
        .await
        .1;
    assert_eq!(all["recent"][0]["pool_key"], 77);
}

#[tokio::test]
async fn a_contributor_learns_how_much_was_served_and_not_for_whom() {
    let net = Net::with_books().await;
    let ann = net.token("ann").await;
    let new = json!({ "upstream": "novelai", "credential": "pst-of-ann", "accepted_risk": true });
    let key = net.post("/me/pool-keys", &ann, new).await.ok()["id"].clone();
    let pool_key = Some(PoolKeyId(key.as_i64().unwrap()));
    let served = |number, user, days: i64, endpoint| UsageEvent {
        pool_key,
        endpoint,
        used: Used {
            anlas: Figure::Estimated(20),
            ..Used::default()
        },
        ..event(number, UserId(user), days * 24 * 60)
    };
    let events = vec![
        served(1, 11, 0, Endpoint::GenerateImage),
        served(2, 12, 0, Endpoint::GenerateImage),
        served(3, 11, 1, Endpoint::GenerateImage),
        served(4, 12, 1, Endpoint::GenerateText),
        served(5, 13, 1, Endpoint::Account),
    ];
    net.relay.book(1, events).await;
    let told = net.get(&format!("/me/pool-keys/{key}/usage"), &ann).await.ok();
    let days = told["days"].as_array().unwrap();
    let of = |day: &Value| {
        (
            day["requests"].clone(),
            day["generations"].clone(),
            day["persons"].clone(),
        )
    };
    assert_eq!(of(&days[0]), (json!(3), json!(2), json!(3)), "{told}");
    assert_eq!(of(&days[1]), (json!(2), json!(2), Value::Null), "{told}");
    assert_eq!(
        days[0]["anlas"],
        json!({ "reported": 0, "estimated": 60, "unknown": 0 })
    );
    assert_eq!(
        (&told["generations"], &told["total"]["requests"]),
        (&json!(4), &json!(5))
    );
    let text = told.to_string();
    assert!(!text.contains("11") && !text.contains("user"), "{text}");
}

#[tokio::test]
async fn without_books_that_is_said() {
    let net = Net::new().await;
    let token = net.token("ann").await;
    for path in ["/me/usage", "/me/usage/by", "/me/requests", "/me/requests/export"] {
        assert_eq!(net.get(path, &token).await.code(), "no_books", "{path}");
    }
}

#[tokio::test]
async fn a_client_key_says_when_it_was_used_last_and_whether_its_old_text_still_is() {
    let net = Net::with_books().await;
    let admin = net.token("root").await;
    let key = net.post("/keys", &admin, json!({ "name": "laptop" })).await.ok()["key"].clone();
    let (id, path) = (key["id"].as_i64().unwrap(), format!("/keys/{}", key["id"]));
    let used = |number, minutes, former, program| UsageEvent {
        client_key: Some(ClientKeyId(id)),
        key_use: KeyUse {
            former,
            program: Program(program),
        },
        ..event(number, UserId(1), minutes)
    };
    net.relay
        .book(1, vec![used(1, 2000, false, 7), used(2, 30, false, 8)])
        .await;
    let shown = net.get(&path, &admin).await.ok();
    assert_eq!(
        (&shown["last_used_at"], &shown["programs"], &shown["former"]),
        (&json!(NOW - 30 * MINUTE), &json!(1), &Value::Null)
    );
    net.post(&format!("{path}/rotate"), &admin, json!({ "old_lives": 3600 }))
        .await
        .ok();
    let listed = net.get("/keys", &admin).await.ok();
    let former = &listed["items"][0]["former"];
    assert_eq!(
        (
            &former["since"],
            &former["works_until"],
            &former["last_used_at"],
            &former["programs"]
        ),
        (&json!(NOW), &json!(NOW + 3_600_000), &Value::Null, &json!(0))
    );
    pass(10 * MINUTE);
    net.relay
        .book(
            2,
            vec![used(3, -5, true, 7), used(4, -6, true, 9), used(5, -2, false, 8)],
        )
        .await;
    let shown = net.get(&path, &admin).await.ok();
    assert_eq!(
        (
            &shown["former"]["last_used_at"],
            &shown["former"]["programs"],
            &shown["last_used_at"]
        ),
        (&json!(NOW + 6 * MINUTE), &json!(2), &json!(NOW + 6 * MINUTE))
    );
    pass(60 * MINUTE);
    let admin = net.token("root").await;
    let later = net.get(&path, &admin).await.ok();
    assert_eq!(later["former"], Value::Null, "its old text has ended");
}
