//! Streams of events, read as they come.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::HeaderMap;
use futures_util::StreamExt;
use potluck_filters::id::UserId;
use potluck_store::table::users::UserRole;

use super::*;
use crate::caller::{Caller, Proof, SignedIn};
use crate::gate::Peer;
use crate::router::router;

/// A user without further ado: their id, and who they are to the API.
pub(super) async fn member(relay: &Relay, name: &str) -> (UserId, Caller) {
    let (status, made) = relay
        .post("/manage/v1/users", json!({ "name": name, "role": "user" }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let user = UserId(made["id"].as_i64().unwrap());
    let signed_in = SignedIn {
        user,
        role: UserRole::User,
        proof: Proof::Session(1),
    };
    (user, Caller::User(signed_in))
}

/// Asks as somebody, perhaps from an address and with a further header.
pub(super) async fn ask_as(
    relay: &Relay,
    caller: Caller,
    (method, path): (Method, &str),
    header: Option<(&str, &str)>,
    body: Value,
) -> (StatusCode, HeaderMap, Body) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Peer([192, 0, 2, 1].into()));
    let answer = router(Arc::clone(&relay.control)).oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    (head.status, head.headers, body)
}

struct Stream(BodyDataStream);

impl Stream {
    async fn open(relay: &Relay, caller: Caller, path: &str, last: Option<&str>) -> Self {
        let last = last.map(|last| ("last-event-id", last));
        let (status, headers, body) = ask_as(relay, caller, (Method::GET, path), last, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "text/event-stream");
        Self(body.into_data_stream())
    }

    /// The next event: its name, its id and its data.
    async fn next(&mut self) -> (String, Option<i64>, Value) {
        let text = self.0.next().await.unwrap().unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|line| line.trim().to_owned())
        };
        let id = field("id:").map(|id| id.parse().unwrap());
        let data = serde_json::from_str(&field("data:").unwrap()).unwrap();
        (field("event:").unwrap(), id, data)
    }
}

const ALL: &str = "/manage/v1/events";
const MINE: &str = "/manage/v1/me/events";

#[tokio::test]
async fn an_admin_hears_what_changed_and_a_member_that_something_of_theirs_did() {
    let relay = Relay::seeded().await;
    let (me, caller) = member(&relay, "me").await;
    let (other, _) = member(&relay, "other").await;
    let mut all = Stream::open(&relay, Caller::Operator, ALL, None).await;
    let mut keys = Stream::open(
        &relay,
        Caller::Operator,
        "/manage/v1/events?topics=client_key",
        None,
    )
    .await;
    let mut mine = Stream::open(&relay, caller, MINE, None).await;
    let (name, id, hello) = all.next().await;
    assert_eq!((name.as_str(), &hello["now"]), ("hello", &json!(NOW)));
    assert_eq!(id, hello["rev"].as_i64());
    assert_eq!(
        (keys.next().await.0, mine.next().await.0),
        ("hello".to_owned(), "hello".to_owned())
    );

    relay
        .patch("/manage/v1/upstreams/novelai", json!({ "policy": "least-busy" }))
        .await;
    relay.create_key(json!({ "name": "theirs", "user": other })).await;
    let key = relay.create_key(json!({ "name": "laptop", "user": me })).await;
    let id = &key["key"]["id"];
    let (name, _, patch) = all.next().await;
    assert_eq!(
        (name.as_str(), &patch["kind"], &patch["name"]),
        ("patch", &json!("upstream"), &json!("novelai"))
    );
    assert_eq!(all.next().await.2["fields"]["name"], "theirs");
    let (name, revision, patch) = all.next().await;
    assert_eq!(
        (name.as_str(), &patch["id"], &patch["rev"]),
        ("patch", id, &json!(revision))
    );
    assert_eq!(patch["fields"]["name"], "laptop");
    assert!(!patch.to_string().contains("np-"));
    assert_eq!(keys.next().await.2["fields"]["name"], "theirs");
    let (name, _, stale) = mine.next().await;
    assert_eq!(
        (name.as_str(), stale),
        ("stale", json!({"kind": "client_key", "ids": [id]}))
    );

    // What a probe found is of its contributor's keys.
    let added = relay.add("pst-a").await;
    relay.probed_well(&added).await;
    assert_eq!(all.next().await.0, "patch");
    assert_eq!(
        all.next().await.2,
        json!({"kind": "pool_key", "ids": [added["id"]]})
    );
}

#[tokio::test]
async fn whoever_comes_back_hears_what_they_missed() {
    let relay = Relay::seeded().await;
    let mut stream = Stream::open(&relay, Caller::Operator, ALL, None).await;
    stream.next().await;
    relay.create_key(json!({ "name": "one" })).await;
    let (_, first, _) = stream.next().await;
    drop(stream);
    relay.create_key(json!({ "name": "two" })).await;
    let last = first.unwrap().to_string();
    let mut stream = Stream::open(&relay, Caller::Operator, ALL, Some(&last)).await;
    assert_eq!(stream.next().await.0, "hello");
    assert_eq!(stream.next().await.2["fields"]["name"], "two");
    relay.create_key(json!({ "name": "three" })).await;
    assert_eq!(stream.next().await.2["fields"]["name"], "three");
    let mut stream = Stream::open(&relay, Caller::Operator, ALL, Some("999")).await;
    stream.next().await;
    let (name, _, stale) = stream.next().await;
    assert_eq!((name.as_str(), stale), ("stale", json!({"kind": "all"})));
}

#[tokio::test]
async fn streams_are_counted_and_topics_are_known() {
    let relay = Relay::seeded().await;
    let (_, caller) = member(&relay, "me").await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(Stream::open(&relay, caller, MINE, None).await);
    }
    let ask = async |path| {
        let (status, _, body) = ask_as(&relay, caller, (Method::GET, path), None, Value::Null).await;
        let body = body.collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        (status.as_u16(), problem["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(ask(MINE).await, (429, "too_many_streams".to_owned()));
    open.clear();
    let unknown = ask("/manage/v1/me/events?topics=client_key,nonsense").await;
    assert_eq!(unknown, (422, "invalid_field".to_owned()));
    Stream::open(&relay, caller, MINE, None).await;
}

#[tokio::test]
async fn a_job_tells_how_it_goes_on_and_what_it_touched_in_one_change() {
    let relay = Relay::seeded().await;
    let mut all = Stream::open(&relay, Caller::Operator, ALL, None).await;
    all.next().await;
    let first = relay.add("pst-a").await;
    let second = relay.add("pst-b").await;
    all.next().await;
    all.next().await;
    let pause = json!({ "do": "pause", "filter": {} });
    let (_, job) = relay.post("/manage/v1/pool-keys/bulk", pause).await;
    let number = job["id"].as_i64().unwrap();
    let (name, _, begun) = all.next().await;
    assert_eq!(
        (name.as_str(), &begun["kind"], &begun["id"]),
        ("patch", &json!("job"), &job["id"])
    );
    relay.control.step_job(number, 50).await.unwrap();
    let (_, id, progress) = all.next().await;
    assert_eq!((id, &progress["fields"]["done"]), (None, &json!(2)));
    let (name, id, stale) = all.next().await;
    assert_eq!(
        (name.as_str(), stale),
        (
            "stale",
            json!({ "kind": "pool_key", "ids": [first["id"], second["id"]] })
        )
    );
    assert_eq!(id, progress["rev"].as_i64());
    relay.control.step_job(number, 50).await.unwrap();
    assert_eq!(all.next().await.2["fields"]["state"], "done");
}

/// Requests of the newest step, in all, as a `series` event has them.
async fn requests(stream: &mut Stream) -> u64 {
    let (name, id, series) = stream.next().await;
    assert_eq!((name.as_str(), id), ("series", None));
    assert_eq!(series["step_ms"], 10_000);
    let steps = series["all"].as_array().unwrap();
    assert!(steps.len() == 1 && series.to_string().len() < 600, "{series}");
    let requests = steps[0]["requests"].as_u64().unwrap();
    let of_upstream = &series["upstreams"][0]["steps"][0]["requests"];
    assert!(requests == 0 || *of_upstream == requests, "{series}");
    requests
}

#[tokio::test]
async fn how_requests_come_is_told_to_who_asks_a_member_of_their_own_and_only_news() {
    let relay = Relay::seeded()
        .await
        .with(|control| control.with_series_every(Duration::from_millis(1)));
    let (me, caller) = member(&relay, "me").await;
    relay.edge.recent.lock().extend([(me, 2), (UserId(999), 5)]);
    let mut all = Stream::open(&relay, Caller::Operator, "/manage/v1/events?topics=series", None).await;
    let path = "/manage/v1/me/events?topics=client_key,series";
    let mut mine = Stream::open(&relay, caller, path, None).await;
    assert_eq!(
        (all.next().await.0, mine.next().await.0),
        ("hello".to_owned(), "hello".to_owned())
    );
    assert_eq!((requests(&mut all).await, requests(&mut mine).await), (7, 2));

    // What is not theirs is no news to a member; they hear of the key that was made meanwhile.
    relay.edge.recent.lock().push((UserId(999), 1));
    assert_eq!(requests(&mut all).await, 8);
    relay.create_key(json!({ "name": "laptop", "user": me })).await;
    assert_eq!(mine.next().await.0, "stale");
    relay.edge.recent.lock().push((me, 1));
    assert_eq!((requests(&mut all).await, requests(&mut mine).await), (9, 3));
}

#[tokio::test]
async fn how_requests_come_is_told_no_oftener_than_it_may_and_to_nobody_who_does_not_ask() {
    let relay = Relay::seeded()
        .await
        .with(|control| control.with_series_every(Duration::from_secs(3600)));
    relay.edge.recent.lock().push((UserId(999), 5));
    let path = "/manage/v1/events?topics=all,series";
    let mut named = Stream::open(&relay, Caller::Operator, path, None).await;
    let mut all = Stream::open(&relay, Caller::Operator, ALL, None).await;
    named.next().await;
    all.next().await;
    assert_eq!(requests(&mut named).await, 5);
    relay.edge.recent.lock().push((UserId(999), 1));
    relay.create_key(json!({ "name": "laptop" })).await;
    assert_eq!(
        (named.next().await.0, all.next().await.0),
        ("patch".to_owned(), "patch".to_owned())
    );
}
