//! What opens stateful endpoints, and what does not.

use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::model::{Kind, Opened, PoolKey, Role};
use potluck_filters::snapshot::{Delta, PoolKeyChange};
use reqwest::Method;
use serde_json::json;

use super::{ask, id_of, json_of, respond, two_users, upload};
use crate::ask::refusal;
use crate::world::{CLIENT_KEY, Plan, openai, upstream};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_models_holds_for_batches_and_lets_files_pass() {
    let (_fake, _, mut plan) = two_users(1).await;
    plan.client_keys[0].models = Some(["gpt-5-mini".into()].into_iter().collect());
    let world = plan.start();
    let file = id_of(upload(&world, CLIENT_KEY, "user_data", "x".to_owned())).await;
    let batch = json!({"input_file_id": file, "endpoint": "/v1/responses", "completion_window": "24h"});
    let refused = refusal(ask(&world, CLIENT_KEY, Method::POST, "/v1/batches").json(&batch)).await;
    assert_eq!(refused, (403, "model_not_allowed".to_owned()));
    id_of(respond(&world, CLIENT_KEY, &json!({}))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stateful_is_reached_unless_it_was_opened() {
    let (fake, _, plan) = openai(1).await;
    let world = plan.start();
    for path in [
        "/v1/files",
        "/v1/batches",
        "/v1/conversations",
        "/v1/fine_tuning/jobs",
    ] {
        for method in [Method::GET, Method::POST] {
            let refused = refusal(ask(&world, CLIENT_KEY, method, path).json(&json!({}))).await;
            assert_eq!(refused, (403, "path_not_allowed".to_owned()), "{path}");
        }
    }
    assert_eq!(fake.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_open_paths_pass_and_the_account_does_not() {
    let (fake, _, mut plan) = openai(1).await;
    plan.layout.upstreams[0].opened = Opened::All;
    let world = plan.start();
    let id = id_of(upload(&world, CLIENT_KEY, "user_data", "x".to_owned())).await;
    let listed = json_of(ask(&world, CLIENT_KEY, Method::GET, "/v1/files")).await;
    assert_eq!(listed["data"][0]["id"], id.as_str());
    let before = fake.server.records.count();
    let credits = refusal(ask(&world, CLIENT_KEY, Method::GET, "/v1/credits")).await;
    assert_eq!(credits, (403, "path_not_allowed".to_owned()));
    assert_eq!(fake.server.records.count(), before);
    let mut contributed = world_key();
    contributed.operator_owned = false;
    assert!(
        world
            .edge
            .check(&Delta {
                from: Revision(1),
                to: Revision(2),
                pool_keys: vec![PoolKeyChange::Put(contributed.into())],
                ..Default::default()
            })
            .unwrap_err()[0]
            .to_string()
            .contains("reach: all")
    );
}

fn world_key() -> PoolKey {
    let upstreams = vec![upstream(
        "vercel",
        Kind::Openai,
        &[("main", Role::Any, "http://127.0.0.1:1")],
    )];
    let mut key = Plan::new(upstreams, vec![]).pool_key(9, "vercel", "vck_contributed");
    key.id = PoolKeyId(9);
    key
}
