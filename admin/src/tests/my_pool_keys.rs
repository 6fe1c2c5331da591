//! Pool keys of one's own.

use axum::http::StatusCode;
use potluck_filters::id::PoolKeyId;
use potluck_filters::model::PoolKeyState;
use potluck_filters::spending::{Spending, Whose, day_of};
use potluck_store::{Probed, Told};
use serde_json::{Value, json};

use super::{NOW, Relay, id};

const MINE: &str = "/manage/v1/me/pool-keys";

fn path(key: &Value) -> String {
    format!("{MINE}/{}", key["id"])
}

#[tokio::test]
async fn nothing_is_taken_before_the_risk_is_accepted_and_members_lend_what_is_free() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let (_, notice) = linh.get("/manage/v1/contribution-notice").await;
    let body = json!({ "upstream": "novelai", "credential": "pst-a" });
    let (status, problem) = linh.post(MINE, body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("risk_not_accepted"))
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains(notice["text"].as_str().unwrap())
    );
    let key = linh.bring("pst-a").await;
    assert_eq!(
        (&key["caps"]["free_only"], &key["standing"]["state"]),
        (&json!(true), &json!("pending"))
    );
    let row = relay.control.store().pool_key(id(&key)).await.unwrap().unwrap();
    assert_eq!((row.notice, row.contributor.0), (Some((1, NOW)), linh.id));
    assert!(relay.is_probe_due());
    let night = json!({ "from": 22, "to": 6, "zone": "Asia/Ho_Chi_Minh" });
    let body = json!({ "upstream": "vercel", "credential": "vck_a", "accepted_risk": true,
                       "caps": { "hours": night } });
    let (_, key) = linh.post(MINE, body).await;
    assert_eq!(
        (&key["caps"]["hours"], &key["caps"]["free_only"]),
        (&night, &json!(false))
    );
    let wrong = json!({ "caps": { "hours": { "from": 1, "to": 2, "zone": "Mars/Olympus" } } });
    let (status, _) = linh.patch(&path(&key), wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_second_key_of_an_account_is_refused_without_a_word_of_whose_the_first_is() {
    let relay = Relay::seeded().await;
    let (linh, mai) = (relay.member("linh").await, relay.member("mai").await);
    let first = linh.bring("pst-a").await;
    let body = json!({ "upstream": "novelai", "credential": "pst-a", "accepted_risk": true });
    let (status, problem) = mai.post(MINE, body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("exists"))
    );
    for word in ["linh", &first["id"].to_string(), &linh.id.to_string()] {
        assert!(!problem["detail"].to_string().contains(word), "{problem}");
    }
}

#[tokio::test]
async fn nobody_sees_or_touches_what_another_has_brought() {
    let relay = Relay::seeded().await;
    let (linh, mai) = (relay.member("linh").await, relay.member("mai").await);
    let key = linh.bring("pst-a").await;
    let path = path(&key);
    assert_eq!(mai.get(MINE).await.1["items"], json!([]));
    for (status, _) in [
        mai.get(&path).await,
        mai.patch(&path, json!({ "label": "mine" })).await,
        mai.post(&format!("{path}/withdraw"), json!({})).await,
        mai.post(&format!("{path}/check"), json!({})).await,
        mai.get(&format!("{path}/days")).await,
    ] {
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    assert_eq!(linh.get(&path).await.1["standing"]["state"], "pending");
    let row = relay.control.store().pool_key(id(&key)).await.unwrap().unwrap();
    assert_eq!((row.state, row.label.as_str()), (PoolKeyState::Pending, ""));
}

#[tokio::test]
async fn a_contributors_pause_and_an_admins_are_two_and_nobody_lifts_the_others() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let key = linh.bring("pst-a").await;
    relay.probed_well(&key).await;
    let (mine, admins) = (path(&key), format!("/manage/v1/pool-keys/{}", key["id"]));
    let (_, paused) = linh.patch(&mine, json!({ "state": "paused" })).await;
    assert_eq!(
        paused["holds"],
        json!([{ "kind": "paused", "by": "contributor", "admin": null, "reason": null, "since": NOW, "until": null }])
    );
    let (status, problem) = relay.patch(&admins, json!({ "state": "active" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("held_by_another"))
    );
    relay
        .patch(
            &admins,
            json!({ "state": "paused", "reason": "too many complaints" }),
        )
        .await;
    let (_, both) = linh.get(&mine).await;
    assert_eq!(both["holds"].as_array().unwrap().len(), 2);
    assert_eq!(both["holds"][0]["reason"], "too many complaints");
    let (status, left) = linh.patch(&mine, json!({ "state": "active" })).await;
    assert_eq!(
        (status, &left["standing"]["state"]),
        (StatusCode::OK, &json!("paused"))
    );
    assert_eq!(left["holds"][0]["by"], "admin");
    let (status, _) = linh.patch(&mine, json!({ "state": "active" })).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_admins_pause_is_lifted_by_an_admin_and_the_key_shows_that_it_works() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let key = linh.bring("pst-a").await;
    relay.probed_well(&key).await;
    let admins = format!("/manage/v1/pool-keys/{}", key["id"]);
    relay.patch(&admins, json!({ "state": "paused" })).await;
    let (_, held) = linh.get(&path(&key)).await;
    assert_eq!(
        (&held["holds"][0]["by"], &held["standing"]["state"]),
        (&json!("admin"), &json!("paused"))
    );
    let (_, free) = relay.patch(&admins, json!({ "state": "active" })).await;
    assert_eq!((&free["holds"], &free["state"]), (&json!([]), &json!("pending")));
    assert_eq!(free["standing"]["since"], NOW);
}

#[tokio::test]
async fn what_others_may_do_with_a_members_key_is_for_that_member_to_say() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let key = linh.bring("pst-a").await;
    let admins = format!("/manage/v1/pool-keys/{}", key["id"]);
    for caps in [json!(null), json!({ "free_only": false })] {
        let (status, problem) = relay.patch(&admins, json!({ "caps": caps })).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::FORBIDDEN, &json!("not_yours"))
        );
    }
    let (_, named) = relay.patch(&admins, json!({ "label": "linh's" })).await;
    assert_eq!(
        (&named["label"], &named["caps"]["free_only"]),
        (&json!("linh's"), &json!(true))
    );
    let (_, own) = linh
        .patch(&path(&key), json!({ "caps": { "free_only": false } }))
        .await;
    assert_eq!(own["caps"]["free_only"], false);
}

#[tokio::test]
async fn rules_that_hold_a_key_back_are_told_with_their_end() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let key = linh.bring("pst-a").await;
    relay.probed_well(&key).await;
    let caps = json!({ "requests_per_day": 3, "keep_anlas": 9000, "hours": { "from": 3, "to": 4 } });
    linh.patch(&path(&key), json!({ "caps": caps })).await;
    let spent = Spending {
        whose: Whose::PoolKey(id(&key)),
        day: day_of(NOW),
        requests: 3,
        anlas: 0,
    };
    relay.control.store().book(&[spent]).await.unwrap();
    let (_, told) = linh.get(&path(&key)).await;
    let kinds: Vec<_> = told["holds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hold| hold["kind"].clone())
        .collect();
    assert_eq!(kinds, ["hours", "cap", "reserve"]);
    let midnight = (day_of(NOW) + 1) * 86_400_000;
    assert_eq!(told["holds"][1]["until"], midnight);
    assert_eq!(told["standing"]["state"], "healthy");
    assert_eq!(told["standing"]["evidence_at"], NOW - 5);
}

/// Lines of a job with what became of them.
fn states(job: &Value) -> Vec<(i64, String)> {
    let lines = job["lines"].as_array().unwrap().iter();
    lines
        .map(|line| {
            let state = line["state"].as_str().unwrap();
            (line["line"].as_i64().unwrap(), state.to_owned())
        })
        .collect()
}

fn named(list: &[(i64, &str)]) -> Vec<(i64, String)> {
    list.iter()
        .map(|(line, state)| (*line, (*state).to_owned()))
        .collect()
}

fn refused() -> Probed {
    Probed {
        state: PoolKeyState::Invalid,
        reason: Some("same_account"),
        account: None,
        credit: Told::default(),
        account_id: None,
        probe_streak: 0,
        next_probe_at: None,
        at: NOW,
    }
}

#[tokio::test]
async fn an_import_is_a_job_whose_lines_fill_as_keys_are_looked_at() {
    let relay = Relay::seeded().await;
    let (linh, mai) = (relay.member("linh").await, relay.member("mai").await);
    mai.bring("pst-there").await;
    let lines = ["# mine", "pst-1", "pst-2", "", "pst-1", "pst-there", "p st"];
    let body = json!({ "upstream": "novelai", "lines": lines, "accepted_risk": true });
    let (status, job) = linh.post(&format!("{MINE}/import"), body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    let last = [(5, "duplicate"), (6, "duplicate"), (7, "invalid")];
    assert_eq!(
        states(&job),
        named(&[&[(2, "added"), (3, "added")], &last[..]].concat())
    );
    assert_eq!(
        (&job["state"], &job["total"], &job["done"]),
        (&json!("running"), &json!(5), &json!(3))
    );
    assert!(!job.to_string().contains("pst-"), "{job}");
    let key = |n: usize| PoolKeyId(job["lines"][n]["pool_key"].as_i64().unwrap());
    let path = format!("/manage/v1/me/jobs/{}", job["id"]);
    relay.probed_well(&json!({ "id": key(0).0 })).await;
    relay.control.save_probe(key(1), &refused()).await.unwrap();
    let (_, done) = linh.get(&path).await;
    assert_eq!(
        states(&done),
        named(&[&[(2, "verified"), (3, "refused")], &last[..]].concat())
    );
    assert_eq!(
        (&done["state"], &done["lines"][1]["why"]),
        (&json!("done"), &json!("same_account"))
    );
    // What was decided stays, whatever becomes of the key.
    linh.post(&format!("{MINE}/{}/withdraw", key(0)), json!({})).await;
    assert_eq!(linh.get(&path).await.1, done);
    let (_, list) = linh.get("/manage/v1/me/jobs").await;
    assert_eq!(
        (&list["items"][0]["id"], &list["items"][0]["lines"]),
        (&job["id"], &json!([]))
    );
    assert_eq!(mai.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(mai.get("/manage/v1/me/jobs").await.1["items"], json!([]));
}

#[tokio::test]
async fn what_a_key_served_is_told_by_day() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let key = linh.bring("pst-a").await;
    let on = |ago: i64, requests| Spending {
        whose: Whose::PoolKey(id(&key)),
        day: day_of(NOW) - ago,
        requests,
        anlas: 2,
    };
    let booked = [on(0, 5), on(1, 7), on(40, 9)];
    relay.control.store().book(&booked).await.unwrap();
    let days = format!("{}/days", path(&key));
    let (_, served) = linh.get(&days).await;
    assert_eq!(served["total"], json!({ "requests": 12, "anlas": 4 }));
    let listed = served["days"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["requests"]), (2, &json!(7)));
    let day = listed[0]["day"].as_str().unwrap();
    let (_, one) = linh.get(&format!("{days}?from={day}&to={day}")).await;
    assert_eq!(one["days"], json!([listed[0]]));
    assert_eq!(
        linh.get(&format!("{days}?from=yesterday")).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn a_withdrawn_key_leaves_no_ciphertext_and_adds_nothing_more() {
    let relay = Relay::seeded().await;
    let linh = relay.member("linh").await;
    let key = linh.bring("pst-a").await;
    relay.probed_well(&key).await;
    let (status, gone) = linh.post(&format!("{}/withdraw", path(&key)), json!({})).await;
    assert_eq!(
        (status, &gone["standing"]["state"]),
        (StatusCode::OK, &json!("withdrawn"))
    );
    let row = relay.control.store().pool_key(id(&key)).await.unwrap().unwrap();
    assert_eq!(row.key_id, None);
    assert!(relay.last_given().users[0].contribution.is_empty());
}

#[tokio::test]
async fn contributors_read_what_they_risk_in_their_language() {
    let relay = Relay::seeded().await;
    let path = "/manage/v1/contribution-notice";
    let (_, english) = relay.get(path).await;
    for (language, word) in [("en", "You lend"), ("zh", "风险"), ("vi", "rủi ro")] {
        let (status, told) = relay.get(&format!("{path}?language={language}")).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(told["version"], english["version"]);
        let text = told["text"].as_str().unwrap();
        assert!(text.contains(word), "{text}");
        assert_eq!(
            text.split("\n\n").count(),
            4,
            "each language says all of it: {text}"
        );
        assert!(!text.contains("  "), "{text}");
    }
    let (status, _) = relay.get(&format!("{path}?language=xx")).await;
    assert!(status.is_client_error(), "{status}");
}
