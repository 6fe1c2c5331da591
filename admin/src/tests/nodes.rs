//! Nodes at run time: what is taken, what is refused, and what the edge is given.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use potluck_filters::snapshot::PoolKeyChange;
use serde_json::{Value, json};

use super::Relay;
use crate::router::operator_router;

#[path = "../../../filters/src/node_url/tests/hostile.rs"]
mod hostile;

const GPU: &str = "/manage/v1/upstreams/gpu/nodes";
const NOVELAI: &str = "/manage/v1/upstreams/novelai/nodes";

fn names(list: &Value) -> Vec<(String, String)> {
    let items = list["items"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items
        .map(|node| (text(&node["name"]), text(&node["state"])))
        .collect()
}

fn pair(name: &str, state: &str) -> (String, String) {
    (name.to_owned(), state.to_owned())
}

impl Relay {
    /// A node's answer.
    async fn add_node(&self, path: &str, body: Value) -> Value {
        let (status, added) = self.post(path, body).await;
        assert_eq!(status, StatusCode::CREATED, "{added}");
        added
    }

    /// With names that lead where the test says.
    fn looking_up(self, lead: fn(&str) -> Vec<IpAddr>) -> Self {
        let Self {
            router,
            control,
            edge,
            folder,
        } = self;
        drop(router);
        let control = Arc::try_unwrap(control).unwrap();
        let look_up = move |name: &str| -> crate::Found { Box::pin(std::future::ready(lead(name))) };
        let control = Arc::new(control.looking_up_with(Box::new(look_up)));
        Self {
            router: operator_router(Arc::clone(&control)),
            control,
            edge,
            folder,
        }
    }
}

#[tokio::test]
async fn a_node_is_added_drained_resumed_preferred_and_removed() {
    let relay = Relay::seeded().await;
    let body = json!({ "name": "gpu-2", "url": "HTTP://10.1.2.3:8000/", "metadata": { "card": "A100" } });
    let added = relay.add_node(GPU, body).await;
    assert_eq!(
        (&added["url"], &added["origin"], &added["source"], &added["state"]),
        (
            &json!("http://10.1.2.3:8000"),
            &json!("10.1.2.3:8000"),
            &json!("added"),
            &json!("active")
        )
    );
    let plan = relay.last_given().nodes.unwrap()["gpu"].clone();
    assert_eq!(plan.added[0].base.to_string(), "http://10.1.2.3:8000");

    let (_, list) = relay.get(GPU).await;
    assert_eq!(names(&list), [pair("gpu-1", "active"), pair("gpu-2", "active")]);
    let one = format!("{GPU}/gpu-1");
    let (status, drained) = relay.patch(&one, json!({ "state": "draining" })).await;
    assert_eq!((status, &drained["state"]), (StatusCode::OK, &json!("draining")));
    assert!(relay.last_given().nodes.unwrap()["gpu"].drained.contains("gpu-1"));
    let (status, problem) = relay
        .patch(&format!("{GPU}/gpu-2"), json!({ "state": "draining" }))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("last_node"))
    );
    relay.patch(&one, json!({ "state": "active" })).await;

    let (status, active) = relay.post(&format!("{GPU}/gpu-2/activate"), json!({})).await;
    assert_eq!((status, &active["preferred"]), (StatusCode::OK, &json!(true)));
    let (_, upstream) = relay.get("/manage/v1/upstreams/gpu").await;
    assert_eq!(upstream["active_node"], "gpu-2");

    let (status, gone) = relay
        .send(axum::http::Method::DELETE, &format!("{GPU}/gpu-2"), String::new())
        .await;
    assert_eq!((status, &gone["state"]), (StatusCode::OK, &json!("removed")));
    let plan = relay.last_given().nodes.unwrap()["gpu"].clone();
    assert_eq!((plan.added.len(), plan.active), (0, None));
    let (_, list) = relay.get(GPU).await;
    assert_eq!(names(&list), [pair("gpu-1", "active")]);
    let (status, problem) = relay.send(axum::http::Method::DELETE, &one, String::new()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("last_node"))
    );
    let again = json!({ "name": "gpu-2", "url": "https://10.1.9.9" });
    assert_eq!(relay.add_node(GPU, again).await["metadata"], json!({}));
}

#[tokio::test]
async fn a_configured_node_that_was_taken_out_is_listed_and_can_be_resumed() {
    let relay = Relay::seeded().await;
    relay
        .add_node(GPU, json!({ "name": "gpu-2", "url": "https://10.1.2.3" }))
        .await;
    let one = format!("{GPU}/gpu-1");
    relay.send(axum::http::Method::DELETE, &one, String::new()).await;
    let (_, list) = relay.get(GPU).await;
    assert_eq!(names(&list), [pair("gpu-1", "removed"), pair("gpu-2", "active")]);
    assert_eq!(relay.control.load().await.unwrap().nodes["gpu"].removed.len(), 1);
    let (status, problem) = relay.post(&format!("{one}/activate"), json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let (_, back) = relay.patch(&one, json!({ "state": "active" })).await;
    assert_eq!(
        (&back["state"], &back["source"]),
        (&json!("active"), &json!("configured"))
    );
    assert!(relay.last_given().nodes.unwrap()["gpu"].removed.is_empty());
}

#[tokio::test]
async fn each_host_of_novelai_keeps_a_node() {
    let relay = Relay::seeded().await;
    let body = json!({ "name": "image-2", "role": "image", "url": "https://image2.example" });
    relay.add_node(NOVELAI, body).await;
    let (status, _) = relay
        .patch(&format!("{NOVELAI}/image"), json!({ "state": "draining" }))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (_, problem) = relay
        .patch(&format!("{NOVELAI}/text"), json!({ "state": "draining" }))
        .await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("no text node"), "{detail}");
}

/// What cannot be added to an upstream, and why.
fn unfit() -> Vec<(&'static str, Value, &'static str)> {
    let many: serde_json::Map<_, _> = (0..33).map(|n| (n.to_string(), json!("x"))).collect();
    let named = |name: &str| json!({ "name": name, "url": "https://gpu.example" });
    let with = |field: &str, value: Value| {
        let mut body = named("b");
        body[field] = value;
        body
    };
    let lines = json!({ "a": "two\nlines" });
    vec![
        ("gpu", named("gpu-1"), "exists already"),
        ("gpu", named("Gpu 2"), "name: must be"),
        ("gpu", named("-a"), "name: must be"),
        ("gpu", named(""), "name: must be"),
        ("gpu", with("role", json!("image")), "role: only nodes"),
        ("novelai", named("b"), "role: a novelai node needs one"),
        (
            "gpu",
            with("metadata", json!(many)),
            "metadata: must be at most 32",
        ),
        ("gpu", with("metadata", lines), "metadata: must be"),
        ("gpu", with("state", json!("active")), "expected one of"),
        ("vercel", with("url", json!("http://a.example")), "in clear"),
        ("nowhere", named("b"), "novelai, vercel, gpu"),
    ]
}

#[tokio::test]
async fn what_cannot_be_a_node_is_refused_with_its_field() {
    let relay = Relay::seeded().await;
    for (upstream, body, why) in unfit() {
        let path = format!("/manage/v1/upstreams/{upstream}/nodes");
        let (status, problem) = relay.post(&path, body.clone()).await;
        assert!(status.is_client_error(), "{body}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{body} {problem}");
    }
    for path in [format!("{GPU}/none"), format!("{GPU}/none/nothing")] {
        assert_eq!(relay.get(&path).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(relay.edge.given.lock().len(), 1, "only the owner was made");
}

#[tokio::test]
async fn no_hostile_url_becomes_a_node() {
    let relay = Relay::seeded().await;
    for (url, why) in hostile::HOSTILE {
        let url = url.replace("PORT", "8443");
        let body = json!({ "name": "b", "url": url });
        let (status, problem) = relay.post("/manage/v1/upstreams/vercel/nodes", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("url: ") && detail.contains(why),
            "{url}: {detail}"
        );
    }
    assert_eq!(
        names(&relay.get("/manage/v1/upstreams/vercel/nodes").await.1).len(),
        1
    );
}

#[tokio::test]
async fn a_name_that_leads_where_no_node_may_be_is_refused() {
    let relay = Relay::new().await;
    let relay = relay.looking_up(|name| match name {
        "inside.example" => vec![[93, 184, 216, 34].into(), [10, 0, 0, 7].into()],
        "here.example" => vec![[127, 0, 0, 1].into()],
        "cloud.example" => vec!["::ffff:169.254.169.254".parse().unwrap()],
        "named.example" => vec![[10, 1, 0, 7].into()],
        "unknown.example" => vec![],
        _ => vec![[93, 184, 216, 34].into()],
    });
    for (host, why) in [
        ("inside.example", "leads to 10.0.0.7, which is a private address"),
        ("here.example", "leads to 127.0.0.1, which is this machine itself"),
        ("cloud.example", "link-local"),
    ] {
        let body = json!({ "name": "b", "url": format!("https://{host}") });
        let (status, problem) = relay.post(GPU, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
    for (name, host) in [
        ("a", "named.example"),
        ("b", "unknown.example"),
        ("c", "other.example"),
    ] {
        let body = json!({ "name": name, "url": format!("https://{host}") });
        relay.add_node(GPU, body).await;
    }
}

fn origins(change: &PoolKeyChange) -> String {
    match change {
        PoolKeyChange::Put(key) => key.origins.join(" "),
        PoolKeyChange::Gone(_) => "gone".to_owned(),
    }
}

#[tokio::test]
async fn a_new_host_gets_the_operators_keys_on_their_word_and_nobody_elses() {
    let relay = Relay::seeded().await;
    let (_, guest) = relay
        .post("/manage/v1/users", json!({ "name": "guest", "role": "user" }))
        .await;
    let vercel =
        |text: &str, who: &Value| json!({ "upstream": "vercel", "credential": text, "contributor": who });
    let (_, own) = relay
        .post("/manage/v1/pool-keys", vercel("vck_own", &Value::Null))
        .await;
    let (_, brought) = relay
        .post("/manage/v1/pool-keys", vercel("vck_guest", &guest["id"]))
        .await;
    let nodes = "/manage/v1/upstreams/vercel/nodes";
    let body = json!({ "name": "second", "url": "https://second.example" });
    relay.add_node(nodes, body).await;
    assert!(
        relay.last_given().pool_keys.is_empty(),
        "no key goes to a new host by itself"
    );

    let (status, grant) = relay.post(&format!("{nodes}/second/grant"), json!({})).await;
    let expected = json!({ "origin": "second.example:443", "granted": 1, "waiting": [brought["id"]] });
    assert_eq!((status, grant), (StatusCode::OK, expected));
    let given = relay.last_given().pool_keys;
    assert_eq!(
        given.iter().map(|change| change.id().0).collect::<Vec<_>>(),
        [own["id"].as_i64().unwrap()]
    );
    assert_eq!(origins(&given[0]), "second.example:443 vercel.example:443");
    let (_, again) = relay.post(&format!("{nodes}/second/grant"), json!({})).await;
    assert_eq!(again["granted"], 0);
}

#[tokio::test]
async fn one_key_goes_to_a_further_host_of_its_upstream_with_its_contributors_word() {
    let relay = Relay::seeded().await;
    let vercel = |text: &str| json!({ "upstream": "vercel", "credential": text });
    let (_, brought) = relay.post("/manage/v1/pool-keys", vercel("vck_one")).await;
    let body = json!({ "name": "second", "url": "https://second.example" });
    relay.add_node("/manage/v1/upstreams/vercel/nodes", body).await;
    let hosts = format!("/manage/v1/pool-keys/{}/hosts", brought["id"]);
    let (status, problem) = relay.post(&hosts, json!({ "origin": "evil.example:443" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let (status, key) = relay
        .post(&hosts, json!({ "origin": "second.example:443" }))
        .await;
    assert_eq!(
        (status, &key["origins"]),
        (
            StatusCode::OK,
            &json!(["second.example:443", "vercel.example:443"])
        )
    );
    assert_eq!(
        origins(&relay.last_given().pool_keys[0]),
        "second.example:443 vercel.example:443"
    );
    let (_, fresh) = relay.post("/manage/v1/pool-keys", vercel("vck_new")).await;
    assert_eq!(
        fresh["origins"], key["origins"],
        "a key is brought for the nodes of its day"
    );

    let (status, _) = relay.post(&format!("{GPU}/gpu-1/grant"), json!({})).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "this upstream takes no keys"
    );
    let (_, withdrawn) = relay
        .post(
            &format!("/manage/v1/pool-keys/{}/withdraw", brought["id"]),
            json!({}),
        )
        .await;
    assert_eq!(withdrawn["state"], "withdrawn");
    let hosts = format!("/manage/v1/pool-keys/{}/hosts", brought["id"]);
    let (status, _) = relay
        .post(&hosts, json!({ "origin": "second.example:443" }))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_the_edge_sees_of_a_node_is_shown_and_checked_on_demand() {
    let relay = Relay::seeded().await;
    let (_, node) = relay.get(&format!("{GPU}/gpu-1")).await;
    assert_eq!(node["live"]["in_flight"], 3);
    let (status, checked) = relay.post(&format!("{GPU}/gpu-1/check"), json!({})).await;
    assert_eq!(
        (status, &checked["live"]["last_check"]["ok"]),
        (StatusCode::OK, &json!(true))
    );
    let (status, _) = relay.post(&format!("{GPU}/none/check"), json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, upstream) = relay
        .patch("/manage/v1/upstreams/gpu", json!({ "active_node": "gpu-1" }))
        .await;
    assert_eq!(upstream["active_node"], "gpu-1");
    let (_, upstream) = relay
        .patch("/manage/v1/upstreams/gpu", json!({ "active_node": null }))
        .await;
    assert_eq!(upstream["active_node"], Value::Null);
}
