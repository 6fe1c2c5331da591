//! Acts on many things: what a preview says, what a job does, and how it goes on.

use axum::http::StatusCode;
use potluck_store::Store;
use serde_json::{Value, json};

use super::*;
use crate::control::Stepped;

const POOL: &str = "/manage/v1/pool-keys/bulk";

/// A job's answer.
async fn begin(relay: &Relay, path: &str, body: Value) -> Value {
    let (status, job) = relay.post(path, body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    assert_eq!(job["state"], "running");
    job
}

async fn work_off(control: &Control) {
    while let Some(job) = control.next_job().await.unwrap() {
        while control.step_job(job, 2).await.unwrap() == Stepped::More {}
    }
}

async fn ended(relay: &Relay, job: &Value) -> Value {
    work_off(&relay.control).await;
    relay.get(&format!("/manage/v1/jobs/{}", job["id"])).await.1
}

async fn items(relay: &Relay, job: &Value) -> Vec<(i64, String, Value)> {
    let (_, page) = relay.get(&format!("/manage/v1/jobs/{}/items", job["id"])).await;
    let item = |item: &Value| {
        let state = item["state"].as_str().unwrap().to_owned();
        (item["item"].as_i64().unwrap(), state, item["why"].clone())
    };
    page["items"].as_array().unwrap().iter().map(item).collect()
}

fn code(answer: &(StatusCode, Value)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap())
}

/// Three of the operators' and one of a member's, who has paused it.
async fn four_keys(relay: &Relay) -> [i64; 4] {
    let mut ids = Vec::new();
    for credential in ["pst-a", "pst-b", "pst-c"] {
        ids.push(id(&relay.add(credential).await).0);
    }
    let member = relay.member("linh").await;
    let theirs = member.bring("pst-d").await["id"].as_i64().unwrap();
    let paused = member
        .patch(
            &format!("/manage/v1/me/pool-keys/{theirs}"),
            json!({ "state": "paused" }),
        )
        .await;
    assert_eq!(paused.0, StatusCode::OK, "{}", paused.1);
    ids.push(theirs);
    ids.try_into().unwrap()
}

#[tokio::test]
async fn a_preview_changes_nothing_and_says_what_a_job_then_does() {
    let relay = Relay::seeded().await;
    let [a, b, c, theirs] = four_keys(&relay).await;
    relay
        .patch(
            &format!("/manage/v1/pool-keys/{a}"),
            json!({ "state": "paused", "label": "first" }),
        )
        .await;
    let revision = relay.control.store().revision().await.unwrap();
    let resume = json!({ "do": "resume", "filter": { "upstream": "novelai" }, "dry_run": true });
    let (status, mut preview) = relay.post(POOL, resume).await;
    assert_eq!(status, StatusCode::OK);
    let expect = preview.as_object_mut().unwrap().remove("expect").unwrap();
    assert!(expect.as_str().unwrap().starts_with("4-"), "{expect}");
    assert_eq!(
        preview,
        json!({
            "matching": 4, "of": 4, "would_do": 1,
            "others": [
                { "why": "not_paused", "fails": false, "count": 2 },
                { "why": "held_by_contributor", "fails": true, "count": 1 },
            ],
            "sample": [
                { "item": a, "name": "first", "state": "done", "why": null },
                { "item": b, "name": "", "state": "skipped", "why": "not_paused" },
                { "item": c, "name": "", "state": "skipped", "why": "not_paused" },
                { "item": theirs, "name": "", "state": "failed", "why": "held_by_contributor" },
            ],
        })
    );
    assert_eq!(relay.control.store().revision().await.unwrap(), revision);
    assert_eq!(relay.get("/manage/v1/jobs").await.1["items"], json!([]));

    let resume = json!({ "do": "resume", "filter": { "upstream": "novelai" } });
    let job = begin(&relay, POOL, resume).await;
    assert_eq!((&job["total"], &job["counts"]["open"]), (&json!(4), &json!(4)));
    // What comes to fit later is none of its items.
    relay.add("pst-later").await;
    let job = ended(&relay, &job).await;
    assert_eq!(
        (&job["state"], &job["counts"]),
        (
            &json!("done"),
            &json!({ "open": 0, "done": 1, "skipped": 2, "failed": 1 })
        )
    );
    assert_eq!(job["filter"], json!({ "upstream": "novelai" }));
    let one = relay.get(&format!("/manage/v1/pool-keys/{a}")).await.1;
    assert_eq!((&one["state"], &one["holds"]), (&json!("pending"), &json!([])));
    assert_eq!(
        items(&relay, &job).await[3],
        (theirs, "failed".to_owned(), json!("held_by_contributor"))
    );
    let failed = format!("/manage/v1/jobs/{}/items?state=failed", job["id"]);
    assert_eq!(relay.get(&failed).await.1["items"].as_array().unwrap().len(), 1);
    let page = format!("/manage/v1/jobs/{}/items?limit=2", job["id"]);
    assert_eq!(relay.get(&page).await.1["next"], json!(b));
}

#[tokio::test]
async fn an_act_can_be_held_to_what_its_preview_told() {
    let relay = Relay::seeded().await;
    four_keys(&relay).await;
    let pause = |more: Value| {
        let mut asked = json!({ "do": "pause", "filter": { "upstream": "novelai" } });
        let fields = asked.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        asked
    };
    let preview = async || {
        let (_, preview) = relay.post(POOL, pause(json!({ "dry_run": true }))).await;
        preview["expect"].clone()
    };
    let before = preview().await;
    relay.add("pst-later").await;
    let late = relay.post(POOL, pause(json!({ "expect": before }))).await;
    assert_eq!(code(&late), (409, "others_meant"), "{}", late.1);
    assert_eq!(relay.get("/manage/v1/jobs").await.1["items"], json!([]));
    let now = preview().await;
    assert_ne!(now, before);
    let job = begin(&relay, POOL, pause(json!({ "expect": now }))).await;
    assert_eq!(job["total"], 5);
}

#[tokio::test]
async fn each_item_is_noted_as_the_act_of_whoever_began_the_job() {
    let relay = Relay::seeded().await;
    let [a, ..] = four_keys(&relay).await;
    let pause = json!({ "do": "pause", "ids": [a, 9999], "reason": "too slow" });
    let job = begin(&relay, POOL, pause).await;
    let job = ended(&relay, &job).await;
    assert_eq!(job["reason"], "too slow");
    assert_eq!(
        items(&relay, &job).await,
        [
            (a, "done".to_owned(), Value::Null),
            (9999, "failed".to_owned(), json!("not_found")),
        ]
    );
    let key = relay.get(&format!("/manage/v1/pool-keys/{a}")).await.1;
    assert_eq!(
        (&key["state"], &key["holds"][0]["reason"]),
        (&json!("paused"), &json!("too slow"))
    );
    let (_, log) = relay
        .get(&format!("/manage/v1/audit?object_kind=pool_key&object={a}"))
        .await;
    let entry = &log["items"][0];
    assert_eq!(
        (&entry["act"], &entry["actor_kind"], &entry["after"]),
        (
            &json!("pool_key.edited"),
            &json!("operator"),
            &json!({ "state": "paused", "job": job["id"] })
        )
    );
    let (_, log) = relay.get("/manage/v1/audit?object_kind=job").await;
    let acts: Vec<&Value> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["act"])
        .collect();
    assert_eq!(acts, ["job.ended", "job.begun"]);
    let verified = relay.post("/manage/v1/audit/verify", json!({})).await.1;
    assert_eq!(verified["broken"], Value::Null, "{verified}");
}

#[tokio::test]
async fn a_job_that_was_interrupted_goes_on_where_it_was() {
    let relay = Relay::seeded().await;
    let ids = four_keys(&relay).await;
    let job = begin(&relay, POOL, json!({ "do": "withdraw", "filter": {} })).await;
    let number = job["id"].as_i64().unwrap();
    assert_eq!(relay.control.step_job(number, 1).await.unwrap(), Stepped::More);
    let url = format!("sqlite:{}/control.db", relay.folder.path().display());
    relay.control.close().await;

    let ring = KeyRing::parse(&Secret::new(RING), None).unwrap();
    let store = Store::open(&url, ring).await.unwrap();
    let again = Arc::new(Control::without_edge(store, upstreams(), clock).await.unwrap());
    assert_eq!(again.job(number).await.unwrap().counts.done, 1);
    let worker = tokio::spawn(crate::job::work_off(Arc::clone(&again)));
    while again.job(number).await.unwrap().state == crate::api::JobState::Running {
        tokio::task::yield_now().await;
    }
    worker.abort();
    let job = again.job(number).await.unwrap();
    assert_eq!((job.done, job.counts.done), (4, 4));
    for id in ids {
        let key = again.pool_key(PoolKeyId(id)).await.unwrap();
        assert_eq!((key.state, key.key_id), (PoolKeyState::Withdrawn, None));
    }
    again.close().await;
}

#[tokio::test]
async fn a_cancelled_job_leaves_what_is_open_and_that_can_be_tried_again() {
    let relay = Relay::seeded().await;
    let ids = four_keys(&relay).await;
    let job = begin(&relay, POOL, json!({ "do": "pause", "ids": ids })).await;
    let path = format!("/manage/v1/jobs/{}", job["id"]);
    let still = relay.post(&format!("{path}/retry"), json!({})).await;
    assert_eq!(code(&still), (409, "job_state"));
    relay
        .control
        .step_job(job["id"].as_i64().unwrap(), 1)
        .await
        .unwrap();
    for _ in 0..2 {
        let (status, cancelled) = relay.post(&format!("{path}/cancel"), json!({})).await;
        assert_eq!(
            (status, &cancelled["state"]),
            (StatusCode::OK, &json!("cancelled"))
        );
        assert_eq!(cancelled["counts"]["open"], 3);
    }
    work_off(&relay.control).await;
    let second = relay.get(&format!("/manage/v1/pool-keys/{}", ids[1])).await.1;
    assert_eq!(second["state"], "pending");

    let again = begin(&relay, &format!("{path}/retry"), json!({})).await;
    assert_eq!((&again["retry_of"], &again["total"]), (&job["id"], &json!(3)));
    let again = ended(&relay, &again).await;
    assert_eq!(again["counts"]["done"], 3);
    let path = format!("/manage/v1/jobs/{}", again["id"]);
    let nothing = relay.post(&format!("{path}/retry"), json!({})).await;
    assert_eq!(code(&nothing), (409, "job_state"));
    let late = relay.post(&format!("{path}/cancel"), json!({})).await;
    assert_eq!(code(&late), (409, "job_state"));
}

#[tokio::test]
async fn what_the_edge_refuses_fails_alone_and_the_job_goes_on() {
    let relay = Relay::seeded().await;
    let ids = four_keys(&relay).await;
    let job = begin(&relay, POOL, json!({ "do": "pause", "ids": ids })).await;
    let number = job["id"].as_i64().unwrap();
    relay.edge.refuses.store(true, Ordering::SeqCst);
    let refused = relay.control.step_job(number, 50).await;
    assert!(matches!(refused, Err(crate::error::ControlError::Refused(_))));
    relay.edge.refuses.store(false, Ordering::SeqCst);
    assert_eq!(
        relay.control.refuse_next_item(number).await.unwrap(),
        Stepped::More
    );
    let job = ended(&relay, &job).await;
    assert_eq!(
        job["counts"],
        json!({ "open": 0, "done": 3, "skipped": 0, "failed": 1 })
    );
    assert_eq!(items(&relay, &job).await[0].2, "refused_by_edge");
}

#[tokio::test]
async fn client_keys_are_revoked_and_users_switched_off_but_never_the_last_admin() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await.id;
    for name in ["laptop", "bot"] {
        relay.create_key(json!({ "name": name, "user": linh })).await;
    }
    let kept = relay.create_key(json!({ "name": "laptop of the owner" })).await;
    let revoke = json!({ "do": "revoke", "filter": { "user": linh, "q": "lap" } });
    let job = begin(&relay, "/manage/v1/keys/bulk", revoke).await;
    assert_eq!(ended(&relay, &job).await["counts"]["done"], 1);
    let (_, keys) = relay
        .get(&format!("/manage/v1/keys?user={linh}&state=revoked"))
        .await;
    assert_eq!(keys["items"][0]["name"], "laptop");
    let (_, keys) = relay.get("/manage/v1/keys?q=laptop&state=active").await;
    assert_eq!(keys["items"].as_array().unwrap().len(), 1);
    assert_eq!(keys["items"][0]["id"], kept["key"]["id"]);

    let job = begin(
        &relay,
        "/manage/v1/users/bulk",
        json!({ "do": "disable", "filter": {} }),
    )
    .await;
    let job = ended(&relay, &job).await;
    assert_eq!(
        job["counts"],
        json!({ "open": 0, "done": 1, "skipped": 0, "failed": 1 })
    );
    let failed = items(&relay, &job).await;
    assert_eq!(failed[0].2, "last_admin");
    let (_, users) = relay.get("/manage/v1/users?enabled=false").await;
    assert_eq!(users["items"][0]["name"], "linh");
}

#[tokio::test]
async fn nobody_switches_themselves_off_by_a_filter_that_fits_too_much() {
    let relay = Relay::seeded().await;
    let (_, other) = relay
        .post("/manage/v1/users", json!({ "name": "ops", "role": "admin" }))
        .await;
    let ops = relay.admin(&other);
    let disable = json!({ "do": "disable", "filter": { "role": "admin" } });
    let (status, job) = ops.post("/manage/v1/users/bulk", disable).await;
    assert_eq!((status, &job["user"]), (StatusCode::ACCEPTED, &other["id"]));
    let job = ended(&relay, &job).await;
    let ops = items(&relay, &job)
        .await
        .into_iter()
        .find(|item| json!(item.0) == other["id"]);
    assert_eq!(ops.unwrap().2, "yourself");
    assert_eq!(job["counts"]["done"], 1);
}

#[tokio::test]
async fn what_is_meant_must_be_said_once_and_fit() {
    let relay = Relay::seeded().await;
    for (body, why) in [
        (json!({ "do": "pause" }), "invalid_field"),
        (
            json!({ "do": "pause", "ids": [1], "filter": {} }),
            "invalid_field",
        ),
        (
            json!({ "do": "recheck", "filter": {}, "reason": "why" }),
            "invalid_field",
        ),
        (json!({ "do": "revoke", "filter": {} }), "unreadable_request"),
        (
            json!({ "do": "pause", "filter": { "upstream": "nowhere" } }),
            "invalid_field",
        ),
        (
            json!({ "do": "pause", "filter": { "color": "red" } }),
            "unreadable_request",
        ),
    ] {
        let answer = relay.post(POOL, body.clone()).await;
        assert_eq!(answer.1["code"], why, "{body}: {}", answer.1);
    }
    let nothing = begin(&relay, POOL, json!({ "do": "pause", "ids": [] })).await;
    assert_eq!(ended(&relay, &nothing).await["state"], "done");
}

#[tokio::test]
async fn an_import_of_a_member_is_among_the_jobs_and_cannot_be_cancelled() {
    let relay = Relay::seeded().await;
    let member = relay.member("linh").await;
    let import =
        json!({ "upstream": "novelai", "lines": ["pst-1", "pst-1", "not one"], "accepted_risk": true });
    let (_, import) = member.post("/manage/v1/me/pool-keys/import", import).await;
    let path = format!("/manage/v1/jobs/{}", import["id"]);
    let job = relay.get(&path).await.1;
    assert_eq!(
        (&job["kind"], &job["user"], &job["do"]),
        (&json!("import_pool_keys"), &json!(member.id), &Value::Null)
    );
    assert_eq!(
        job["counts"],
        json!({ "open": 1, "done": 0, "skipped": 1, "failed": 1 })
    );
    let failed = relay.get(&format!("{path}/items?state=failed")).await.1;
    assert_eq!(failed["items"][0]["item"], 3);
    assert_eq!(
        code(&relay.post(&format!("{path}/cancel"), json!({})).await),
        (409, "job_state")
    );
    assert_eq!(relay.get("/manage/v1/jobs").await.1["items"][0], job);
}

#[tokio::test]
async fn a_recheck_reaches_the_edge_and_pool_keys_are_listed_by_what_they_are() {
    let relay = Relay::seeded().await;
    let added = relay.add("pst-a").await;
    relay.probed_well(&added).await;
    let other = relay.add("pst-b").await;
    let list = async |query: &str| {
        let (_, page) = relay.get(&format!("/manage/v1/pool-keys?{query}")).await;
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(list("state=healthy").await, 1);
    assert_eq!(list("state=pending&upstream=novelai").await, 1);
    assert_eq!(list("state=cooling").await, 0);
    assert_eq!(list("contributor=77").await, 0);
    // Of some that have changed, those that fit a list; an id that nobody has fits none.
    let (a, b) = (&added["id"], &other["id"]);
    assert_eq!(list(&format!("ids={a},{b},{b},9999&limit=1")).await, 2);
    assert_eq!(list(&format!("ids={a},{b}&state=healthy&after={b}")).await, 1);
    assert_eq!(list(&format!("ids={b}&state=healthy")).await, 0);
    assert_eq!(list("ids=9999").await, 0);
    let many = vec!["1"; 101].join(",");
    for none in ["", "x", "1,,2", &many] {
        let (status, told) = relay.get(&format!("/manage/v1/pool-keys?ids={none}")).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_field")),
            "{none}"
        );
    }
    let reset = begin(
        &relay,
        POOL,
        json!({ "do": "reset", "filter": { "state": "healthy" } }),
    )
    .await;
    assert_eq!(ended(&relay, &reset).await["counts"]["done"], 1);
    let key = format!("Key(PoolKeyId({}))", added["id"]);
    assert_eq!(relay.edge.rechecked.lock().as_slice(), [key]);
}
