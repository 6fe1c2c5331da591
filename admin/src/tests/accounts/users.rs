//! What admins do to accounts.

use super::*;

#[tokio::test]
async fn the_last_admin_cannot_be_lost() {
    let net = Net::new().await;
    let (token, root) = (net.token("root").await, net.id("root").await);
    let path = format!("/users/{root}");
    let edit = async |body: Value| net.call("PATCH", &path).bearer(&token).send(body).await;
    for body in [json!({ "enabled": false }), json!({ "role": "user" })] {
        let refused = edit(body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::CONFLICT, "last_admin")
        );
    }
    let delete = net.call("DELETE", &path).bearer(&token).send(Value::Null).await;
    assert_eq!(delete.code(), "last_admin");
    let own = net
        .call("DELETE", "/me")
        .bearer(&token)
        .send(json!({ "password": PASSWORD }))
        .await;
    assert_eq!(own.code(), "last_admin");
    edit(json!({ "name": "chief" })).await.ok();
    let ann = net.id("ann").await;
    let call = net.call("PATCH", &format!("/users/{ann}")).bearer(&token);
    call.send(json!({ "role": "admin" })).await.ok();
    edit(json!({ "role": "user" })).await.ok();
    // A role counts from the next request on.
    assert_eq!(net.get("/users", &token).await.code(), "needs_admin");
}

#[tokio::test]
async fn an_edit_of_what_somebody_else_has_changed_is_refused() {
    let net = Net::new().await;
    let (token, ann) = (net.token("root").await, net.id("ann").await);
    let path = format!("/users/{ann}");
    let shown = net.get(&path, &token).await;
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    let edit = async |body: Value| {
        let call = net.call("PATCH", &path).bearer(&token).with("if-match", &tag);
        call.send(body).await
    };
    edit(json!({ "name": "anna" })).await.ok();
    let late = edit(json!({ "name": "anne" })).await;
    assert_eq!(
        (late.status, late.code()),
        (StatusCode::PRECONDITION_FAILED, "changed_meanwhile")
    );
    let taken = net
        .call("PATCH", &path)
        .bearer(&token)
        .send(json!({ "name": "bob" }))
        .await;
    assert_eq!(taken.code(), "exists");
    assert_eq!(net.get("/users/9999", &token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn users_are_listed_by_name_role_and_state() {
    let net = Net::new().await;
    let token = net.token("root").await;
    for (query, names) in [
        ("", vec!["root", "ann", "bob"]),
        ("?q=o", vec!["root", "bob"]),
        ("?q=o&role=user", vec!["bob"]),
        ("?role=admin", vec!["root"]),
        ("?enabled=false", vec![]),
        ("?q=_", vec![]),
    ] {
        let listed = net.get(&format!("/users{query}"), &token).await.ok();
        let found: Vec<&str> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["name"].as_str().unwrap())
            .collect();
        assert_eq!(found, names, "{query}");
    }
    assert_eq!(
        net.get("/users?nothing=1", &token).await.code(),
        "unreadable_request"
    );
}

#[tokio::test]
async fn a_password_is_hashed_anew_when_its_cost_has_changed() {
    let net = Net::new().await;
    let hash = async || {
        let login = net.relay.control.store.login("ann").await.unwrap().unwrap();
        login.password_hash.unwrap().expose().to_owned()
    };
    let before = hash().await;
    net.log_in("ann").await;
    assert_eq!(hash().await, before);
    let url = format!("sqlite:{}/control.db", net.relay.folder.path().display());
    let ring = KeyRing::parse(&Secret::new(RING), None).unwrap();
    let other = Control::without_edge(Store::open(&url, ring).await.unwrap(), Vec::new(), clock);
    let dearer = AuthSettings {
        argon2: Argon2 {
            memory_kib: 64,
            passes: 2,
            lanes: 1,
        },
        ..AuthSettings::default()
    };
    let other = other.await.unwrap().with_auth(dearer);
    let login = crate::api::LogIn {
        name: "ann".to_owned(),
        password: crate::api::SecretText(Secret::new(PASSWORD)),
        code: None,
        cookies: false,
    };
    other
        .log_in(login, crate::control::LoginFrom::default())
        .await
        .unwrap();
    assert!(hash().await.contains("t=2"), "{}", hash().await);
    net.log_in("ann").await;
}
