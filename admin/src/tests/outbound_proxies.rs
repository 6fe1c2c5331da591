//! Outbound proxies over the API: added, assigned, held on to while in use, and never shown with their login.

use axum::http::{Method, StatusCode};
use potluck_filters::id::OutboundProxyId;
use serde_json::{Value, json};

use super::Relay;

const PATH: &str = "/manage/v1/outbound-proxies";

async fn added(relay: &Relay, name: &str, url: &str) -> i64 {
    let login = json!({ "username": "egress-user", "password": "egress-pa55word" });
    let body = json!({ "name": name, "url": url, "login": login });
    let (status, added) = relay.post(PATH, body).await;
    assert_eq!(status, StatusCode::CREATED, "{added}");
    let shown = added.to_string();
    assert!(
        !shown.contains("egress-user") && !shown.contains("egress-pa55word"),
        "{shown}"
    );
    assert_eq!(
        (&added["has_login"], &added["name"]),
        (&json!(true), &json!(name))
    );
    added["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_proxy_is_added_assigned_and_removed_only_when_nobody_leaves_through_it() {
    let relay = Relay::seeded().await;
    let id = added(&relay, "paris", "socks5://proxy.example:1080").await;
    let given = relay.last_given().egress.unwrap();
    assert!(
        given.proxies[&OutboundProxyId(id)].login.is_some(),
        "the edge can log in"
    );
    let upstream = "/manage/v1/upstreams/vercel";
    let (_, told) = relay.patch(upstream, json!({ "egress": ["paris"] })).await;
    assert_eq!(told["egress"], json!(["paris"]));
    assert_eq!(
        relay.last_given().egress.unwrap().list("vercel", None),
        [OutboundProxyId(id)]
    );
    let key = relay.add("pst-one").await;
    let key = format!("/manage/v1/pool-keys/{}", key["id"]);
    for list in [json!(["paris"]), json!([]), Value::Null] {
        let (_, told) = relay.patch(&key, json!({ "egress": list })).await;
        assert_eq!(told["egress"], list);
    }
    relay.patch(&key, json!({ "egress": ["paris"] })).await;
    let proxy = format!("{PATH}/{id}");
    let (status, problem) = relay.send(Method::DELETE, &proxy, String::new()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("in_use"))
    );
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("upstream vercel, pool key"), "{detail}");
    relay.patch(upstream, json!({ "egress": null })).await;
    relay.patch(&key, json!({ "egress": null })).await;
    let (status, _) = relay.send(Method::DELETE, &proxy, String::new()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(relay.last_given().egress.unwrap().proxies.is_empty());
    assert_eq!(relay.get(&proxy).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_cannot_be_a_proxy_is_refused_and_repeats_nothing_of_it() {
    let relay = Relay::seeded().await;
    for (name, url, word) in [
        (
            "p",
            "socks5://me:s3cret@proxy.example:1080",
            "must not carry a user name or password",
        ),
        ("p", "https://proxy.example:3128", "no TLS to a proxy"),
        ("p", "http://169.254.169.254:80", "link-local"),
        ("p", "http://proxy.example", "must name the port"),
        ("7", "http://proxy.example:80", "a letter first"),
    ] {
        let (status, problem) = relay.post(PATH, json!({ "name": name, "url": url })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let shown = problem.to_string();
        assert!(shown.contains(word) && !shown.contains("s3cret"), "{shown}");
    }
    let (status, problem) = relay
        .patch("/manage/v1/upstreams/vercel", json!({ "egress": ["nowhere"] }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"].as_str().unwrap().contains("none yet"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_proxy_that_moves_needs_its_login_anew() {
    let relay = Relay::seeded().await;
    let id = added(&relay, "paris", "http://a.example:3128").await;
    let path = format!("{PATH}/{id}");
    let (status, problem) = relay
        .patch(&path, json!({ "url": "http://b.example:3128" }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("give the login again"),
        "{problem}"
    );
    let moved = json!({ "url": "http://b.example:3128", "login": null, "enabled": false });
    let (status, told) = relay.patch(&path, moved).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        (&told["url"], &told["has_login"], &told["enabled"]),
        (&json!("http://b.example:3128"), &json!(false), &json!(false))
    );
    let (status, problem) = relay.post(&format!("{path}/check"), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("switched_off"))
    );
    relay.patch(&path, json!({ "enabled": true })).await;
    relay
        .patch("/manage/v1/upstreams/vercel", json!({ "egress": ["paris"] }))
        .await;
    let (status, problem) = relay.post(&format!("{path}/check"), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("no_relay"))
    );
}
