//! What is left of an account that was deleted, and of secrets while one lives.

use super::*;

/// Whether a text is anywhere in the files of the database.
fn kept(net: &Net, text: &str) -> bool {
    let folder = std::fs::read_dir(net.relay.folder.path()).unwrap();
    folder
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

#[tokio::test]
async fn nothing_that_proves_who_one_is_stands_in_the_database() {
    let net = Net::new().await;
    let login = net.log_in("ann").await;
    let token = &login["access_token"];
    let begun = net
        .post("/me/totp", token, json!({ "password": PASSWORD }))
        .await
        .ok();
    let totp = crate::auth::Totp::typed_in(begun["secret"].as_str().unwrap());
    let code = json!({ "code": totp.code(clock()) });
    let codes = net.post("/me/totp/confirm", token, code).await.ok();
    let body = json!({ "name": "x", "scopes": ["account:read"] });
    let personal = net.post("/me/tokens", token, body).await.ok();
    let (root, ann) = (net.token("root").await, net.id("ann").await);
    let invitation = net.post("/invitations", &root, json!({})).await.ok();
    let reset = net
        .post(&format!("/users/{ann}/password-reset"), &root, json!({}))
        .await
        .ok();
    assert!(kept(&net, "root") && kept(&net, "$argon2id$"));
    for secret in [
        PASSWORD,
        token.as_str().unwrap(),
        login["refresh_token"].as_str().unwrap(),
        begun["secret"].as_str().unwrap(),
        codes["recovery_codes"][0].as_str().unwrap(),
        personal["text"].as_str().unwrap(),
        invitation["text"].as_str().unwrap(),
        reset["token"].as_str().unwrap(),
    ] {
        assert!(!kept(&net, secret), "{secret}");
    }
    let raw = totp.raw();
    let text = String::from_utf8_lossy(&raw).into_owned();
    assert!(text.len() != raw.len() || !kept(&net, &text));
}

#[tokio::test]
async fn deleting_ones_account_needs_the_password_and_takes_everything_along() {
    let net = Net::new().await;
    let ann = net.id("ann").await;
    let tokens = net.log_in("ann").await;
    let token = &tokens["access_token"];
    let key = net
        .relay
        .create_key(json!({ "name": "laptop", "user": ann }))
        .await;
    let brought = json!({ "upstream": "vercel", "credential": "vck_deleted_with_ann", "contributor": ann });
    let (status, brought) = net.relay.post("/manage/v1/pool-keys", brought).await;
    assert_eq!(status, StatusCode::CREATED, "{brought}");
    let delete = async |body: Value| net.call("DELETE", "/me").bearer(token).send(body).await;
    assert_eq!(
        delete(json!({ "password": "wrong" })).await.code(),
        "wrong_password"
    );
    let done = delete(json!({ "password": PASSWORD })).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{done:?}");
    assert_eq!(net.get("/me", token).await.code(), "session_ended");
    assert_eq!(net.try_to_log_in("ann", PASSWORD).await.code(), "wrong_password");
    let given = net.relay.last_given();
    assert_eq!(
        given.client_keys[0].state,
        potluck_filters::model::ClientKeyState::Revoked
    );
    assert_eq!(given.client_keys[0].id.0, key["key"]["id"].as_i64().unwrap());
    let (_, pool_key) = net
        .relay
        .get(&format!("/manage/v1/pool-keys/{}", brought["id"]))
        .await;
    assert_eq!(pool_key["state"], "withdrawn");
    let (_, users) = net.relay.get("/manage/v1/users").await;
    assert!(!users.to_string().contains("ann"), "{users}");
    // The name is free again.
    let new = json!({ "name": "ann", "role": "user", "password": PASSWORD });
    let (status, _) = net.relay.post("/manage/v1/users", new).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_admin_deletes_an_account_without_its_password() {
    let net = Net::new().await;
    let (root, bob) = (net.token("root").await, net.id("bob").await);
    let path = format!("/users/{bob}");
    let delete = async || {
        net.call("DELETE", &path)
            .bearer(&root)
            .send(Value::Null)
            .await
            .status
    };
    assert_eq!(delete().await, StatusCode::NO_CONTENT);
    assert_eq!(delete().await, StatusCode::NOT_FOUND);
    assert_eq!(net.get(&path, &root).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_get_everything_that_is_kept_of_them_and_no_secret() {
    let net = Net::new().await;
    let (ann, bob) = (net.id("ann").await, net.id("bob").await);
    let key = net
        .relay
        .create_key(json!({ "name": "laptop", "user": ann }))
        .await;
    net.relay
        .create_key(json!({ "name": "theirs", "user": bob }))
        .await;
    let brought = json!({ "upstream": "vercel", "credential": "vck_of_ann_alone", "contributor": ann });
    net.relay.post("/manage/v1/pool-keys", brought).await;
    let login = net.log_in("ann").await;
    let body = json!({ "name": "script", "scopes": ["keys:read"] });
    let token = net.post("/me/tokens", &login["access_token"], body).await.ok();
    let export = net.get("/me/export", &login["access_token"]).await.ok();
    assert_eq!(export["user"]["name"], "ann");
    let (_, log) = net.relay.get("/manage/v1/audit?act=user.exported").await;
    assert_eq!(log["items"][0]["actor_name"], "ann");
    assert_eq!(export["keys"][0]["name"], "laptop");
    assert_eq!(export["pool_keys"][0]["upstream"], "vercel");
    assert_eq!(
        (&export["sessions"][0]["id"], &export["tokens"][0]["name"]),
        (&login["session"], &json!("script"))
    );
    let text = export.to_string();
    for absent in [
        "theirs",
        "vck_of_ann_alone",
        "argon2",
        key["text"].as_str().unwrap(),
        token["text"].as_str().unwrap(),
    ] {
        assert!(!text.contains(absent), "{absent}");
    }
}
