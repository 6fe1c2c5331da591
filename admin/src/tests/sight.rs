//! How things fared, as the keeper saw it and the API tells it.

use axum::http::StatusCode;
use potluck_filters::egress::{ProxyHealth, ProxyReport, StandingReport};
use potluck_filters::health::Condition;
use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use potluck_filters::judge::RuleName;
use potluck_filters::life::State;
use potluck_filters::pool::{Journal, KeyMove};
use potluck_filters::time::Moment;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{NOW, Relay, clock, id, pass};
use crate::sight::SightSettings;
use crate::sight::keeper::Keeper;

const UNTIL: State = State::Cooling {
    until: Moment::from_millis(1),
};

fn keeper(relay: &Relay) -> Keeper {
    Keeper::new(Arc::clone(&relay.control), SightSettings::default(), clock)
}

fn moved(key: PoolKeyId, state: State, at: i64, rule: Option<RuleName>) -> KeyMove {
    let until = state.until().map(|_| at + 8000);
    KeyMove {
        key,
        state,
        at,
        until,
        rule,
    }
}

fn changes(history: &Value) -> Vec<(String, String, i64)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let changes = history["changes"].as_array().unwrap().iter();
    changes
        .map(|one| {
            (
                text(&one["from"]),
                text(&one["to"]),
                one["at"].as_i64().unwrap() - NOW,
            )
        })
        .collect()
}

fn told(from: &str, to: &str, at: i64) -> (String, String, i64) {
    (from.to_owned(), to.to_owned(), at)
}

#[tokio::test]
async fn a_key_is_followed_through_probes_rests_and_people() {
    let relay = Relay::seeded().await;
    let key = relay.add("pst-one").await;
    let mut keeper = keeper(&relay);
    keeper.look().await;
    pass(1000);
    relay.probed_well(&key).await;
    keeper.look().await;
    pass(10_000);
    let rule = Some(RuleName::BuiltIn("locked"));
    *relay.edge.journal.lock() = Journal {
        moves: vec![
            moved(id(&key), UNTIL, NOW + 3000, rule),
            moved(id(&key), State::Healthy, NOW + 7000, None),
        ],
        lost: false,
    };
    keeper.look().await;
    pass(1000);
    let path = format!("/manage/v1/pool-keys/{}", key["id"]);
    let (status, _) = relay
        .patch(&path, json!({ "state": "paused", "reason": "looking into it" }))
        .await;
    assert_eq!(status, StatusCode::OK);
    keeper.look().await;
    let asked = format!("{path}/history?from={NOW}&to={}&segments=12", NOW + 12_000);
    let (status, history) = relay.get(&asked).await;
    assert_eq!(status, StatusCode::OK, "{history}");
    let changed = changes(&history);
    assert_eq!(
        changed,
        [
            told("healthy", "paused", 12_000),
            told("cooling", "healthy", 7000),
            told("healthy", "cooling", 3000),
            told("pending", "healthy", 1000),
            told("-", "pending", 0),
        ]
    );
    assert_eq!(history["changes"][2]["reason"], "locked");
    assert_eq!(history["changes"][2]["by"], "traffic");
    assert_eq!(history["changes"][0]["by"], "person");
    assert_eq!(history["changes"][0]["evidence"]["note"], "looking into it");
    let part = &history["parts"][0];
    assert_eq!(part["segments"].as_array().unwrap().len(), 12);
    assert_eq!(
        part["segments"][4]["spent"],
        json!([{ "state": "cooling", "ms": 1000 }])
    );
    let cooled = part["spent"].as_array().unwrap();
    let cooled = cooled.iter().find(|share| share["state"] == "cooling").unwrap();
    assert_eq!(cooled["ms"], 4000);
    let (_, page) = relay.get(&format!("{path}/history?limit=2")).await;
    let next = page["next"].as_i64().unwrap();
    let (_, page) = relay.get(&format!("{path}/history?limit=9&after={next}")).await;
    assert_eq!(changes(&page), changed[2..]);
    assert_eq!(page["next"], Value::Null);
}

#[tokio::test]
async fn while_nobody_looked_nothing_is_green_and_a_new_keeper_goes_on_from_there() {
    let relay = Relay::seeded().await;
    *relay.edge.condition.lock() = Condition::Healthy;
    let mut first = keeper(&relay);
    first.look().await;
    pass(20_000);
    first.look().await;
    first.close().await;
    pass(60_000);
    *relay.edge.condition.lock() = Condition::Unhealthy;
    let mut second = keeper(&relay);
    second.look().await;
    pass(20_000);
    second.look().await;
    let path = "/manage/v1/upstreams/gpu/nodes/gpu-1/history";
    let (_, history) = relay.get(&format!("{path}?from={NOW}&segments=5")).await;
    assert_eq!(
        changes(&history),
        [told("healthy", "unhealthy", 80_000), told("-", "healthy", 0)]
    );
    let part = &history["parts"][0];
    let words = part["segments"].as_array().unwrap().iter();
    let words: Vec<_> = words.map(|one| one["spent"][0]["state"].clone()).collect();
    assert_eq!(
        words,
        [
            "healthy",
            "not_checked",
            "not_checked",
            "not_checked",
            "unhealthy"
        ]
    );
    assert_eq!(part["healthy"], 0.5);
    // And nobody looks from here on.
    pass(100_000);
    let (_, history) = relay
        .get(&format!("{path}?from={}&segments=1", NOW + 150_000))
        .await;
    let spent = &history["parts"][0]["segments"][0]["spent"];
    assert_eq!(*spent, json!([{ "state": "not_checked", "ms": 50_000 }]));
}

#[tokio::test]
async fn a_proxy_has_a_strip_for_each_upstream_and_an_end() {
    let relay = Relay::seeded().await;
    let standing = |upstream: &str, health| StandingReport {
        upstream: upstream.into(),
        health,
        failures: 0,
        rests_ms: None,
    };
    let report = |health| ProxyReport {
        id: OutboundProxyId(77),
        upstreams: vec![standing("gpu", health), standing("vercel", ProxyHealth::Healthy)],
        history: Vec::new(),
    };
    let mut keeper = keeper(&relay);
    for (health, usable) in [
        (ProxyHealth::Unknown, true),
        (ProxyHealth::Cooling, true),
        (ProxyHealth::Healthy, false),
    ] {
        *relay.edge.proxies.lock() = vec![(report(health), usable)];
        keeper.look().await;
        pass(1000);
    }
    relay.edge.proxies.lock().clear();
    keeper.look().await;
    let path = "/manage/v1/outbound-proxies/77/history";
    let (status, history) = relay.get(&format!("{path}?upstream=gpu")).await;
    assert_eq!(status, StatusCode::OK, "{history}");
    assert_eq!(
        changes(&history),
        [
            told("off", "removed", 3000),
            told("cooling", "off", 2000),
            told("not_checked", "cooling", 1000),
            told("-", "not_checked", 0),
        ]
    );
    let (_, history) = relay.get(path).await;
    assert_eq!(history["parts"].as_array().unwrap().len(), 2);
    let (status, _) = relay.get("/manage/v1/outbound-proxies/78/history").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = relay.get(&format!("{path}?upstream=a%00b")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn ranges_that_are_none_are_refused() {
    let relay = Relay::seeded().await;
    let key = relay.add("pst-one").await;
    let path = format!("/manage/v1/pool-keys/{}/history", key["id"]);
    for query in [
        format!("from={}", NOW + 1),
        format!("from={NOW}&to={}", NOW - 1),
        "from=1".to_owned(),
        "segment=3".to_owned(),
    ] {
        let (status, _) = relay.get(&format!("{path}?{query}")).await;
        assert!(status.is_client_error(), "{query}: {status}");
    }
    let (status, history) = relay.get(&path).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&history["checked_at"], &history["parts"]),
        (&Value::Null, &json!([]))
    );
}

#[tokio::test]
async fn several_pool_keys_tell_in_one_answer_what_each_tells_alone() {
    let relay = Relay::seeded().await;
    let one = relay.add("pst-one").await;
    let two = relay.add("pst-two").await;
    let mut keeper = keeper(&relay);
    keeper.look().await;
    pass(1000);
    relay.probed_well(&one).await;
    keeper.look().await;
    pass(9000);
    keeper.look().await;
    let range = format!("from={NOW}&segments=5");
    let path = format!(
        "/manage/v1/pool-keys/histories?{range}&ids={},{},4711",
        two["id"], one["id"]
    );
    let (status, told) = relay.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let items = told["items"].as_array().unwrap();
    let keys: Vec<&Value> = items.iter().map(|item| &item["pool_key"]).collect();
    assert_eq!(keys, [&two["id"], &one["id"]]);
    for item in items {
        let (_, alone) = relay
            .get(&format!(
                "/manage/v1/pool-keys/{}/history?{range}",
                item["pool_key"]
            ))
            .await;
        assert_eq!(item["strip"], alone["parts"][0]);
        assert_eq!(told["checked_at"], alone["checked_at"]);
    }
    for ids in ["", "x", "1,,2", &vec!["1"; 101].join(",")] {
        let (status, _) = relay
            .get(&format!("/manage/v1/pool-keys/histories?ids={ids}"))
            .await;
        assert!(status.is_client_error(), "{ids}: {status}");
    }
}
